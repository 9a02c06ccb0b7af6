/**
 * Alipay's trade bill as a statement, for reconciliation. Its days are Beijing's, its money is CNY.
 *
 * An account may have sales that are none of the ledger's; reconciliation knows charges by their numbers. Alipay has no bill for
 * a day without trades: from noon of the next day on, no bill is an empty one, so that a ledger that says otherwise is heard.
 *
 * @example
 * const statement = yield* AlipayStatement.make()
 * const done = yield* Reconciliation.reconcile(statement, { date: "2026-11-21" })
 */
import { StatementError, type Movement, type Statement } from "@paylayer/core/Statement"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type { HttpClient } from "effect/http/HttpClient"
import * as Stream from "effect/Stream"
import type { AlipayConfig } from "./AlipayConfig.ts"
import * as DailyBill from "./DailyBill.ts"
import type { OpenPlatform } from "./OpenPlatform.ts"
import type { OpenPlatformError } from "./OpenPlatformError.ts"
import type { TradeBillLine } from "./TradeBill.ts"

export interface Options extends DailyBill.Options {
  /** The protocols that are paid through this account. Default: all of this package. */
  readonly protocols?: ReadonlyArray<string>
}

/** Beijing's, by the name that the zone database has for it. */
export const zone: DateTime.TimeZone = DateTime.zoneMakeNamedUnsafe("Asia/Shanghai")

/** Whether a bill of `alipay-a402` has this number. */
const isBill = (number: string): boolean => /^A402_[0-9a-f]{24}_[0-9a-f]{32}$/.test(number)

const movement = ({
  completedAtMillis,
  kind,
  out_request_no,
  out_trade_no,
  total,
  trade_no
}: TradeBillLine): Movement => ({
  kind,
  chargeId: out_trade_no,
  reference: trade_no,
  ...(out_request_no !== undefined && { refundId: out_request_no }),
  money: total,
  atMillis: completedAtMillis
})

const noon = 12 * 3_600_000

const reasons = {
  "not-ready": "not-ready",
  untrusted: "malformed",
  download: "unavailable",
  "too-large": "malformed",
  malformed: "malformed"
} as const

const failed = (error: DailyBill.DailyBillError | OpenPlatformError): StatementError =>
  error._tag === "DailyBillError"
    ? new StatementError({
        reason: reasons[error.reason],
        message: error.file === undefined ? error.message : `${error.file}: ${error.message}`
      })
    : new StatementError({ reason: "unavailable", message: error.message })

/** The statement of the application's merchant. */
export const make = Effect.fnUntraced(function* ({
  protocols = ["alipay-trust", "alipay-a402"],
  ...options
}: Options = {}) {
  const context = yield* Effect.context<AlipayConfig | HttpClient | OpenPlatform>()
  const day: Statement["day"] = ({ date, untilMillis }) =>
    Stream.fromArrayEffect(
      Effect.gen(function* () {
        const bill = yield* Effect.result(DailyBill.download(date, options))
        if (bill._tag === "Success") return bill.success.lines.map(movement)
        const error = failed(bill.failure)
        if (error.reason === "not-ready" && (yield* Clock.currentTimeMillis) >= untilMillis + noon) return []
        return yield* error
      }).pipe(Effect.provideContext(context))
    )
  return { protocols, zone, currencies: ["CNY"], isOwn: isBill, day } satisfies Statement
})
