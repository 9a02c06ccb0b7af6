/**
 * A price: one amount in each currency it can be paid in. Nothing is converted.
 *
 * @example
 * Price.make({ CNY: "15.00", USD: "2.10", EUR: "1.95" })
 */
import * as Result from "effect/Result"
import type * as Currency from "./Currency.ts"
import * as Money from "./Money.ts"

/** In order of the host's preference; at most one amount per currency, none of them zero. */
export type Price = readonly [Money.Money, ...ReadonlyArray<Money.Money>]

/** Checks amounts that come from outside. */
export const fromAmounts = (amounts: ReadonlyArray<Money.Money>): Result.Result<Price, Money.MoneyError> => {
  const [first, ...rest] = amounts
  const refuse = (message: string) => Result.fail(new Money.MoneyError({ message }))
  if (first === undefined) return refuse("a price needs at least one amount")
  for (const { currency, minor } of amounts) {
    if (minor <= 0n) return refuse("a price is above zero in every currency")
    const amount = Money.fromMinor(currency, minor)
    if (Result.isFailure(amount)) return Result.fail(amount.failure)
  }
  if (new Set(amounts.map((amount) => amount.currency)).size < amounts.length)
    return refuse("a price has one amount per currency")
  return Result.succeed([first, ...rest])
}

/** From decimals in major units, by currency. Throws `MoneyError` for a literal that is no price. */
export const make = (decimals: { readonly [C in Currency.Currency]?: string }): Price =>
  Result.getOrThrow(
    Result.flatMap(
      Result.all(Object.entries(decimals).map(([currency, text]) => Money.parse(currency as Currency.Currency, text))),
      fromAmounts
    )
  )
