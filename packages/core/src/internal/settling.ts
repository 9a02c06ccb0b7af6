/**
 * Settling: the one place where money moves. What the provider says is recorded before anybody is served, and what it does
 * not say is looked up; an unknown outcome stays unknown until it is known.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Charge } from "../Charge.ts"
import type { Ledger, Step } from "../Ledger.ts"
import * as Money from "../Money.ts"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol, Authorization, Outcome } from "../PaymentProtocol.ts"
import type { Receipt } from "../Receipt.ts"
import { bounded } from "./bounded.ts"
import { recording } from "./claiming.ts"

export interface Settlement {
  readonly protocol: AnyProtocol
  readonly authorization: Authorization
  readonly charge: Charge
}

const unknown = ({ charge }: Settlement, detail: string) =>
  PaymentError.make(new PaymentError.OutcomeUnknown({ detail }), {
    moved: "unknown",
    chargeId: charge.id,
    retryAfter: 5
  })

/** A receipt counts only for exactly this charge: its id, its money, its merchant, its resource. */
const mismatch = ({ charge }: Settlement, receipt: Receipt): boolean =>
  receipt.chargeId !== charge.id ||
  !Money.equals(receipt.money, charge.money) ||
  receipt.merchant !== charge.merchant ||
  receipt.resource !== charge.resource ||
  receipt.reference === ""

export const make = (ledger: Ledger["Service"], limit: Duration.Duration) => {
  const record = (settlement: Settlement, step: Step, moved: PaymentError.Moved) =>
    recording(settlement.charge, ledger.advance(settlement.charge.id, step), moved)

  const settled = Effect.fnUntraced(function* (settlement: Settlement, receipt: Receipt) {
    if (mismatch(settlement, receipt)) {
      yield* record(settlement, { to: "unknown", cause: "receipt_mismatch" }, "unknown")
      return yield* unknown(settlement, `${settlement.protocol.manifest.id} gave a receipt for something else`)
    }
    yield* record(settlement, { to: "settled", receipt }, "yes")
    return receipt
  })

  const lookup = ({ protocol, authorization, charge }: Settlement): Effect.Effect<Outcome> =>
    bounded(protocol, "lookup", limit, protocol.lookup(authorization, charge)).pipe(
      Effect.orElseSucceed((): Outcome => ({ _tag: "Unknown" }))
    )

  const backoff = Schedule.exponential("200 millis", 2)

  /** Asks what became of the charge, a few times. */
  const insist = (settlement: Settlement) =>
    lookup(settlement).pipe(
      Effect.repeat({ schedule: backoff, times: 3, while: (outcome) => outcome._tag === "Unknown" })
    )

  /** What the provider knows decides; `failure` is what the caller hears if nothing moved. */
  const resolve = Effect.fnUntraced(function* (
    settlement: Settlement,
    failure: PaymentError.PaymentError,
    state: "settling" | "unknown"
  ) {
    const outcome = yield* insist(settlement)
    if (outcome._tag === "Settled") return yield* settled(settlement, outcome.receipt)
    if (outcome._tag === "NotSettled") {
      yield* record(settlement, { to: "released", cause: failure.code }, "no")
      return yield* PaymentError.make(
        failure.moved === "no"
          ? failure.reason
          : new PaymentError.ProviderUnavailable({
              detail: `${settlement.protocol.manifest.id} did not settle the charge`
            }),
        { chargeId: settlement.charge.id, retryAfter: 1 }
      )
    }
    if (state !== "unknown") yield* record(settlement, { to: "unknown", cause: failure.code }, "unknown")
    return yield* unknown(settlement, failure.reason.detail)
  })

  /** The charge's life is over before anything moved. */
  const expired = Effect.fnUntraced(function* (settlement: Settlement) {
    yield* record(settlement, { to: "declined", cause: "charge_expired" }, "no")
    return yield* PaymentError.make(
      new PaymentError.ChargeExpired({
        detail: `the charge expired at ${DateTime.formatIso(settlement.charge.expiresAt)}`
      }),
      { chargeId: settlement.charge.id }
    )
  })

  /** Settles a delivered charge. Fails with `moved: "no"` only when the provider's authentic word is that nothing moved. */
  const settle = Effect.fnUntraced(function* (settlement: Settlement) {
    const { protocol, authorization, charge } = settlement
    if ((yield* Clock.currentTimeMillis) >= charge.expiresAt.epochMilliseconds) return yield* expired(settlement)
    yield* record(settlement, { to: "settling" }, "no")
    const result = yield* Effect.result(bounded(protocol, "settle", limit, protocol.settle(authorization, charge)))
    if (result._tag === "Success") return yield* settled(settlement, result.success)
    const failure = result.failure
    if (failure.moved !== "no") return yield* resolve(settlement, failure, "settling")
    yield* record(settlement, { to: "declined", cause: failure.code }, "no")
    return yield* PaymentError.make(failure.reason, {
      chargeId: charge.id,
      ...(failure.retryAfter === undefined ? {} : { retryAfter: failure.retryAfter })
    })
  })

  /** Takes up a charge whose outcome was unknown. */
  const resume = (settlement: Settlement) =>
    resolve(settlement, unknown(settlement, "the outcome is still unknown"), "unknown")

  /**
   * Confirms fulfilment of a charge that was paid before. The money moved already, so it is confirmed again and again for a
   * while, and what could not be confirmed stays on the books as unknown.
   */
  const confirm = Effect.fnUntraced(function* (settlement: Settlement) {
    const { protocol, authorization, charge } = settlement
    const result = yield* bounded(
      protocol,
      "settle",
      limit,
      Effect.suspend(() => protocol.settle(authorization, charge))
    ).pipe(Effect.retry({ schedule: backoff, times: 5 }), Effect.result)
    if (result._tag === "Success") return yield* settled(settlement, result.success)
    yield* record(settlement, { to: "unknown", cause: result.failure.code }, "yes")
    return yield* PaymentError.make(result.failure.reason, { moved: "yes", chargeId: charge.id })
  })

  return { settle, resume, confirm, record }
}
