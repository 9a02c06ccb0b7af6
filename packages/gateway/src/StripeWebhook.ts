/**
 * The address that Stripe posts events to, as a route of Effect's `HttpRouter`.
 *
 * An event books nothing. `transfer.created`, `.updated` and `.reversed` only say when to ask: the payout is looked up with Stripe, and
 * that answer is booked. So an event that is repeated, late or out of order changes nothing. One whose signature is not Stripe's, or
 * older than five minutes, is refused; other events are taken and left alone.
 *
 * Stripe delivers again what is not answered with 2xx, for three days.
 *
 * @example
 * StripeWebhook.layer("/webhooks/stripe").pipe(Layer.provide([StripeConfig.layer, payouts]))
 */
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Stripe } from "stripe"
import { Payouts } from "./Payouts.ts"
import { StripeConfig } from "./StripeConfig.ts"

/** The largest event that is read. */
const maximum = ByteSize.bytes(1_048_576)

/** How old a signature may be, in seconds. */
const tolerance = 300

const answer = (status: number) => HttpServerResponse.empty({ status, headers: { "cache-control": "no-store" } })

/** The payout that an event is about. */
const payoutOf = ({ data, type }: Stripe.Event): string | undefined =>
  type === "transfer.created" || type === "transfer.updated" || type === "transfer.reversed"
    ? data.object.metadata["payout"]
    : undefined

/** The route. */
export const layer = (
  path: HttpRouter.PathInput
): Layer.Layer<never, never, StripeConfig | Payouts | HttpRouter.HttpRouter> =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const payouts = yield* Payouts
      const { secretKey, webhookSecrets } = yield* StripeConfig
      const { Stripe: Library } = yield* Effect.promise(() => import("stripe"))
      const { webhooks } = yield* Effect.sync(() => new Library(Redacted.value(secretKey)))

      /** The event, where one of the secrets signed it a short while ago. */
      const verified = (payload: string, signature: string, now: number): Stripe.Event | undefined => {
        for (const secret of webhookSecrets) {
          const event = Result.try(() =>
            webhooks.constructEvent(payload, signature, Redacted.value(secret), tolerance, undefined, now)
          )
          if (Result.isSuccess(event)) return event.success
        }
        return undefined
      }

      yield* router.add("POST", path, (request) =>
        Effect.gen(function* () {
          const payload = yield* request.text
          const now = yield* Clock.currentTimeMillis
          const event = verified(payload, request.headers["stripe-signature"] ?? "", now)
          if (event === undefined) {
            yield* Effect.logWarning("an event was not taken: its signature is not Stripe's, or too old")
            return answer(400)
          }
          const id = payoutOf(event)
          if (id === undefined) return answer(200)
          return yield* payouts.lookup(id).pipe(
            Effect.as(answer(200)),
            // A transfer that nobody here has made may be another program's.
            Effect.catchTag("PayoutError", (error) =>
              error.reason === "not-found" ? Effect.succeed(answer(200)) : Effect.fail(error)
            ),
            Effect.catch((error) => Effect.as(Effect.logError("an event was not taken", error), answer(503)))
          )
        }).pipe(
          Effect.provideService(HttpIncomingMessage.MaxBodySize, maximum),
          Effect.catchTag("HttpServerError", () => Effect.succeed(answer(400)))
        )
      )
    })
  )
