/**
 * Prices as they are written without Effect: decimals in major units, by currency, fixed or asked for with each request.
 */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Price from "@paylayer/core/Price"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Issue } from "./InitError.ts"

/** `{ CNY: "1.10", USD: "0.15" }`. Strings, since a number cannot hold every amount. */
export type Amounts = { readonly [C in Currency.Currency]?: string }

/**
 * A price, or what this call costs: asked before payment, with the body as JSON where it is JSON, else as text. What it throws
 * is in the log; the answer is 500 `price_invalid`, and nothing is charged.
 */
export type Pricing = Amounts | ((body: unknown) => Amounts | Promise<Amounts>)

/** The caller's own price function failed, or gave no price. */
class Unpriced extends Data.TaggedError("Unpriced")<{ readonly cause: unknown }> {}

const json = (bytes: Uint8Array): unknown => {
  const text = new TextDecoder().decode(bytes)
  return Result.getOrElse(
    Result.try((): unknown => JSON.parse(text)),
    () => text
  )
}

/** As hosts take it. */
export const pricing = (
  given: Pricing
): Price.Price | ((request: unknown, bytes: Uint8Array) => Effect.Effect<Price.Price, Unpriced>) =>
  typeof given !== "function"
    ? Price.make(given)
    : (_, bytes) =>
        Effect.tryPromise({
          try: async () => Price.make(await given(json(bytes))),
          catch: (cause) => new Unpriced({ cause })
        })

/** What is wrong with a fixed price, currency by currency. */
export const issues = (given: unknown): ReadonlyArray<Issue> => {
  const hint = 'Write amounts in major units by currency, such as { CNY: "1.10", USD: "0.15" }.'
  if (typeof given === "function") return []
  if (typeof given !== "object" || given === null || Object.keys(given).length === 0)
    return [{ where: "pricing", message: "there is no price", hint }]
  return Object.entries(given).flatMap(([code, amount]): ReadonlyArray<Issue> => {
    const where = `pricing.${code}`
    if (!Currency.is(code)) return [{ where, message: `${code} is no currency that is known here`, hint }]
    if (typeof amount !== "string") return [{ where, message: "the amount is not a string", hint }]
    return Result.match(
      Result.flatMap(Money.parse(code, amount), (money) => Price.fromAmounts([money])),
      { onFailure: ({ message }) => [{ where, message, hint }], onSuccess: () => [] }
    )
  })
}
