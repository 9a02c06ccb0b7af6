/**
 * A quote: what one currency costs in another, said by somebody, at a time, until a time.
 *
 * Nothing converts money but a quote that a host provides, and a quote converts one way only: its inverse is another quote, and
 * what it converted is not converted again. The rate is decimal text and is computed with as a fraction of two `bigint`s, so the
 * one thing that is ever rounded is the result, once, as the quote declares.
 *
 * @example
 * const quote = Quote.make({
 *   id: "2026-11-28/1", source: "ECB reference rates", from: "CNY", to: "USD", rate: "0.1408", rounding: "up",
 *   quotedAt: DateTime.makeUnsafe("2026-11-28T08:00:00Z"), expiresAt: DateTime.makeUnsafe("2026-11-28T09:00:00Z")
 * })
 */
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Currency from "./Currency.ts"
import * as Money from "./Money.ts"

/** Visible ASCII, since a quote is shown in headers. */
const Name = Schema.String.check(Schema.isPattern(/^[\x21-\x7e](?:[\x20-\x7e]{0,98}[\x21-\x7e])?$/))

/** Up to eighteen digits on either side of the point, above zero. */
const rates = /^(?!0(?:\.0+)?$)(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?$/

const Fields = Schema.Struct({
  /** Names the quote on charges, receipts and in the books: 1 to 100 visible ASCII characters, as is `source`. */
  id: Name,
  /** Who says so. */
  source: Name,
  from: Currency.Currency,
  to: Currency.Currency,
  /** Major units of `to` for one major unit of `from`: `"0.1408"`. */
  rate: Schema.String.check(Schema.isPattern(rates)),
  /** `up`: to the next minor unit, in the merchant's favour. `half-even`: to the nearest, a tie to the even one. */
  rounding: Schema.Literals(["up", "half-even"]),
  quotedAt: Schema.DateTimeUtcFromString,
  /** From here on nothing is priced or settled with it. */
  expiresAt: Schema.DateTimeUtcFromString
})

const refusal = ({ expiresAt, from, quotedAt, to }: (typeof Fields)["Type"]): string | undefined =>
  from === to
    ? `a quote converts into another currency, not ${from} into ${to}`
    : expiresAt.epochMilliseconds <= quotedAt.epochMilliseconds
      ? "a quote expires after it was given"
      : undefined

export const Quote = Fields.check(Schema.makeFilter((quote: (typeof Fields)["Type"]) => refusal(quote) ?? true))
export interface Quote extends Schema.Schema.Type<typeof Quote> {}

/** How an amount came to be: what the price lists, and the quote by which it is that much in the currency of the charge. */
export const Quoted = Schema.Struct({ listed: Money.Money, quote: Quote })
export interface Quoted extends Schema.Schema.Type<typeof Quoted> {}

/** Something that is no quote, or an amount that it gives no price for. */
export class QuoteError extends Schema.TaggedError<QuoteError>()("QuoteError", { message: Schema.String }) {}

const refuse = (message: string) => Result.fail(new QuoteError({ message }))

const isQuote = Schema.is(Quote)

/** Checks what comes from outside. */
export const make = (fields: Quote): Result.Result<Quote, QuoteError> =>
  isQuote(fields)
    ? Result.succeed(fields)
    : refuse(
        "a quote has an id and a source, two different currencies, a rate above zero such as 0.1408, a rounding, and expires after it was given"
      )

/** The rate as a fraction. */
const fraction = (rate: string): readonly [numerator: bigint, denominator: bigint] => {
  const [whole = "", decimals = ""] = rate.split(".")
  return [BigInt(whole + decimals), 10n ** BigInt(decimals.length)]
}

const rounded = (numerator: bigint, denominator: bigint, rounding: Quote["rounding"]): bigint => {
  const floor = numerator / denominator
  const rest = numerator % denominator
  const isUp =
    rounding === "up" ? rest > 0n : rest * 2n > denominator || (rest * 2n === denominator && floor % 2n === 1n)
  return isUp ? floor + 1n : floor
}

/**
 * What an amount is in the quote's other currency, whatever the time is. Fails for an amount that is not in `from`, also for one in
 * `to`, and where the result is nothing or more than an amount can be.
 */
export const convert = (
  { from, rate, rounding, to }: Quote,
  money: Money.Money
): Result.Result<Money.Money, QuoteError> => {
  if (money.currency !== from) return refuse(`the quote is for ${from}, the amount is ${Money.print(money)}`)
  const [numerator, denominator] = fraction(rate)
  const minor = rounded(
    money.minor * numerator * 10n ** BigInt(Currency.exponent(to)),
    denominator * 10n ** BigInt(Currency.exponent(from)),
    rounding
  )
  if (minor === 0n) return refuse(`${Money.print(money)} at ${rate} is nothing in ${to}`)
  return Result.mapError(Money.fromMinor(to, minor), ({ message }) => new QuoteError({ message }))
}

/** Whether the quote is good at a time: from when it was given to when it expires, that moment excluded. */
export const isGood = ({ expiresAt, quotedAt }: Quote, atMillis: number): boolean =>
  quotedAt.epochMilliseconds <= atMillis && atMillis < expiresAt.epochMilliseconds

/** For people: `"CNY 15.00 at 0.1408 (2026-11-28/1, ECB reference rates, until 2026-11-28T09:00:00.000Z)"`. */
export const print = ({ listed, quote }: Quoted): string =>
  `${Money.print(listed)} at ${quote.rate} (${quote.id}, ${quote.source}, until ${DateTime.formatIso(quote.expiresAt)})`
