/**
 * The books: every delegation, every trade, every bill that was paid and every movement, in memory.
 *
 * Each function here runs to its end without giving way, so what it checks is still true when it writes.
 */
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import type { Movement } from "../Movement.ts"
import type { Delegation } from "./delegation.ts"
import type { Metered } from "./metered.ts"
import * as Numbers from "./numbers.ts"
import type { Refund, Trade } from "./trade.ts"

/**
 * Delegations by `delegation_id`, trades by `out_trade_no`, bills that were paid by `trade_no`, movements in the order in which
 * they happened.
 */
export interface Books {
  readonly delegations: Map<string, Delegation>
  readonly trades: Map<string, Trade>
  /** The same trades by `trade_no` and by every `prepay_id` that they had. */
  readonly aliases: Map<string, Trade>
  readonly metered: Map<string, Metered>
  readonly movements: Array<Movement>
  /** The daily bills that can be downloaded, by the token of the address. */
  readonly bills: Map<string, { readonly date: string; readonly expires: number }>
}

export const make = (): Books => ({
  delegations: new Map(),
  trades: new Map(),
  aliases: new Map(),
  metered: new Map(),
  movements: [],
  bills: new Map()
})

const find = <A>(values: Iterable<A>, test: (value: A) => boolean): A | undefined => {
  for (const value of values) if (test(value)) return value
  return undefined
}

/** The delegation by either of its numbers. */
export const delegation = (
  books: Books,
  numbers: { readonly delegation_id?: string; readonly external_delegation_id?: string }
): Delegation | undefined => {
  const { delegation_id, external_delegation_id } = numbers
  const found =
    delegation_id !== undefined
      ? books.delegations.get(delegation_id)
      : find(books.delegations.values(), (one) => one.externalDelegationId === external_delegation_id)
  return external_delegation_id === undefined || found?.externalDelegationId === external_delegation_id
    ? found
    : undefined
}

/** The trade by the merchant's number, by Alipay's, or by both where both are given. */
export const trade = (
  books: Books,
  numbers: { readonly out_trade_no?: string; readonly trade_no?: string }
): Trade | undefined => {
  const { out_trade_no, trade_no } = numbers
  const found = out_trade_no !== undefined ? books.trades.get(out_trade_no) : books.aliases.get(trade_no ?? "")
  return trade_no === undefined || found?.tradeNo === trade_no ? found : undefined
}

/** The bill that was paid under a merchant's number. */
export const metered = (books: Books, { out_trade_no }: { readonly out_trade_no: string }): Metered | undefined =>
  find(books.metered.values(), (one) => one.outTradeNo === out_trade_no)

/** The trade that a prepayment id belongs to. */
export const prepaid = (books: Books, prepayId: string): Trade | undefined => {
  const found = books.aliases.get(prepayId)
  return found?.prepayId === prepayId ? found : undefined
}

/** Writes a trade down, or that it has another prepayment id. */
export const keep = (books: Books, trade: Trade): void => {
  books.trades.set(trade.outTradeNo, trade)
  books.aliases.set(trade.tradeNo, trade).set(trade.prepayId, trade)
}

/** Moves the money of a trade out of a delegation. Whether it may is the caller's question, asked in the same step. */
export const charge = (books: Books, trade: Trade, delegation: Delegation, channel: string, at: number): void => {
  delegation.spent += trade.amount.minor
  delegation.charges += 1
  trade.payment = { at, delegation, channel }
  record(books, "charge", trade, delegation, trade.amount, at)
}

/** Moves the money of a bill. */
export const pay = (books: Books, trade: Metered): Metered => {
  books.metered.set(trade.tradeNo, trade)
  record(books, "charge", trade, undefined, trade.amount, trade.paidAt)
  return trade
}

/** Moves money of a paid trade back. */
export const refund = (books: Books, trade: Trade, delegation: Delegation, requestNo: string, refund: Refund): void => {
  trade.refunded += refund.amount.minor
  trade.refunds.set(requestNo, refund)
  record(books, "refund", trade, delegation, refund.amount, refund.at)
}

const record = (
  books: Books,
  kind: Movement["kind"],
  trade: Pick<Trade, "outTradeNo" | "tradeNo">,
  delegation: Delegation | undefined,
  amount: Money.Money,
  at: number
): void => {
  books.movements.push({
    movement_id: Numbers.movementId(books.movements.length + 1),
    kind,
    out_trade_no: trade.outTradeNo,
    trade_no: trade.tradeNo,
    ...(delegation !== undefined && { delegation_id: delegation.delegationId }),
    amount: Money.decimalString(amount),
    currency: amount.currency,
    at: DateTime.formatIso(DateTime.makeUnsafe(at))
  })
}
