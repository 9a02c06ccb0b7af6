/**
 * Payouts by Alipay's merchant settlement: a developer is paid out of the trades that agents paid for the developer's tools.
 *
 * A payout has a part for each trade, `alipay.trade.order.settle` under a number of its own, at most of the developer's share of that
 * trade. So some parts may be paid and others not: what was refused stays owed, and is planned anew, from other trades where one was
 * refused three times.
 *
 * - Trades are in CNY, and so are payouts. What is owed beyond such trades stays owed.
 * - A trade is settled half a minute after it was paid at the earliest, as Alipay asks, and 90 days after at the latest.
 * - The receiver is bound first (`alipay.trade.royalty.relation.bind`), which moves nothing.
 *
 * The merchant needs a contract for 商家分账, which says how much of a trade may be settled to others (`percent`).
 */
import type { Ledger } from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import type { OpenPlatformError } from "@paylayer/alipay/OpenPlatformError"
import * as OrderSettlement from "@paylayer/alipay/OrderSettlement"
import * as RoyaltyRelation from "@paylayer/alipay/RoyaltyRelation"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Destination } from "./Developer.ts"
import { GatewayStore } from "./GatewayStore.ts"
import * as Trades from "./internal/payouts/trades.ts"
import { type Found, type Instruction, type PayoutRail, type Planned, RailError } from "./PayoutRail.ts"

export interface Options {
  /** Whose receipts have a trade's number for their reference. Default: `alipay-trust`. */
  readonly protocols?: ReadonlyArray<string>
  /** How much of a trade may be settled to others, 1 to 100, as contracted. Default: 100. */
  readonly percent?: bigint
  /** How many trades one payout is made of at most. Default: 200. */
  readonly trades?: number
  /** For how long after it was sent a request may still act. Default: 10 minutes. */
  readonly inFlight?: Duration.Input
}

/** From the payment on: when a trade is settled at the earliest, and at the latest. */
const rested = Duration.seconds(30)
const within = Duration.days(90)

const refusals = 3

const no = (reason: "refused" | "later", message: string, code?: string) =>
  new RailError({ reason, moved: "no", message, ...(code !== undefined && { code }) })

const unknown = (message: string) => new RailError({ reason: "unknown", moved: "unknown", message })

type Alipay = Extract<Destination, { readonly rail: "alipay" }>["account"]

/** The account as settlement knows it, or why it does not. */
const accountOf = ({ account, name, type }: Alipay): RoyaltyRelation.Receiver | string => {
  if (type === "ALIPAY_USER_ID") return { type: "userId", account, ...(name !== undefined && { name }) }
  if (type === "ALIPAY_OPEN_ID") return "settlement takes a user id or a logon id, and no open id"
  return name === undefined
    ? "settlement asks for the owner's name with a logon id"
    : { type: "loginName", account, name }
}

/** Of the application or the gateway, and not of this request. */
const isPassing = (code: string | undefined): boolean => code !== undefined && /^(?:isv|isp|aop)\./.test(code)

const refusal = ({ code, message, reason }: OrderSettlement.SettlementError): RailError => {
  if (reason === "conflict" || reason === "unknown") return unknown(message)
  return no(reason === "refused" && isPassing(code) ? "later" : "refused", message, code)
}

/** To bind moves nothing, whatever becomes of it. */
const unbound = ({ message, outcome, reason }: OpenPlatformError): RailError =>
  no(outcome === "refused" && reason._tag === "BusinessFailure" ? "refused" : "later", message)

export const make = Effect.fnUntraced(function* (
  ledger: Ledger["Service"],
  options: Options = {}
): Effect.fn.Return<PayoutRail, never, OpenPlatform | GatewayStore> {
  const platform = yield* OpenPlatform
  const store = yield* GatewayStore
  const percent = options.percent ?? 100n
  const bound = new Set<string>()
  const call = <A, E>(effect: Effect.Effect<A, E, OpenPlatform>): Effect.Effect<A, E> =>
    Effect.provideService(effect, OpenPlatform, platform)

  const plan: PayoutRail["plan"] = Effect.fnUntraced(function* (developer, atMost) {
    const shares = yield* Trades.shares(store, {
      developer,
      currency: atMost.currency,
      protocols: options.protocols ?? ["alipay-trust"],
      withinMillis: Duration.toMillis(within),
      restedMillis: Duration.toMillis(rested),
      refusals,
      count: options.trades ?? 200
    })
    const now = yield* Clock.currentTimeMillis
    const planned: Array<Planned> = []
    let left = atMost.minor
    for (const { chargeId, owed, used } of shares) {
      if (left === 0n) break
      const entry = yield* ledger.find(chargeId).pipe(Effect.mapError(({ message }) => unknown(message)))
      const receipt = entry?.receipt
      if (receipt === undefined || !Money.isIn(receipt.money, atMost.currency)) continue
      if (now - DateTime.toEpochMillis(receipt.settledAt) < Duration.toMillis(rested)) continue
      const allowed = (receipt.money.minor * percent) / 100n
      const part = [owed - used, allowed - used, left].reduce((least, one) => (one < least ? one : least))
      if (part < 1n) continue
      left -= part
      planned.push({
        money: Money.of(atMost.currency, part),
        source: { chargeId, tradeNo: receipt.reference, total: receipt.money }
      })
    }
    return planned
  })

  const receiverOf = ({ destination }: Instruction) => {
    const account = destination.rail === "alipay" ? accountOf(destination.account) : "this is no account of Alipay"
    return typeof account === "string" ? Effect.fail(no("refused", account)) : Effect.succeed(account)
  }

  const bind = (receiver: RoyaltyRelation.Receiver, number: string) =>
    bound.has(receiver.account)
      ? Effect.void
      : call(RoyaltyRelation.bind(`b${number.slice(-31)}`, [receiver])).pipe(
          Effect.mapError(unbound),
          Effect.tap(() => Effect.sync(() => void bound.add(receiver.account)))
        )

  const send: PayoutRail["send"] = Effect.fnUntraced(function* (instruction) {
    const { money, number, payout, source } = instruction
    const receiver = yield* receiverOf(instruction)
    if (source === undefined) return yield* no("refused", "a settlement is of a trade, and there is none")
    yield* bind(receiver, number)
    const { account, type } = receiver
    const made = yield* call(
      OrderSettlement.settle({
        outRequestNo: number,
        trade: { tradeNo: source.tradeNo, total: source.total },
        parts: [{ to: { type, account }, amount: money, description: payout }]
      })
    ).pipe(
      Effect.mapError(refusal),
      // Somebody may have unbound the receiver.
      Effect.tapError(() => Effect.sync(() => void bound.delete(account)))
    )
    const [part] = made.parts
    if (part?.state === "processing") return "pending"
    return part?.state === "failed"
      ? yield* no("refused", "Alipay did not settle it", part.errorCode)
      : { reference: made.settleNo ?? number }
  })

  const lookup: PayoutRail["lookup"] = Effect.fnUntraced(function* (instruction): Effect.fn.Return<Found, RailError> {
    const { money, number, source } = instruction
    const receiver = yield* receiverOf(instruction)
    if (source === undefined) return { _tag: "NotPaid" }
    const found = yield* Effect.result(call(OrderSettlement.query({ tradeNo: source.tradeNo, outRequestNo: number })))
    if (found._tag === "Failure") {
      const { message, outcome, reason } = found.failure
      // A signed no of the method itself: there is no such settlement.
      if (outcome === "refused" && reason._tag === "BusinessFailure") return { _tag: "NotPaid" }
      return yield* unknown(message)
    }
    const [part, another] = found.success.parts
    if (
      part === undefined ||
      another !== undefined ||
      part.to.account !== receiver.account ||
      !Money.equals(part.amount, money)
    ) {
      return yield* unknown(`Alipay has another settlement under ${number}`)
    }
    if (part.state === "processing") return { _tag: "Pending" }
    return part.state === "failed" ? { _tag: "NotPaid" } : { _tag: "Paid", reference: number, reversals: [] }
  })

  return {
    id: "alipay",
    pays: (currency) => currency === "CNY",
    inFlight: Duration.fromInputUnsafe(options.inFlight ?? "10 minutes"),
    plan,
    send,
    lookup
  }
})
