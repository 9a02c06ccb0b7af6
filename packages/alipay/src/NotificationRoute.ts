/**
 * The address that Alipay posts its notifications to, as a route of Effect's `HttpRouter`.
 *
 * It answers `success`, seven letters and nothing else, to what was taken, and `failure` to everything else; Alipay then delivers again,
 * eight times within 25 hours. As a fetch handler: `HttpRouter.toWebHandler` of a layer with this route.
 *
 * @example
 * const notifications = NotificationRoute.layer("/alipay/notify").pipe(
 *   Layer.provide(AlipayNotifications.layer),
 *   Layer.provide([AlipayConfig.layer, paywall, ledger])
 * )
 */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Layer from "effect/Layer"
import { AlipayNotifications, type Received } from "./AlipayNotifications.ts"
import { maximumBytes, NotificationError } from "./Notification.ts"

export interface Options {
  /** Is told of what was taken, after the ledger is right. What it does changes nothing about the answer. */
  readonly observe?: (received: Received) => Effect.Effect<void>
}

const statuses: Readonly<Record<NotificationError["reason"], number>> = {
  "too-large": 413,
  malformed: 400,
  repeated: 400,
  charset: 400,
  signature: 403,
  application: 403,
  seller: 403,
  charge: 404,
  amount: 409,
  unresolved: 503,
  ledger: 503
}

const answer = (text: "success" | "failure", status: number) =>
  HttpServerResponse.text(text, { status, headers: { "cache-control": "no-store" } })

const tooLarge = () => new NotificationError({ reason: "too-large", message: `more than ${maximumBytes} bytes` })
const malformed = (message: string) => new NotificationError({ reason: "malformed", message })

const isForm = (type: string | undefined): boolean =>
  /^application\/x-www-form-urlencoded(?:\s*;|$)/i.test(type?.trim() ?? "")

/** The body, up to the bound. What is announced as larger is not read at all. */
const bodyOf = (request: HttpServerRequest): Effect.Effect<Uint8Array, NotificationError> => {
  if (!isForm(request.headers["content-type"])) return Effect.fail(malformed("a notification is a form"))
  if (Number(request.headers["content-length"] ?? 0) > maximumBytes) return Effect.fail(tooLarge())
  return request.arrayBuffer.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maximumBytes)),
    Effect.map((buffer) => new Uint8Array(buffer)),
    Effect.mapError(({ reason }) =>
      reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge"
        ? tooLarge()
        : malformed("the body cannot be read")
    )
  )
}

/** The route. */
export const layer = (
  path: HttpRouter.PathInput,
  { observe }: Options = {}
): Layer.Layer<never, never, AlipayNotifications | HttpRouter.HttpRouter> =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const notifications = yield* AlipayNotifications
      const told = (received: Received) =>
        observe === undefined
          ? Effect.void
          : Effect.catchCause(
              Effect.suspend(() => observe(received)),
              (cause) => Effect.logError("an observer of notifications died", cause)
            )
      yield* router.add("POST", path, (request) =>
        bodyOf(request).pipe(
          Effect.flatMap(notifications.receive),
          Effect.tap(told),
          Effect.matchEffect({
            onSuccess: () => Effect.succeed(answer("success", 200)),
            onFailure: ({ message, reason }) =>
              Effect.as(
                Effect.logWarning(`a notification was not taken (${reason}): ${message}`),
                answer("failure", statuses[reason])
              )
          })
        )
      )
    })
  )
