/**
 * The books: every delegation, every trade, every bill that was paid and every movement, in memory.
 *
 * Each function here runs to its end without giving way, so what it checks is still true when it writes.
 */
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import type { Movement } from "../Movement.ts"
import type { Delegation } from "./delegation.ts"
import type { RoyaltyMovement } from "../RoyaltyMovement.ts"
import type { Metered } from "./metered.ts"
import type { TradeEvent } from "./notices.ts"
import * as Numbers from "./numbers.ts"
import * as Royalty from "./royalty.ts"
import { type Refund, status, type Trade } from "./trade.ts"

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
  /** Who may receive parts of the merchant's trades, and what was settled: by `settle_no`, and by trade and request. */
  readonly receivers: Map<string, Royalty.Receiver>
  readonly settlements: Map<string, Royalty.Settlement>
  readonly royalties: Array<RoyaltyMovement>
  /** What is to be told, of trades that say to whom. */
  readonly events: Array<TradeEvent>
  /** The daily bills that can be downloaded, by the token of the address. */
  readonly bills: Map<string, { readonly date: string; readonly expires: number }>
}

export const make = (): Books => ({
  delegations: new Map(),
  trades: new Map(),
  aliases: new Map(),
  metered: new Map(),
  movements: [],
  receivers: new Map(),
  settlements: new Map(),
  royalties: [],
  events: [],
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
  happened(books, trade, at)
}

/** Ends a trade that is unpaid. */
export const close = (books: Books, trade: Trade, at: number): void => {
  trade.closed = true
  happened(books, trade, at)
}

/** Moves parts of a trade to others. Whether it may is the caller's question, asked in the same step. */
export const settle = (books: Books, settlement: Royalty.Settlement): Royalty.Settlement => {
  const { at, from, parts, requestNo, settleNo, trade } = settlement
  books.settlements.set(settleNo, settlement).set(Royalty.requestKey(trade.tradeNo, requestNo), settlement)
  for (const { amount, to } of parts) {
    trade.settled += amount.minor
    books.royalties.push({
      settle_no: settleNo,
      out_request_no: requestNo,
      out_trade_no: trade.outTradeNo,
      trade_no: trade.tradeNo,
      from,
      to: to.account,
      to_type: to.type,
      amount: Money.decimalString(amount),
      currency: amount.currency,
      at: DateTime.formatIso(DateTime.makeUnsafe(at))
    })
  }
  return settlement
}

/** The settlement by its own number, or by the trade's and the merchant's. */
export const settlement = (
  books: Books,
  numbers: { readonly settle_no?: string; readonly trade_no?: string; readonly out_request_no?: string }
): Royalty.Settlement | undefined =>
  books.settlements.get(numbers.settle_no ?? Royalty.requestKey(numbers.trade_no ?? "", numbers.out_request_no ?? ""))

const happened = (books: Books, trade: Trade, at: number, refund?: TradeEvent["refund"]): void => {
  if (trade.notify === undefined) return
  books.events.push({ trade, to: trade.notify, at, status: status(trade), ...(refund !== undefined && { refund }) })
}

/** What is to be told, once. */
export const news = (books: Books): ReadonlyArray<TradeEvent> => books.events.splice(0)

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
  happened(books, trade, refund.at, { requestNo: requestNo.trim(), total: trade.refunded })
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
