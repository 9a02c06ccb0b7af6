/**
 * Refunding: a part of what a charge took goes back. It is claimed in the ledger before the provider is asked, what the provider
 * says is recorded, and what it does not say is asked again under the same id: a refund is safe to repeat.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Ledger from "../Ledger.ts"
import * as Money from "../Money.ts"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"
import * as Receipt from "../Receipt.ts"
import * as Refunds from "../Refund.ts"
import { bounded } from "./bounded.ts"
import type { Installed } from "./installed.ts"
import { joined } from "./joined.ts"
import { each, forsaken, isDue } from "./leftBehind.ts"
import type { Till } from "./till.ts"

/** What is to go back. */
export interface Refund {
  readonly chargeId: string
  /** Default: all that is left. */
  readonly amount?: Money.Money
  /** Unique among the refunds of the charge: 1 to 64 letters, digits, `_` and `-`. Choose it before you ask, and keep it. */
  readonly refundId: string
  /** Why, for people; the provider may show it to the payer. */
  readonly reason?: string
}

/** A refund that is this host's to ask for. */
interface Claim {
  readonly protocol: AnyProtocol
  readonly entry: Ledger.Entry
  readonly paid: Receipt.Receipt
  readonly refund: Refunds.Refund
}

type Refunded = Effect.Effect<Receipt.Receipt, PaymentError.PaymentError>

const isReceipt = Schema.is(Receipt.Receipt)

/** A receipt counts only for exactly this refund of exactly this charge. */
const isFor = ({ paid, refund }: Claim, receipt: Receipt.Receipt): boolean =>
  isReceipt(receipt) &&
  receipt.chargeId === paid.chargeId &&
  receipt.protocol === paid.protocol &&
  receipt.merchant === paid.merchant &&
  receipt.resource === paid.resource &&
  Money.equals(receipt.money, refund.money) &&
  receipt.reference !== ""

const error = (
  chargeId: string,
  reason: PaymentError.Reason,
  moved: PaymentError.Moved = "no",
  retryAfter?: number
): PaymentError.PaymentError =>
  PaymentError.make(reason, { moved, chargeId, ...(retryAfter === undefined ? {} : { retryAfter }) })

const unknown = (chargeId: string, id: string, why: string) =>
  error(chargeId, new PaymentError.RefundUnknown({ detail: `refund ${id}: ${why}` }), "unknown", 5)

const inFlight = (chargeId: string, id: string) =>
  error(chargeId, new PaymentError.ChargeInFlight({ detail: `refund ${id} is being asked for` }), "unknown", 1)

/** The ledger failed: what was known of the money before. */
const unrecorded = (chargeId: string, moved: PaymentError.Moved) =>
  error(
    chargeId,
    new PaymentError.LedgerUnavailable({ detail: "the ledger did not answer about the refund" }),
    moved,
    5
  )

const refused = (chargeId: string, id: string, { because, left, state }: Ledger.RefundRefused) => {
  if (because === "conflict") {
    const detail = `refund ${id} was asked for with another amount`
    return error(chargeId, new PaymentError.IdempotencyConflict({ detail }))
  }
  const why =
    because === "not-settled"
      ? `the charge is ${state}`
      : because === "currency"
        ? `the charge was paid in ${left.currency}`
        : `${Money.print(left)} of the charge can be given back`
  return error(chargeId, new PaymentError.RefundRefused({ detail: why }))
}

/** Whoever asks for a refund is not asked to pay. */
const declined = (reason: PaymentError.Reason): PaymentError.Reason => {
  if (PaymentError.catalogue[reason._tag].status !== 402) return reason
  const { detail } = reason
  const code = reason._tag === "PaymentDeclined" ? reason.providerCode : undefined
  return new PaymentError.RefundDeclined({ detail, ...(code === undefined ? {} : { providerCode: code }) })
}

export type Refunding = ReturnType<typeof make>

export const make = ({ backoff, detached, ledger, timeout }: Till, installed: Installed) => {
  const now = (entry: Ledger.Entry | undefined, id: string) =>
    entry === undefined ? undefined : Refunds.of(entry).find((refund) => refund.id === id)

  /**
   * Writes down what came of a refund, which is worth a few attempts. Where the reply to an earlier attempt was lost, or another
   * host was faster, the ledger's word counts.
   */
  const conclude = ({ entry, refund }: Claim, step: Ledger.RefundStep, moved: PaymentError.Moved) => {
    const chargeId = entry.charge.id
    return ledger.advanceRefund(chargeId, refund.id, step).pipe(
      Effect.catchTag("LedgerError", (failure) =>
        Effect.flatMap(ledger.find(chargeId), (found) => {
          const standing = now(found, refund.id)
          return standing?.state === "refunded" || standing?.state === step.to
            ? Effect.succeed(standing)
            : Effect.fail(failure)
        })
      ),
      Effect.retry({ schedule: backoff, times: 3, while: ({ _tag }) => _tag === "LedgerError" }),
      Effect.mapError(() => unrecorded(chargeId, moved))
    )
  }

  /** Asks the provider. The claim is this host's. */
  const ask = Effect.fnUntraced(function* (claim: Claim): Effect.fn.Return<Receipt.Receipt, PaymentError.PaymentError> {
    const { entry, paid, protocol, refund } = claim
    const { money, id, reason } = refund
    const chargeId = entry.charge.id
    const result = yield* Effect.result(
      bounded(protocol, "refund", timeout, () => protocol.refund!(paid, money, id, reason))
    )
    if (result._tag === "Success") {
      const receipt = result.success
      if (isFor(claim, receipt)) {
        const { receipt: kept = receipt } = yield* conclude(claim, { to: "refunded", receipt }, "yes")
        return kept
      }
      yield* conclude(claim, { to: "unknown", cause: "receipt_mismatch" }, "unknown")
      return yield* unknown(chargeId, id, `${protocol.manifest.id} gave a receipt for something else`)
    }
    const failure = result.failure
    const to = failure.moved === "no" ? "declined" : "unknown"
    const standing = yield* conclude(claim, { to, cause: failure.code }, "unknown")
    if (standing.state === "refunded" && standing.receipt !== undefined) return standing.receipt
    return yield* to === "declined"
      ? error(chargeId, declined(failure.reason), "no", failure.retryAfter)
      : unknown(chargeId, id, failure.reason.detail)
  })

  /** Makes a refund this host's to ask for again; nothing where somebody else is at it. */
  const take = Effect.fnUntraced(function* (entry: Ledger.Entry, refund: Refunds.Refund, cause: string) {
    const forsakenBefore = (yield* Clock.currentTimeMillis) - forsaken(timeout)
    if (refund.state === "claimed" && refund.atMillis >= forsakenBefore) return undefined
    return yield* ledger.advanceRefund(entry.charge.id, refund.id, { to: "claimed", cause, forsakenBefore })
  })

  /** A refund whose id was used before: the same answer, or the same question. */
  const again = Effect.fnUntraced(function* (
    claim: Claim
  ): Effect.fn.Return<Receipt.Receipt, PaymentError.PaymentError> {
    const { entry, refund } = claim
    const chargeId = entry.charge.id
    if (refund.state === "refunded" && refund.receipt !== undefined) return refund.receipt
    const taken = yield* Effect.result(take(entry, refund, "repeated_request"))
    if (taken._tag === "Success") {
      return yield* taken.success === undefined
        ? inFlight(chargeId, refund.id)
        : ask({ ...claim, refund: taken.success })
    }
    if (taken.failure._tag === "RefundRefused") return yield* refused(chargeId, refund.id, taken.failure)
    const found = yield* Effect.mapError(ledger.find(chargeId), () => unrecorded(chargeId, "unknown"))
    const standing = now(found, refund.id)
    if (standing?.state === "refunded" && standing.receipt !== undefined) return standing.receipt
    return yield* standing?.state === "claimed" ? inFlight(chargeId, refund.id) : unrecorded(chargeId, "unknown")
  })

  /** The charge, and the protocol that can give it back. */
  const refundable = Effect.fnUntraced(function* (chargeId: string) {
    const entry = yield* Effect.mapError(ledger.find(chargeId), () => unrecorded(chargeId, "no"))
    if (entry === undefined) {
      return yield* error(chargeId, new PaymentError.ChargeNotFound({ detail: "the ledger knows no such charge" }))
    }
    const protocol = installed.madeBy(entry)
    if (protocol?.refund === undefined) {
      const detail = `${entry.protocol} ${protocol === undefined ? "is not installed here" : "cannot give money back"}`
      return yield* error(chargeId, new PaymentError.CapabilityMissing({ detail }))
    }
    const paid = entry.receipt
    if (paid === undefined) {
      return yield* error(chargeId, new PaymentError.RefundRefused({ detail: `the charge is ${entry.state}` }))
    }
    return { entry, paid, protocol }
  })

  const run = Effect.fnUntraced(function* ({
    amount,
    chargeId,
    reason,
    refundId: id
  }: Refund): Effect.fn.Return<Receipt.Receipt, PaymentError.PaymentError> {
    if (!Refunds.isId(id)) {
      const detail = "a refund id is 1 to 64 letters, digits, _ and -"
      return yield* error(chargeId, new PaymentError.RefundRefused({ detail }))
    }
    const charge = yield* refundable(chargeId)
    const claim = {
      id,
      ...(amount === undefined ? {} : { money: amount }),
      ...(reason === undefined ? {} : { reason })
    }
    const { _tag, refund } = yield* Effect.mapError(ledger.claimRefund(chargeId, claim), (failure) =>
      // It may be claimed all the same, where only the reply was lost; then it is asked for later.
      failure._tag === "RefundRefused" ? refused(chargeId, id, failure) : unrecorded(chargeId, "unknown")
    )
    return yield* _tag === "Claimed" ? ask({ ...charge, refund }) : again({ ...charge, refund })
  })

  /** Gives back. Whoever asked and goes away does not interrupt it. */
  const refund = (asked: Refund): Refunded =>
    Effect.flatMap(detached(run(asked)), (fiber) =>
      joined(fiber, () => unknown(asked.chargeId, asked.refundId, "the refund was cut off"))
    ).pipe(Effect.withSpan("Paywall.refund"))

  /** Asks again for what has no answer, where it is due. */
  const sweep = Effect.fnUntraced(function* (attempts: number) {
    let ended = 0
    const unresolved: Array<Ledger.Entry> = []

    /** Whether the refund is still without an end. */
    const bring = Effect.fnUntraced(function* (
      charge: Omit<Claim, "refund"> | undefined,
      entry: Ledger.Entry,
      refund: Refunds.Refund
    ) {
      const isLeft = refund.atMillis < (yield* Clock.currentTimeMillis) - forsaken(timeout)
      if (charge === undefined) return refund.state === "unknown" || isLeft
      const waits = refund.state === "unknown" && !(yield* isDue(refund.unanswered, refund.atMillis, attempts))
      const taken = waits ? undefined : yield* Effect.orElseSucceed(take(entry, refund, "recovered"), () => undefined)
      if (taken === undefined) return refund.state === "unknown"
      yield* ask({ ...charge, refund: taken }).pipe(
        Effect.catch(({ message }) => Effect.logDebug(`refund ${refund.id} of ${entry.charge.id}: ${message}`))
      )
      const pending = Refunds.isPending(now(yield* ledger.find(entry.charge.id), refund.id)?.state ?? "declined")
      if (!pending) ended++
      return pending
    })

    yield* each(
      ledger,
      { refunding: true },
      Effect.fnUntraced(function* (entry) {
        const charge = yield* Effect.orElseSucceed(refundable(entry.charge.id), () => undefined)
        const pending = Refunds.of(entry).filter(({ state }) => Refunds.isPending(state))
        const left = yield* Effect.forEach(pending, (refund) => bring(charge, entry, refund))
        if (left.includes(true)) unresolved.push((yield* ledger.find(entry.charge.id)) ?? entry)
      })
    )
    return { ended, unresolved }
  })

  return { refund, sweep }
}
