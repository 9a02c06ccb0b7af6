/**
 * The one place that decides whether a delegation pays for a trade, and then moves the money: a single step, at commit time.
 *
 * A trade that is settled already is told first, whatever became of its delegation, so that a repeated call learns its fate.
 */
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import * as Books from "./books.ts"
import * as Channel from "./channel.ts"
import * as Delegation from "./delegation.ts"
import { business, type Failure } from "./failure.ts"
import * as Trade from "./trade.ts"

/** Charges, or says why not. Afterwards the money has moved exactly once, or the books are as they were. */
export const commit = (
  books: Books.Books,
  trade: Trade.Trade,
  delegation: Delegation.Delegation | undefined,
  now: number
): Result.Result<Trade.Trade, Failure> => {
  const settled = fate(trade)
  if (settled !== undefined) return Result.fail(settled)
  if (trade.prepayExpires <= now) return Result.fail(business("ACQ.ORDER_NOT_EXIST", "the prepayment id has expired"))
  if (delegation === undefined) return Result.fail(business("ACQ.AGREEMENT_NOT_EXIST", "no such delegation"))
  const channel = Channel.choose(delegation.iac.allowed_payment_methods, trade.channels)
  const refusal = state(delegation, now) ?? scope(delegation, trade) ?? budget(delegation, trade)
  if (refusal !== undefined) return Result.fail(refusal)
  const months = Channel.months(delegation.iac.allowed_payment_methods)
  const split = trade.instalments?.count
  if (channel === undefined || (split !== undefined && months !== undefined && !months.includes(split))) {
    return Result.fail(
      business(
        "ACQ.DELEGATION_PAYMENT_METHOD_NOT_ALLOWED",
        "the principal prefers other ways to pay than the order enables"
      )
    )
  }
  Books.charge(books, trade, delegation, channel, now)
  return Result.succeed(trade)
}

const fate = (trade: Trade.Trade): Failure | undefined => {
  switch (Trade.status(trade)) {
    case "TRADE_SUCCESS":
      return business("ACQ.TRADE_HAS_SUCCESS", "the trade is paid")
    case "TRADE_CLOSED":
      return business("ACQ.TRADE_HAS_CLOSE", "the trade is closed")
    case "WAIT_BUYER_PAY":
      return undefined
  }
}

const state = (delegation: Delegation.Delegation, now: number): Failure | undefined => {
  const status = Delegation.status(delegation, now)
  if (status !== "NORMAL" && status !== "FINISHED") {
    return business("ACQ.AGREEMENT_INVALID", `the delegation is ${status}`)
  }
  return now < delegation.iac.validity_start_time.epochMilliseconds
    ? business("ACQ.AGREEMENT_INVALID", "the delegation is not valid yet")
    : undefined
}

const scope = ({ iac }: Delegation.Delegation, trade: Trade.Trade): Failure | undefined => {
  const commerce = iac.ext?.commerce
  if (trade.amount.currency !== iac.currency) {
    return business(
      "ACQ.AMOUNT_OR_CURRENCY_ERROR",
      `the delegation is in ${iac.currency}, the order in ${trade.amount.currency}; nothing is converted`
    )
  }
  if (!admits(trade.sellerId, commerce?.allowed_merchants, commerce?.forbidden_merchants)) {
    return business("ACQ.DELEGATION_MERCHANT_NOT_ALLOWED", `the delegation does not allow merchant ${trade.sellerId}`)
  }
  return admits(trade.category, commerce?.allowed_categories, commerce?.forbidden_categories)
    ? undefined
    : business(
        "ACQ.DELEGATION_CATEGORY_NOT_ALLOWED",
        `the delegation does not allow category ${trade.category ?? "(none)"}`
      )
}

// A list to choose from refuses what is unknown; a list of exceptions wins over it.
const admits = (
  value: string | undefined,
  allowed: ReadonlyArray<string> | undefined,
  forbidden: ReadonlyArray<string> | undefined
): boolean =>
  value === undefined
    ? allowed === undefined
    : (allowed === undefined || allowed.includes(value)) && !forbidden?.includes(value)

const budget = (delegation: Delegation.Delegation, trade: Trade.Trade): Failure | undefined => {
  const { max_single_amount: largest, min_single_amount: smallest } = delegation.iac.ext?.commerce ?? {}
  const { minor } = trade.amount
  if (largest !== undefined && minor > largest.minor) {
    return business("ACQ.DELEGATION_SINGLE_FEE_EXCEED", `one charge is at most ${Money.print(largest)}`)
  }
  if (smallest !== undefined && minor < smallest.minor) {
    return business("ACQ.DELEGATION_SINGLE_FEE_BELOW", `one charge is at least ${Money.print(smallest)}`)
  }
  if (Delegation.remainingTimes(delegation) === 0) {
    return business(
      "ACQ.DELEGATION_TOTAL_TIMES_EXCEED",
      `the delegation allows ${Delegation.timesLimit(delegation)} charges`
    )
  }
  const left = Delegation.remaining(delegation)
  return minor > left.minor
    ? business("ACQ.DELEGATION_TOTAL_FEE_EXCEED", `${Money.print(left)} is left of the budget`)
    : undefined
}
