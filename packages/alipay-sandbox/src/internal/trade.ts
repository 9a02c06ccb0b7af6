/**
 * A trade: one order of a merchant, from the prepayment to its end.
 */
import * as Money from "@paylayer/core/Money"
import type { Contracted } from "./currencies.ts"
import type { Delegation } from "./delegation.ts"

/** A refund of a trade, by its `out_request_no`. */
export interface Refund {
  readonly amount: Money.Money
  readonly at: number
}

/** Who is told what becomes of a trade. */
export interface NotifyTo {
  readonly url: string
  /** The SN of Alipay's certificate, where the merchant's request named certificates. */
  readonly serial: string | undefined
}

/** One trade. The members that change do so only in `books`. */
export interface Trade {
  readonly outTradeNo: string
  readonly tradeNo: string
  readonly amount: Money.Money
  readonly settleCurrency: Contracted
  readonly subject: string
  readonly sellerId: string
  /** The merchant category, where the order names one. */
  readonly category: string | undefined
  /** The channels that the order enables, where it names any. */
  readonly channels: ReadonlyArray<string> | undefined
  /** Huabei instalments: how many, and the merchant's share of their fee in per cent. */
  readonly instalments: { readonly count: string; readonly sellerPercent: string } | undefined
  readonly refunds: Map<string, Refund>
  readonly openedAt: number
  notify: NotifyTo | undefined
  prepayId: string
  prepayExpires: number
  closed: boolean
  payment: { readonly at: number; readonly delegation: Delegation; readonly channel: string } | undefined
  refunded: bigint
  /** What was given to others. */
  settled: bigint
}

/** Alipay's states of a trade. */
export type Status = "WAIT_BUYER_PAY" | "TRADE_CLOSED" | "TRADE_SUCCESS"

/** A trade is closed while it is unpaid, or by giving all of it back. */
export const status = (self: Trade): Status =>
  self.closed || self.refunded === self.amount.minor
    ? "TRADE_CLOSED"
    : self.payment === undefined
      ? "WAIT_BUYER_PAY"
      : "TRADE_SUCCESS"

/** What can still be given back. */
export const refundable = (self: Trade): Money.Money =>
  Money.of(self.amount.currency, self.payment === undefined ? 0n : self.amount.minor - self.refunded)

/** What the merchant still has of it, to give to others. What it gives back later comes out of its own pocket. */
export const settleable = (self: Trade): Money.Money => {
  const left = refundable(self).minor - self.settled
  return Money.of(self.amount.currency, left > 0n ? left : 0n)
}
