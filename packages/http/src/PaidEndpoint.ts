/**
 * Paid endpoints for Effect's `HttpApi`: a middleware of the API's contract that provides `CurrentPayment` to the handlers.
 *
 * @example
 * class Paid extends HttpApiMiddleware.Service<Paid, { provides: CurrentPayment }>()("app/Paid", {
 *   error: PaidContract.errors
 * }) {}
 *
 * HttpApiEndpoint.post("report", "/report", { payload: Question, success: Report }).middleware(Paid)
 * // handlers.handle("report", () => Effect.map(CurrentPayment, ({ charge }) => …))
 * const live = PaidEndpoint.layer(Paid, { price: Price.make({ CNY: "15.00" }) })
 *
 * ## Details
 *
 * - Everything that is true of `PaidRoute` is true here. A handler that does not get its `Paid` layer does not compile.
 * - Endpoints with one middleware class have one price; it may depend on the request. Another price is another class; an endpoint
 *   that has two such classes is the defect `TwoPrices` of the API's layer.
 * - Declare the paid middleware last: what is declared before it (who may ask at all) is inside the sale, what comes after it
 *   is asked first, unpaid.
 * - A payload that the endpoint's schema refuses is 400 and not charged; `body` refuses it before the provider is asked.
 */
import { Paywall } from "@paylayer/core/Paywall"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type { HttpApiMiddleware } from "effect/http-api/HttpApiMiddleware"
import type * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import type * as Schema from "effect/Schema"
import type { CurrentPayment } from "./CurrentPayment.ts"
import { beside } from "./internal/beside.ts"
import { type Options, paid } from "./PaidRoute.ts"
import * as PricedBody from "./PricedBody.ts"
import { TwoPrices } from "./TwoPrices.ts"

/** The middleware classes that stand for a price. */
const priced = new WeakSet<object>()

const twice = ({ method, path }: HttpApiEndpoint.Top) =>
  new TwoPrices({
    message: `${method} ${path} has two paid middlewares, and would have two prices. Give the endpoint one of them`
  })

/** The layer of a paid middleware. What a price function needs is taken from the layer and from the request. */
export const layer = <
  Self,
  RP = never,
  Body = Uint8Array,
  Errors extends Schema.Top | ReadonlyArray<Schema.Top> = never
>(
  middleware: Context.Service<Self, HttpApiMiddleware<CurrentPayment, Errors, never>>,
  options: Options<RP, Body>
): Layer.Layer<Self, never, Paywall | Exclude<RP, HttpRouter.Provided>> => {
  priced.add(middleware)
  return Layer.effect(
    middleware,
    Effect.map(Effect.context<Paywall | Exclude<RP, HttpRouter.Provided>>(), (outer) => {
      const within = (own: Context.Context<HttpRouter.Provided>) =>
        Context.merge(outer as Context.Context<never>, own) as Context.Context<RP>
      const selling = paid(PricedBody.within(options, within))
      const providing = beside(outer as Context.Context<Paywall>)
      return (handler, { endpoint }) => {
        for (const other of endpoint.middlewares) if (other !== middleware && priced.has(other)) throw twice(endpoint)
        return providing(selling(handler))
      }
    })
  )
}
