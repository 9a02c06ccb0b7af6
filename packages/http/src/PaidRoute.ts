/**
 * Paid routes for Effect's `HttpRouter`.
 *
 * @example
 * const Report = HttpRouter.add("GET", "/report", HttpServerResponse.json({ answer: 42 })).pipe(
 *   Layer.provide(PaidRoute.middleware({ price: Price.make({ CNY: "15.00" }) }).layer)
 * )
 *
 * ## Details
 *
 * - The handler runs only when it is paid for, and its answer leaves only when the money is settled; a streaming body begins
 *   after that. An answer of 304 or of 400 and above, a failure and a defect are passed on and not charged.
 * - HEAD gets the 402 of the GET, OPTIONS gets 204; neither runs the handler. Headers that override the method are ignored.
 * - The resource of the charge is the path and query exactly as they were sent, with the prefix of a prefixed router. Nothing
 *   is normalised: another spelling of the same path is another resource, for which a once-credential does not count.
 * - The body is read before payment, up to `maxBodySize`, and the handler can read it again.
 * - The same request under the same `Idempotency-Key` gets the same answer, if its body was no stream and at most 256 KiB;
 *   else it gets 409 `already_settled` with the receipt.
 * - A route has one price. A paid handler below a paid middleware, and two paid middlewares in a row, are the defect `TwoPrices`
 *   of the layer. With something in between it shows with the first paid request: 500 `price_invalid`.
 */
import { Paywall } from "@paylayer/core/Paywall"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { CurrentPayment } from "./CurrentPayment.ts"
import { answer } from "./internal/answering.ts"
import { beside } from "./internal/beside.ts"
import { bufferedRequest } from "./internal/bufferedRequest.ts"
import { bodyLimit, incomingRequest } from "./internal/incomingRequest.ts"
import type { PaidOptions } from "./PaidOptions.ts"
import * as PricedBody from "./PricedBody.ts"
import { once } from "./TwoPrices.ts"

/** Options of a paid route; a price function gets the server request, body included. */
export type Options<R = never, Body = Uint8Array> = PaidOptions<HttpServerRequest, R, Body>

/** The pattern of the matched route, and its methods; of a route for any method, the common ones. */
const matched = (context: Context.Context<never>) => {
  const route = Context.getOrUndefined(context, HttpRouter.RouteContext)?.route
  const any = route === undefined || route.method === "*"
  return {
    methods: any ? ["GET", "POST", "PUT", "PATCH", "DELETE"] : [route.method],
    ...(route === undefined ? {} : { route: route.path })
  }
}

/** A failure's answer is made further out, where it must not be stored either. */
const neverStored = HttpEffect.appendPreResponseHandler((_, response) =>
  Effect.succeed(HttpServerResponse.setHeader(response, "cache-control", "no-store"))
)

/** Sells what a handler makes. The handler may ask for `CurrentPayment`. Throws `TwoPrices` for a handler that is paid for already. */
export const paid = <RP = never, Body = Uint8Array>(options: Options<RP, Body>) => {
  const limit = bodyLimit(options.maxBodySize)
  return <E, R>(
    handler: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
  ): Effect.Effect<
    HttpServerResponse.HttpServerResponse,
    E,
    Exclude<R, CurrentPayment> | RP | Paywall | HttpServerRequest
  > => {
    const selling = Effect.contextWith((context: Context.Context<Paywall | HttpServerRequest>) => {
      const request = Context.get(context, HttpServerRequest)
      return answer(
        Context.get(context, Paywall),
        options,
        { ...incomingRequest(request, limit), ...matched(context) },
        Context.getOrUndefined(context as Context.Context<never>, CurrentPayment) === undefined
          ? PricedBody.asking(options, (body) => bufferedRequest(request, body))
          : PricedBody.twice,
        (body, payment) =>
          handler.pipe(
            Effect.provideService(HttpServerRequest, bufferedRequest(request, body)),
            Effect.provideService(CurrentPayment, payment)
          )
      )
    }).pipe(Effect.tapCause(() => neverStored))
    return once(handler, selling)
  }
}

/**
 * A middleware for routes: `Layer.provide(PaidRoute.middleware({ … }).layer)`. Provides `CurrentPayment` to their handlers.
 * What a price function needs is taken from the layer and from the request.
 */
export const middleware = <RP = never, Body = Uint8Array>(options: Options<RP, Body>) =>
  HttpRouter.middleware<{ provides: CurrentPayment }>()(
    Effect.map(Effect.context<Paywall | Exclude<RP, HttpRouter.Provided>>(), (outer) => {
      const within = (own: Context.Context<HttpRouter.Provided>) =>
        Context.merge(outer as Context.Context<never>, own) as Context.Context<RP>
      const selling = paid(PricedBody.within(options, within))
      const providing = beside(outer as Context.Context<Paywall>)
      return (handler) => once(handler, providing(selling(handler)))
    })
  )
