/**
 * Quoting: what a price is in the currencies that it does not list. A price is converted once for each list of quotes; a request
 * only asks which of them are good.
 */
import * as Result from "effect/Result"
import type { ExchangeQuotes } from "../ExchangeQuotes.ts"
import type * as Money from "../Money.ts"
import type { Price } from "../Price.ts"
import * as Quote from "../Quote.ts"

/** An amount, and how it came to be. */
export interface QuotedAmount {
  readonly money: Money.Money
  readonly quoted: Quote.Quoted
}

export type Quoting = (price: Price, atMillis: number) => ReadonlyArray<QuotedAmount>

/** Every amount that some quote gives, good or not. Only what the price lists is converted, and not into what it lists. */
const convertedBy = (price: Price, quotes: ReadonlyArray<Quote.Quote>): ReadonlyArray<QuotedAmount> => {
  const listed = new Map(price.map((money) => [money.currency, money]))
  return quotes.flatMap((quote) => {
    const from = listed.get(quote.from)
    if (from === undefined || listed.has(quote.to) || Result.isFailure(Quote.make(quote))) return []
    return Result.match(Quote.convert(quote, from), {
      onSuccess: (money) => [{ money, quoted: { listed: from, quote } }],
      onFailure: () => []
    })
  })
}

export const make = ({ current }: ExchangeQuotes["Service"]): Quoting => {
  const known = new WeakMap<
    Price,
    { readonly quotes: ReadonlyArray<Quote.Quote>; readonly amounts: ReadonlyArray<QuotedAmount> }
  >()

  const amountsOf = (price: Price): ReadonlyArray<QuotedAmount> => {
    const quotes = current()
    const before = known.get(price)
    if (before?.quotes === quotes) return before.amounts
    const amounts = convertedBy(price, quotes)
    known.set(price, { quotes, amounts })
    return amounts
  }

  return (price, atMillis) => {
    const good = amountsOf(price).filter(({ quoted }) => Quote.isGood(quoted.quote, atMillis))
    // The first of those into one currency.
    return good.filter(({ money }, index) => good.findIndex((one) => one.money.currency === money.currency) === index)
  }
}
