/**
 * The currencies that the sandbox's merchants have a contract for: priced in CNY, USD or EUR, settled in the same or in CNY.
 * Alipay makes such contracts with each merchant.
 */
import type * as Currency from "@paylayer/core/Currency"
import type * as Money from "@paylayer/core/Money"
import * as Quote from "@paylayer/core/Quote"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import { business, type Failure } from "./failure.ts"

const priced = ["CNY", "USD", "EUR"] as const
export type Contracted = (typeof priced)[number]

const isPriced = (code: string): code is Contracted => (priced as ReadonlyArray<string>).includes(code)

/** Yuan for one unit. Fixed, so that tests can count; Alipay's are those of the day. */
const rates = { USD: "7.1", EUR: "7.7" } as const

/** The two currencies of an order, if there is a contract for them. */
export const contracted = (
  trans: string,
  settle: string
): Result.Result<{ readonly currency: Contracted; readonly settleCurrency: Contracted }, Failure> => {
  if (!isPriced(trans) || !isPriced(settle)) {
    return Result.fail(business("ACQ.CURRENCY_NOT_SUPPORT", `the sandbox takes ${priced.join(", ")}`))
  }
  return settle === trans || settle === "CNY"
    ? Result.succeed({ currency: trans, settleCurrency: settle })
    : Result.fail(business("ACQ.AMOUNT_OR_CURRENCY_ERROR", `no contract prices in ${trans} and settles in ${settle}`))
}

/** What the merchant gets for an amount, by the sandbox's rate. */
export const settled = (amount: Money.Money, into: Currency.Currency): Money.Money => {
  const { currency } = amount
  if (currency === into || (currency !== "USD" && currency !== "EUR")) return amount
  const rate = {
    id: "sandbox",
    source: "the sandbox",
    from: currency,
    to: into,
    rate: rates[currency],
    rounding: "half-even" as const,
    quotedAt: DateTime.makeUnsafe(0),
    expiresAt: DateTime.makeUnsafe(1)
  }
  return Result.getOrThrow(Quote.convert(rate, amount))
}
