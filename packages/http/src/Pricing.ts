/**
 * Prices as hosts give them: fixed, or asked for with each request. What comes back is checked, since a price from outside the
 * type system must not become a charge.
 */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Price from "@paylayer/core/Price"
import { Refusal } from "@paylayer/core/Refusal"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"

/**
 * A price, or what it costs for this request: asked before payment, with the body at hand, for at most ten seconds. A function that
 * fails with a `Refusal` of status 400 refuses the request; it says how it should be.
 */
export type Pricing<Request, R = never> = Price.Price | ((request: Request) => Effect.Effect<Price.Price, unknown, R>)

const invalid = new Refusal({
  error: PaymentError.make(new PaymentError.PriceInvalid({ detail: "the price of this resource is not usable" })),
  offers: []
})

const isMoney = (value: unknown): value is Money.Money =>
  Predicate.hasProperty(value, "currency") &&
  Predicate.hasProperty(value, "minor") &&
  Currency.is(value.currency) &&
  typeof value.minor === "bigint" &&
  value.minor <= Money.maximum

const checked = (value: unknown): Result.Result<Price.Price, unknown> =>
  Array.isArray(value) && value.every(isMoney)
    ? Price.fromAmounts(value)
    : Result.fail("the price is not a list of money")

/** The price of a request. Fails with what a price function refuses, else with `price_invalid`; why it does is in the log, not in the answer. */
export const priceOf = <Request, R>(
  pricing: Pricing<Request, R>,
  request: () => Request
): Effect.Effect<Price.Price, Refusal, R> => (typeof pricing === "function" ? asked(pricing, request) : listed(pricing))

/** A price that was looked at before is not looked at again. */
const good = new WeakSet<Price.Price>()
const listed = (price: Price.Price): Effect.Effect<Price.Price, Refusal> => {
  if (good.has(price)) return Effect.succeed(price)
  return Result.match(checked(price), {
    // The same price, not an equal one: what was made for it is found by it.
    onSuccess: () => Effect.succeed(good.add(price) && price),
    onFailure: (cause) => Effect.andThen(Effect.logError("a price could not be made", cause), invalid)
  })
}

const asked = <Request, R>(
  pricing: (request: Request) => Effect.Effect<Price.Price, unknown, R>,
  request: () => Request
): Effect.Effect<Price.Price, Refusal, R> =>
  Effect.suspend(() => pricing(request())).pipe(
    Effect.timeout("10 seconds"),
    Effect.flatMap((value) => Effect.fromResult(checked(value))),
    Effect.catchCause((cause) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
      const refused = Cause.squash(cause)
      return refused instanceof Refusal && refused.error.status === 400
        ? Effect.fail(refused)
        : Effect.andThen(Effect.logError("a price could not be made", cause), invalid)
    })
  )
