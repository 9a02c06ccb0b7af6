/**
 * A developer: who made tools, and how they are paid for them. What a configuration file becomes once it is read.
 */
import type * as Currency from "@paylayer/core/Currency"
import type { ByCurrency } from "./Tool.ts"

/** Where payouts go. */
export type Destination =
  /** A connected account of Stripe: `acct_…`. */
  | { readonly rail: "stripe"; readonly account: string }
  /** An Alipay account: by user id, open id or logon id. */
  | {
      readonly rail: "alipay"
      readonly account: {
        readonly type: AlipayAccountType
        readonly account: string
        /** Its owner's name as Alipay knows it. Settlement asks for it with a logon id. */
        readonly name?: string
      }
    }

/** As `alipay.fund.trans.uni.transfer` names them. */
export type AlipayAccountType = "ALIPAY_USER_ID" | "ALIPAY_OPEN_ID" | "ALIPAY_LOGON_ID"

export type Weekday = "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday"

/** When payouts are made, in the time zone of the gateway's tables. A day beyond a month's end is its last. */
export type Schedule = "manual" | "daily" | { readonly weekly: Weekday } | { readonly monthly: number }

export interface Developer {
  readonly id: string
  readonly name: string
  /** Absent: nothing is paid out, what is owed stays in the book. */
  readonly payout?: Destination
  /** What is paid out; anything else stays in the book. */
  readonly currencies: ReadonlyArray<Currency.Currency>
  /** Minor units. Nothing is paid out where less is owed; absent for a currency: one minor unit. */
  readonly threshold: ByCurrency<bigint>
  readonly schedule: Schedule
}
