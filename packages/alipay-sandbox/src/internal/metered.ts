/**
 * A metered trade: a bill that an agent has paid by itself, and what has become of it.
 */
import type { PaymentNeeded } from "@paylayer/alipay/PaymentNeeded"
import * as Bill from "@paylayer/alipay/PaymentNeeded"
import * as Money from "@paylayer/core/Money"
import * as Crypto from "node:crypto"
import type { Numbers } from "./numbers.ts"

export interface Metered {
  readonly tradeNo: string
  readonly outTradeNo: string
  readonly resourceId: string
  readonly sellerId: string
  readonly amount: Money.Money<"CNY">
  readonly payer: string
  /** 64 hexadecimal digits. */
  readonly paymentProof: string
  readonly clientSession: string
  readonly paidAt: number
  closed: boolean
  confirmedAt: number | undefined
}

/** A wallet has one session. 33 hexadecimal digits: the Base64 of a proof then has no padding. */
const sessionOf = (payer: string): string => Crypto.hash("sha256", `session of ${payer}`).slice(0, 33)

/** The trade that paying a bill makes. */
export const make = (bill: PaymentNeeded, payer: string, numbers: Numbers, now: number): Metered => ({
  tradeNo: numbers.meteredTradeNo(now),
  outTradeNo: bill.protocol.out_trade_no,
  resourceId: bill.protocol.resource_id,
  sellerId: bill.method.seller_id,
  amount: Bill.money(bill),
  payer,
  paymentProof: numbers.paymentProof(),
  clientSession: sessionOf(payer),
  paidAt: now,
  closed: false,
  confirmedAt: undefined
})

/** Whether paying the bill would pay for the same thing again. */
export const isOf = (self: Metered, bill: PaymentNeeded, payer: string): boolean =>
  self.payer === payer &&
  self.sellerId === bill.method.seller_id &&
  self.resourceId === bill.protocol.resource_id &&
  Money.equals(self.amount, Bill.money(bill))
