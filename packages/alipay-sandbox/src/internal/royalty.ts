/**
 * Settlement of a trade to others: who may receive, and what was settled.
 */
import type * as Money from "@paylayer/core/Money"
import * as Schema from "effect/Schema"
import type { Trade } from "./trade.ts"

/** What kind of name an account is called by. */
export const AccountType = Schema.Literals(["userId", "loginName"])

/** One who may receive. */
export const Receiver = Schema.Struct({
  type: AccountType,
  account: Schema.String.check(Schema.isPattern(/^[^\s]{1,100}$/)),
  name: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(256))),
  memo: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(256)))
})
export type Receiver = typeof Receiver.Type

/** The merchant's number of a request: 1 to 32 letters, digits and underscores. */
export const RequestNo = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_]{1,32}$/))

/** The members of a request that binds or unbinds. */
export const Binding = Schema.Struct({ out_request_no: RequestNo, receiver_list: Schema.Array(Receiver) })

/** Why a list of receivers is refused, or nothing. */
export const wrongReceiver = (receivers: ReadonlyArray<Receiver>): readonly [code: string, why: string] | undefined => {
  if (receivers.length === 0) return ["ACQ.RECEIVER_LIST_EMPTY", "receiver_list is empty"]
  if (receivers.length > 20) return ["ACQ.INVALID_PARAMETER", "receiver_list has at most 20 receivers"]
  const unknown = receivers.find(({ account, type }) => type === "userId" && !/^2088\d{12}$/.test(account))
  return unknown === undefined ? undefined : ["ACQ.USER_NOT_EXIST", `no account is called ${unknown.account}`]
}

/** How the books know a receiver. */
export const keyOf = ({ account, type }: Pick<Receiver, "account" | "type">): string => `${type} ${account}`

/** One part of a settlement. */
export interface Part {
  readonly to: Pick<Receiver, "account" | "type">
  readonly amount: Money.Money
  readonly desc: string | undefined
}

/** A settlement that was made. */
export interface Settlement {
  readonly settleNo: string
  readonly requestNo: string
  readonly trade: Trade
  readonly from: string
  readonly parts: ReadonlyArray<Part>
  readonly mode: "sync" | "async"
  readonly at: number
}

/** How long a settlement that is made asynchronously says that it is not done, in milliseconds. Its money has moved. */
export const processing = 1_000

/** How the books know a settlement, besides by its own number. */
export const requestKey = (tradeNo: string, requestNo: string): string => `${tradeNo} ${requestNo}`
