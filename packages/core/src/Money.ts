/**
 * Money: a currency and a whole number of its minor units.
 *
 * - An amount is a `bigint`; no `number` comes near it, so nothing is ever rounded.
 * - An amount is never negative: what is owed the other way is another movement, not a sign.
 * - Decimal text is parsed and printed exactly. A digit beyond the currency's exponent is refused, never rounded.
 * - No operation takes two currencies. Mixing literal currencies does not compile, mixing unknown ones is a `MoneyError`.
 *
 * @example
 * const price = Money.of("CNY", 1500n)       // CNY 15.00
 * Money.parse("CNY", "15.00")                // Result.succeed(price)
 * Money.parse("CNY", "15.001")               // Result.fail(MoneyError: CNY has 2 decimals …)
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Currency from "./Currency.ts"

/** An amount in minor units of `currency`. `minor` is 0 to `maximum`. */
export interface Money<out C extends Currency.Currency = Currency.Currency> {
  readonly currency: C
  readonly minor: bigint
}

/**
 * The largest amount, in minor units: eighteen digits. Nine of them still add up within a signed 64-bit column, which is
 * what ledgers on SQLite and PostgreSQL store.
 */
export const maximum = 999_999_999_999_999_999n

/** Text that is not an amount of that currency, or an operation on two currencies. */
export class MoneyError extends Schema.TaggedError<MoneyError>()("MoneyError", {
  message: Schema.String
}) {}

const refuse = (message: string) => Result.fail(new MoneyError({ message }))

/** Money of a known currency and amount, for literals in source. Throws `RangeError` below zero and above `maximum`. */
export const of = <C extends Currency.Currency>(currency: C, minor: bigint): Money<C> => {
  if (minor < 0n || minor > maximum) throw new RangeError(`an amount is 0 to ${maximum} minor units, not ${minor}`)
  return { currency, minor }
}

/** Nothing, in that currency. */
export const zero = <C extends Currency.Currency>(currency: C): Money<C> => ({ currency, minor: 0n })

/** Like `of`, for amounts that come from outside. */
export const fromMinor = <C extends Currency.Currency>(
  currency: C,
  minor: bigint
): Result.Result<Money<C>, MoneyError> => {
  if (!Currency.is(currency)) return refuse("the currency is not one of ISO 4217")
  return minor < 0n || minor > maximum
    ? refuse(`${currency} ${minor} minor units is outside 0 to ${maximum}`)
    : Result.succeed({ currency, minor })
}

const decimal = /^(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,4}))?$/

/**
 * Parses a decimal in major units as payment APIs write it: ASCII digits, a point, no sign, no grouping, no exponent, no
 * leading zero. Fewer decimals than the currency has are fine (`"15"`, `"15.5"`), more are refused.
 */
export const parse = <C extends Currency.Currency>(currency: C, text: string): Result.Result<Money<C>, MoneyError> => {
  if (!Currency.is(currency)) return refuse("the currency is not one of ISO 4217")
  const match = decimal.exec(text)
  if (match === null) {
    return refuse(`${JSON.stringify(text.slice(0, 40))} is not a plain decimal such as "15.00"`)
  }
  const [, major = "0", fraction = ""] = match
  const digits = Currency.exponent(currency)
  if (fraction.length > digits) {
    return refuse(`${currency} has ${digits} decimals, "${text}" has ${fraction.length}; amounts are never rounded`)
  }
  return fromMinor(currency, BigInt(major + fraction.padEnd(digits, "0")))
}

/** The decimal in major units with all its decimals: `"15.00"`, `"1500"` (JPY), `"1.500"` (KWD). Inverse of `parse`. */
export const decimalString = (self: Money): string => {
  const digits = Currency.exponent(self.currency)
  if (digits === 0) return self.minor.toString()
  const text = self.minor.toString().padStart(digits + 1, "0")
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** For people: `"CNY 15.00"`. */
export const print = (self: Money): string => `${self.currency} ${decimalString(self)}`

/** Narrows money of an unknown currency to one that is known. */
export const isIn = <C extends Currency.Currency>(self: Money, currency: C): self is Money<C> =>
  self.currency === currency

const mixed = (self: Money, that: Money) =>
  refuse(`${print(self)} and ${print(that)} are different currencies; nothing is converted silently`)

/** Adds. Fails on two currencies, and above `maximum`. */
export const add = <C extends Currency.Currency>(
  self: Money<C>,
  that: Money<NoInfer<C>>
): Result.Result<Money<C>, MoneyError> =>
  self.currency === that.currency ? fromMinor(self.currency, self.minor + that.minor) : mixed(self, that)

/** Subtracts. Fails on two currencies, and below zero. */
export const subtract = <C extends Currency.Currency>(
  self: Money<C>,
  that: Money<NoInfer<C>>
): Result.Result<Money<C>, MoneyError> =>
  self.currency === that.currency ? fromMinor(self.currency, self.minor - that.minor) : mixed(self, that)

/** Whether `self` is at most `limit`. Fails on two currencies, so that "not comparable" is never read as "within". */
export const isWithin = <C extends Currency.Currency>(
  self: Money<C>,
  limit: Money<NoInfer<C>>
): Result.Result<boolean, MoneyError> =>
  self.currency === limit.currency ? Result.succeed(self.minor <= limit.minor) : mixed(self, limit)

/** Same currency, same amount. */
export const equals = (self: Money, that: Money): boolean =>
  self.currency === that.currency && self.minor === that.minor

/** Splits into `parts` amounts that differ by at most one minor unit and add up to the whole. */
export const split = <C extends Currency.Currency>(self: Money<C>, parts: number): ReadonlyArray<Money<C>> => {
  const count = BigInt(parts)
  if (count < 1n) throw new RangeError("money is split into one part or more")
  const rest = self.minor % count
  return Array.from({ length: parts }, (_, index) => ({
    currency: self.currency,
    minor: self.minor / count + (BigInt(index) < rest ? 1n : 0n)
  }))
}

const Minor = Schema.BigInt.check(Schema.isBetweenBigInt({ minimum: 0n, maximum }))

/** As JSON: `{ "currency": "CNY", "minor": "1500" }`. The amount is text, since a JSON number is a float to most readers. */
export const Money = Schema.Struct({
  currency: Currency.Currency,
  minor: Schema.String.check(Schema.isPattern(/^(0|[1-9][0-9]{0,17})$/)).pipe(
    Schema.decodeTo(Minor, SchemaTransformation.transform({ decode: (text: string) => BigInt(text), encode: String }))
  )
})
