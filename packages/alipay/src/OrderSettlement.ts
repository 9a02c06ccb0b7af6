/**
 * Settling parts of a paid trade to others: `alipay.trade.order.settle` and `alipay.trade.order.settle.query`.
 *
 * - The merchant's number of the request (`out_request_no`) makes it safe to repeat: the same request is settled once. What did
 *   not succeed is looked up, and where that cannot tell it stays unknown; repeat it then **with the same number and the same parts**.
 * - Parts are `Money`, in CNY; more than the trade's amount is refused here, before Alipay is asked. What was settled or given back of it
 *   before, Alipay counts.
 * - Receivers are bound first (`RoyaltyRelation`).
 *
 * Fields are from Alipay's public SDKs (`AlipayTradeOrderSettleModel`, `AlipayTradeOrderSettleQueryModel`, `RoyaltyDetail` of
 * `alipay-sdk-java-all` and `-python-all`). That a repeated request is answered as the first one, that `ACQ.TRADE_SETTLE_ERROR` tells
 * nothing of the outcome, and that `sync` takes five receivers at most are from copies of Alipay's documentation. It also asks to wait 30
 * seconds after the payment. Tried against the sandbox of this project, never against a live endpoint.
 *
 * @example
 * const trade = { tradeNo: receipt.reference, total: receipt.money }
 * const parts = [{ to: { type: "userId", account: "2088000000000009" }, amount: Money.of("CNY", 1200n) }]
 * yield* OrderSettlement.settle({ outRequestNo: "payout_1", trade, parts })
 */
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Answer from "./internal/answerSchema.ts"
import * as Fields from "./internal/iacFields.ts"
import { OpenPlatform } from "./OpenPlatform.ts"
import type { OpenPlatformError } from "./OpenPlatformError.ts"

/** Whom a part goes to: an account's number, or the name its owner signs in with. */
export interface Account {
  readonly type: "userId" | "loginName"
  readonly account: string
}

export interface Part {
  readonly to: Account
  readonly amount: Money.Money
  /** What the receiver reads. */
  readonly description?: string
}

export interface Request {
  /** 1 to 32 letters, digits and `_`, never used for other parts. */
  readonly outRequestNo: string
  /** Alipay's number of the trade and what was paid: of a receipt, `reference` and `money`. */
  readonly trade: { readonly tradeNo: string; readonly total: Money.Money }
  readonly parts: readonly [Part, ...ReadonlyArray<Part>]
  /** `async` takes more than five parts, and answers before they have moved; ask `query` for them. Default `sync`. */
  readonly mode?: "sync" | "async"
}

/** What became of one part. `failed` has moved nothing. */
export interface SettledPart {
  readonly to: Account
  readonly amount: Money.Money
  readonly state: "succeeded" | "processing" | "failed"
  /** Why it failed, in Alipay's code. */
  readonly errorCode?: string
}

/** What became of a request. */
export interface Settlement {
  readonly outRequestNo: string
  /** Alipay's number of it, where it was told. */
  readonly settleNo?: string
  readonly parts: ReadonlyArray<SettledPart>
}

/**
 * Nothing was settled, or nobody knows.
 *
 * | reason | | `moved` |
 * |---|---|---|
 * | `invalid` | the request is none: its number, its currency, an amount of nothing, more receivers than its mode takes | no |
 * | `exceeds` | more than the trade | no |
 * | `refused` | Alipay said no, and that it knows of none, both under its signature; `code` is its word | no |
 * | `conflict` | Alipay knows other parts under this number | unknown |
 * | `unknown` | Alipay could not be asked, or could not tell. Repeat the same request | unknown |
 */
export class SettlementError extends Schema.TaggedError<SettlementError>()("SettlementError", {
  reason: Schema.Literals(["invalid", "exceeds", "refused", "conflict", "unknown"]),
  moved: Schema.Literals(["no", "unknown"]),
  message: Schema.String,
  code: Schema.optionalKey(Schema.String)
}) {}

const settleMethod = "alipay.trade.order.settle"
const queryMethod = "alipay.trade.order.settle.query"

const most = { sync: 5, async: 100 } as const

/** Why a request is not even sent. */
const wrong = ({ mode = "sync", outRequestNo, parts, trade }: Request): SettlementError | undefined => {
  const no = (reason: "invalid" | "exceeds", message: string) => new SettlementError({ reason, moved: "no", message })
  if (!/^[A-Za-z0-9_]{1,32}$/.test(outRequestNo)) {
    return no("invalid", "out_request_no is 1 to 32 letters, digits and underscores")
  }
  if (trade.total.currency !== "CNY" || parts.some(({ amount }) => amount.currency !== "CNY")) {
    return no("invalid", "a settlement is in CNY, and of a trade in CNY")
  }
  if (parts.some(({ amount }) => amount.minor < 1n)) return no("invalid", "every part is above zero")
  if (parts.length > most[mode]) return no("invalid", `${mode} takes ${most[mode]} parts at most`)
  const sum = parts.reduce((total, { amount }) => total + amount.minor, 0n)
  return sum > trade.total.minor ? no("exceeds", `the parts are more than ${Money.print(trade.total)}`) : undefined
}

const Made = Schema.Struct({ trade_no: Fields.Text, settle_no: Schema.optionalKey(Fields.Text) })

const states = { SUCCESS: "succeeded", PROCESSING: "processing", FAIL: "failed" } as const

const Detail = Schema.Struct({
  operation_type: Schema.optionalKey(Schema.String),
  trans_in: Schema.optionalKey(Fields.Text),
  trans_in_type: Schema.optionalKey(Schema.Literals(["userId", "loginName"])),
  amount: Fields.amountIn("CNY"),
  state: Schema.Literals(["SUCCESS", "PROCESSING", "FAIL"]),
  error_code: Schema.optionalKey(Schema.String)
})

const Found = Schema.Struct({
  out_request_no: Fields.Text,
  royalty_detail_list: Schema.Array(Detail)
})

const call = <T>(
  method: string,
  content: Parameters<OpenPlatform["Service"]["execute"]>[1],
  schema: Schema.ConstraintCodec<T, unknown>
) =>
  OpenPlatform.use((platform) =>
    Effect.flatMap(
      platform.execute(method, content),
      Answer.decode(method, () => schema)
    )
  )

/** A settlement by the trade's number and the merchant's, or by Alipay's. */
export type SettlementNumber =
  | { readonly tradeNo: string; readonly outRequestNo: string }
  | { readonly settleNo: string }

/** Asks what became of a settlement. Only what was settled to others is told, nothing of refunds of it. */
export const query = Effect.fnUntraced(function* (
  number: SettlementNumber
): Effect.fn.Return<Settlement, OpenPlatformError, OpenPlatform> {
  const content =
    "settleNo" in number
      ? { settle_no: number.settleNo }
      : { trade_no: number.tradeNo, out_request_no: number.outRequestNo }
  const found = yield* call(queryMethod, content, Found)
  if ("outRequestNo" in number && found.out_request_no !== number.outRequestNo) {
    return yield* Effect.fail(Answer.malformed(queryMethod, "it is about another settlement"))
  }
  const parts: Array<SettledPart> = []
  for (const detail of found.royalty_detail_list) {
    if ((detail.operation_type ?? "transfer") !== "transfer") continue
    if (detail.trans_in === undefined) {
      return yield* Effect.fail(Answer.malformed(queryMethod, "it does not say who received"))
    }
    parts.push({
      to: { type: detail.trans_in_type ?? "userId", account: detail.trans_in },
      amount: detail.amount,
      state: states[detail.state],
      ...(detail.error_code !== undefined && { errorCode: detail.error_code })
    })
  }
  return {
    outRequestNo: found.out_request_no,
    ...("settleNo" in number && { settleNo: number.settleNo }),
    parts
  }
})

const words = (parts: ReadonlyArray<Pick<Part, "to" | "amount">>): string =>
  parts
    .map(({ amount, to }) => `${to.type} ${to.account} ${Money.print(amount)}`)
    .toSorted()
    .join("\n")

/** A signed no of the method itself. */
const isNo = ({ outcome, reason }: OpenPlatformError): boolean =>
  outcome === "refused" && reason._tag === "BusinessFailure"

/**
 * What did not succeed is looked up under its number: it went unanswered, or an earlier call of the same request was, of which a refusal
 * of this one says nothing.
 */
const lookup = Effect.fnUntraced(function* ({ outRequestNo, parts, trade }: Request, failure: OpenPlatformError) {
  const { message, outcome, reason } = failure
  const found = yield* Effect.result(query({ tradeNo: trade.tradeNo, outRequestNo }))
  if (found._tag === "Success") {
    return words(found.success.parts) === words(parts)
      ? found.success
      : yield* new SettlementError({
          reason: "conflict",
          moved: "unknown",
          message: `${outRequestNo} was used for other parts of this trade`
        })
  }
  // Where this call went unanswered it may still arrive, also where Alipay knows of none.
  return yield* outcome === "refused" && isNo(found.failure)
    ? new SettlementError({
        reason: "refused",
        moved: "no",
        message,
        ...("subCode" in reason && { code: reason.subCode })
      })
    : new SettlementError({ reason: "unknown", moved: "unknown", message })
})

/** Settles, once for its number. */
export const settle = Effect.fn("OrderSettlement.settle")(function* (
  request: Request
): Effect.fn.Return<Settlement, SettlementError, OpenPlatform> {
  const refusal = wrong(request)
  if (refusal !== undefined) return yield* refusal
  const { mode = "sync", outRequestNo, parts, trade } = request
  const answer = yield* Effect.result(
    call(
      settleMethod,
      {
        out_request_no: outRequestNo,
        trade_no: trade.tradeNo,
        royalty_mode: mode,
        royalty_parameters: parts.map(({ amount, description, to }) => ({
          royalty_type: "transfer",
          trans_in_type: to.type,
          trans_in: to.account,
          amount: Money.decimalString(amount),
          ...(description !== undefined && { desc: description })
        }))
      },
      Made
    )
  )
  if (answer._tag === "Failure") return yield* lookup(request, answer.failure)
  const { settle_no, trade_no } = answer.success
  if (trade_no !== trade.tradeNo) {
    return yield* lookup(request, Answer.malformed(settleMethod, "it is about another trade"))
  }
  const state = mode === "sync" ? ("succeeded" as const) : ("processing" as const)
  return {
    outRequestNo,
    ...(settle_no !== undefined && { settleNo: settle_no }),
    parts: parts.map(({ amount, to }) => ({ to, amount, state }))
  }
})
