/**
 * Exact decimals below a minor unit, as millionths of it ("micro-minor"): CNY 0.00001 is 1000.
 */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"

/** Decimals beyond those of the currency. */
const beyond = 6

const decimal = /^(0|[1-9][0-9]{0,11})(?:\.([0-9]{1,10}))?$/

/** Parses a decimal in major units. More decimals than a millionth of a minor unit are refused, never rounded. */
export const parse = (currency: Currency.Currency, text: string): Result.Result<bigint, Money.MoneyError> => {
  const refuse = (message: string) => Result.fail(new Money.MoneyError({ message }))
  const match = decimal.exec(text)
  if (match === null) return refuse(`${JSON.stringify(text.slice(0, 40))} is not a plain decimal such as "0.000012"`)
  const [, major = "0", fraction = ""] = match
  const digits = Currency.exponent(currency) + beyond
  return fraction.length > digits
    ? refuse(`${currency} has ${digits} decimals here, a millionth of its minor unit; "${text}" has ${fraction.length}`)
    : Result.succeed(BigInt(major + fraction.padEnd(digits, "0")))
}
