/**
 * The client of Alipay's Open Platform, gateway v2.
 *
 * - Every request is signed with the application's key, every answer is verified over its raw text, always.
 * - Every call is bounded in time: five seconds unless `ALIPAY_TIMEOUT` or the call says otherwise.
 * - A call that did not succeed fails with one `OpenPlatformError`; its `outcome` says whether anything may have happened.
 *
 * Written from the public SDKs and tried against the sandbox of this project, never against a live Alipay endpoint.
 *
 * @example
 * const openPlatform = yield* OpenPlatform
 * const answer = yield* openPlatform.execute("alipay.trade.query", { out_trade_no: "order-1" })
 */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { AlipayConfig } from "./AlipayConfig.ts"
import * as BeijingTime from "./BeijingTime.ts"
import * as GatewayAnswer from "./GatewayAnswer.ts"
import { outcome } from "./internal/answerOutcome.ts"
import { bytesWithin, unredirected } from "./internal/response.ts"
import * as TransportFailure from "./internal/transportFailure.ts"
import { HttpStatus, Malformed, OpenPlatformError, type Reason, Timeout } from "./OpenPlatformError.ts"
import * as Rsa2 from "./Rsa2.ts"
import { SignatureEngine } from "./SignatureEngine.ts"
import * as SigningContent from "./SigningContent.ts"

/** What a call may say besides its `biz_content`. */
export interface ExecuteOptions {
  /** Acts for another merchant's application. */
  readonly appAuthToken?: Redacted.Redacted<string>
  readonly notifyUrl?: string
  readonly timeout?: Duration.Input
}

type BizContent = { readonly [name: string]: StrictJson.ExactJson | undefined }

const bytesOf = (response: HttpClientResponse) =>
  bytesWithin(
    response,
    GatewayAnswer.maximumBytes,
    () => new Malformed({ message: `the gateway's answer is longer than ${GatewayAnswer.maximumBytes} bytes` })
  ).pipe(Effect.mapError((error) => (error._tag === "Malformed" ? error : TransportFailure.fromClient(error))))

const make = Effect.gen(function* () {
  const config = yield* AlipayConfig
  const client = yield* HttpClient.HttpClient
  const engine = yield* SignatureEngine

  const request = Effect.fnUntraced(function* (method: string, bizContent: BizContent, options: ExecuteOptions) {
    const present = Object.fromEntries(Object.entries(bizContent).filter(([, value]) => value !== undefined))
    const biz_content = StrictJson.stringify(present as GatewayAnswer.AnswerJson)
    const parameters: Record<string, string> = {
      app_id: config.appId,
      method,
      format: "JSON",
      charset: "utf-8",
      sign_type: "RSA2",
      timestamp: BeijingTime.format(yield* Clock.currentTimeMillis),
      version: "1.0",
      ...(options.notifyUrl && { notify_url: options.notifyUrl }),
      ...(options.appAuthToken && { app_auth_token: Redacted.value(options.appAuthToken) })
    }
    const sign = yield* Rsa2.sign(config.privateKey, SigningContent.make({ ...parameters, biz_content }))
    const query = new URLSearchParams({ ...parameters, sign })
    return HttpClientRequest.post(`${config.gateway}?${query}`).pipe(
      HttpClientRequest.bodyText(
        new URLSearchParams({ biz_content }).toString(),
        "application/x-www-form-urlencoded;charset=utf-8"
      )
    )
  })

  const authenticity = ({ raw, signature }: GatewayAnswer.GatewayAnswer) =>
    signature === undefined
      ? Effect.succeed("unsigned" as const)
      : Effect.map(Rsa2.verify(config.alipayPublicKey, raw, signature), (valid) => (valid ? "signed" : "mis-signed"))

  const exchange = Effect.fnUntraced(function* (
    method: string,
    bizContent: BizContent,
    options: ExecuteOptions,
    seen: { traceId?: string }
  ) {
    const response = yield* client
      .execute(yield* request(method, bizContent, options))
      .pipe(unredirected, Effect.mapError(TransportFailure.fromClient))
    const traceId = response.headers["trace_id"]
    if (traceId !== undefined) {
      seen.traceId = traceId.slice(0, 64)
      yield* Effect.annotateCurrentSpan("trace_id", seen.traceId)
    }
    if (response.status !== 200) {
      const message = `the gateway answered HTTP ${response.status}, where it always answers 200`
      return yield* new HttpStatus({ message, status: response.status })
    }
    const answer = GatewayAnswer.parse(method, yield* bytesOf(response))
    if (Result.isFailure(answer)) return yield* new Malformed({ message: answer.failure.message })
    const { code, sub_code } = answer.success.body
    if (typeof code === "string") yield* Effect.annotateCurrentSpan("code", code.slice(0, 64))
    if (typeof sub_code === "string") yield* Effect.annotateCurrentSpan("sub_code", sub_code.slice(0, 64))
    return yield* Effect.fromResult(outcome(answer.success, yield* authenticity(answer.success)))
  })

  const execute = Effect.fn("OpenPlatform.execute")(function* (
    method: string,
    bizContent: BizContent,
    options: ExecuteOptions = {}
  ): Effect.fn.Return<GatewayAnswer.AnswerJson, OpenPlatformError> {
    yield* Effect.annotateCurrentSpan("method", method)
    const limit = options.timeout ?? config.timeout
    const seen: { traceId?: string } = {}
    return yield* exchange(method, bizContent, options, seen).pipe(
      Effect.provideService(SignatureEngine, engine),
      // The client's own span would carry the whole URL, and with it the application's tokens.
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
      Effect.timeoutOrElse({
        duration: limit,
        orElse: () =>
          Effect.fail<Reason>(
            new Timeout({ message: `no answer within ${Duration.format(Duration.fromInputUnsafe(limit))}` })
          )
      }),
      Effect.mapError((reason: Reason) => new OpenPlatformError({ method, reason, ...seen }))
    )
  })

  return OpenPlatform.of({ execute })
})

/** Calls methods of the Open Platform. */
export class OpenPlatform extends Context.Service<
  OpenPlatform,
  {
    /**
     * Calls `method` with `bizContent`. Succeeds with the answer's object only when it is signed by Alipay and its code is 10000.
     * Members that are `undefined` are left out.
     */
    readonly execute: (
      method: string,
      bizContent: { readonly [name: string]: StrictJson.ExactJson | undefined },
      options?: ExecuteOptions
    ) => Effect.Effect<GatewayAnswer.AnswerJson, OpenPlatformError>
  }
>()("@paylayer/alipay/OpenPlatform") {
  static readonly layer: Layer.Layer<OpenPlatform, never, AlipayConfig | HttpClient.HttpClient> = Layer.effect(
    OpenPlatform,
    Effect.suspend(() => make)
  )
}
