/**
 * What is sold already was given another price. It is found when handlers are wrapped, when layers are built and when tools are
 * registered, as far as that shows it; so a host does not start with it. What shows only with a request is answered 500
 * `price_invalid`, and nothing is charged.
 *
 * @example
 * const paid = FetchHandler.make(runtime, { price })
 * paid(paid(handler)) // throws TwoPrices
 */
import * as Schema from "effect/Schema"

/** Thrown, and the defect of a layer. */
export class TwoPrices extends Schema.TaggedError<TwoPrices>()("TwoPrices", { message: Schema.String }) {}

const sells = Symbol.for("@paylayer/http/sells")

const message =
  "this handler would have two prices: it is a paid handler already, and is wrapped by another one. Wrap it once: what one price " +
  "cannot say, a price function can"

/** Notes that `selling` sells what `handler` makes, and gives it. Throws `TwoPrices` where the handler is such a one itself. */
export const once = <S extends object>(handler: object, selling: S): S => {
  if (sells in handler) throw new TwoPrices({ message })
  return Object.assign(selling, { [sells]: true })
}
