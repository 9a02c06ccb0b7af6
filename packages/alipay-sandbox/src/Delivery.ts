/**
 * How the sandbox delivers a notification: over HTTP, unless a test that has no socket provides another way.
 *
 * Only addresses of this machine ever come here.
 *
 * @example
 * Layer.provide(AlipaySandbox.layer, Layer.succeed(Delivery, (url, form) => take(form)))
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Stream from "effect/Stream"

/** Posts the form, and gives what was answered: `success` where the merchant has taken it, anything else where not. */
export type Deliver = (url: string, form: string) => Effect.Effect<string>

const overHttp: Deliver = (url, form) =>
  HttpClient.execute(
    HttpClientRequest.bodyText(HttpClientRequest.post(url), form, "application/x-www-form-urlencoded;charset=utf-8")
  ).pipe(
    // The first piece is enough to know seven letters by; nothing is followed to where it may not be sent.
    Effect.flatMap(({ status, stream }) =>
      status === 200
        ? Effect.map(Stream.mkString(Stream.decodeText(Stream.take(stream, 1))), (text) => text.slice(0, 64))
        : Effect.succeed(`HTTP ${status}`)
    ),
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
    Effect.provide(FetchHttpClient.layer),
    Effect.orElseSucceed(() => "no answer")
  )

export const Delivery = Context.Reference<Deliver>("@paylayer/alipay-sandbox/Delivery", {
  defaultValue: () => overHttp
})
