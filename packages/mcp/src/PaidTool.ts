/**
 * What a host says about one paid tool, and what the list of tools says about its price.
 */
import * as Money from "@paylayer/core/Money"
import * as Price from "@paylayer/core/Price"
import type { PaidOptions } from "@paylayer/http/PaidOptions"
import type { Pricing } from "@paylayer/http/Pricing"
import { TwoPrices } from "@paylayer/http/TwoPrices"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

/**
 * A price, or what it costs for these arguments: asked before payment, with the validated arguments, for at most ten seconds.
 * A function that fails, dies or gives no price makes the answer `price_invalid`; nothing is charged.
 */
export type ToolPricing<Arguments, R = never> =
  | Price.Price
  | ((args: Arguments) => Price.Price | Promise<Price.Price> | Effect.Effect<Price.Price, unknown, R>)

export interface PaidTool<Arguments, R = never> extends Pick<
  PaidOptions<Arguments, R>,
  "merchant" | "category" | "keyRequired" | "realm"
> {
  readonly price: ToolPricing<Arguments, R>
}

/** The name in a tool's `_meta` under which its price stands. */
export const metaKey = "paylayer/price"

/** As `_meta` shows it. Amounts are decimals in major units, `"15.00"`. */
export type PriceMeta =
  | {
      readonly basis: "call"
      readonly amounts: ReadonlyArray<{ readonly amount: string; readonly currency: string }>
    }
  /** A call without payment says how much. */
  | { readonly basis: "arguments" }

/** Throws `MoneyError` for a fixed price that is none, so that a host does not start with it. */
const fixed = (price: Price.Price): Price.Price => Result.getOrThrow(Price.fromAmounts(price))

const sentence = <A, R>(pricing: ToolPricing<A, R>): string =>
  typeof pricing === "function"
    ? "Costs money, depending on the arguments: a call without payment says how much and how to pay."
    : `Costs ${fixed(pricing).map(Money.print).join(" or ")} per call: a call without payment says how to pay.`

const meta = <A, R>(pricing: ToolPricing<A, R>): PriceMeta =>
  typeof pricing === "function"
    ? { basis: "arguments" }
    : {
        basis: "call",
        amounts: pricing.map((money) => ({ amount: Money.decimalString(money), currency: money.currency }))
      }

/** Description and `_meta` of a tool, with its price in both: for the model that reads, and for the program. */
export const priced = <A, R>(
  tool: {
    readonly description?: string | undefined
    readonly _meta?: { readonly [name: string]: unknown } | undefined
  },
  pricing: ToolPricing<A, R>
) => ({
  description: tool.description === undefined ? sentence(pricing) : `${tool.description}\n\n${sentence(pricing)}`,
  _meta: { ...tool._meta, [metaKey]: meta(pricing) }
})

/** Of two tools with one name nobody could tell which is bought, and for how much. */
export const nameTaken = (name: string): TwoPrices =>
  new TwoPrices({ message: `two tools are named ${JSON.stringify(name)}: a name has one tool and one price` })

/** As `Pricing` takes it. */
export const asked = <A, R>(pricing: ToolPricing<A, R>): Pricing<A, R> =>
  typeof pricing !== "function"
    ? pricing
    : (args) =>
        Effect.suspend(() => {
          const price = pricing(args)
          return Effect.isEffect(price) ? price : Effect.tryPromise(() => Promise.resolve(price))
        })
