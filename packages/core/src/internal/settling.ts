/**
 * Settling: the one place where money moves. What the provider says is recorded before anybody is served, and what it does
 * not say is looked up; an unknown outcome stays unknown until it is known.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { Charge } from "../Charge.ts"
import * as Ledger from "../Ledger.ts"
import * as Money from "../Money.ts"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol, Authorization, Outcome } from "../PaymentProtocol.ts"
import * as Quote from "../Quote.ts"
import * as Receipt from "../Receipt.ts"
import type { Payment } from "../Sale.ts"
import { bounded } from "./bounded.ts"
import * as Observing from "./observing.ts"
import { recording } from "./recording.ts"

export interface Settlement {
  readonly protocol: AnyProtocol
  readonly authorization: Authorization
  readonly charge: Charge
  /** The buckets that count the charge's money. */
  readonly counted?: ReadonlyArray<string>
  /** The authorization, where it is to be written together with what comes next. */
  readonly pending?: Ledger.Step
}

/** What handler and capture hear of it. */
export const payment = ({ authorization, charge, protocol }: Settlement): Payment => ({
  charge,
  protocol: protocol.manifest.id,
  mandate: authorization.mandate
})

/** The settlement of so much of what was authorized, and the step of its delivery. */
export const capturing = (authorized: Settlement, money: Money.Money, recorded: Omit<Ledger.Step, "to">) => {
  const { charge, counted = [] } = authorized
  if (money.minor === charge.money.minor || money.minor === 0n) {
    return { bought: authorized, delivered: { to: "delivered", ...recorded } as const }
  }
  const delivered = { to: "delivered", ...recorded, capture: { money, buckets: counted } } as const
  return { bought: { ...authorized, charge: { ...charge, money } }, delivered }
}

export const unknown = (charge: Charge, detail: string, moved: PaymentError.Moved = "unknown") =>
  PaymentError.make(new PaymentError.OutcomeUnknown({ detail }), { moved, chargeId: charge.id, retryAfter: 5 })

/** A settlement was cut off, by a shutdown or a defect. */
export const cutOff = (charge: Charge) => unknown(charge, "the settlement was cut off")

/** Another host took the charge for abandoned and gave it up: the same request may come again. */
export const takenOver = (charge: Charge, moved: PaymentError.Moved = "no") =>
  PaymentError.make(new PaymentError.LedgerUnavailable({ detail: "another host has given the charge up" }), {
    moved,
    chargeId: charge.id,
    retryAfter: 1
  })

const isReceipt = Schema.is(Receipt.Receipt)

/** A receipt counts only for exactly this charge: its id, its money, its merchant, its resource. */
const isFor = ({ protocol, charge }: Settlement, receipt: Receipt.Receipt): boolean =>
  isReceipt(receipt) &&
  receipt.chargeId === charge.id &&
  receipt.protocol === protocol.manifest.id &&
  Money.equals(receipt.money, charge.money) &&
  receipt.merchant === charge.merchant &&
  receipt.resource === charge.resource &&
  receipt.reference !== ""

/** By which quote the charge was priced is on the charge, and no protocol's to say. */
const priced = ({ quoted }: Charge, receipt: Receipt.Receipt): Receipt.Receipt => {
  if (quoted === undefined && receipt.quoted === undefined) return receipt
  const { quoted: _, ...rest } = receipt
  return quoted === undefined ? rest : { ...rest, quoted }
}

/** Tries again on a schedule, which is made only where the first attempt has failed: it costs more than most attempts do. */
const retried = <A, E>(attempt: Effect.Effect<A, E>, options: Effect.Retry.Options<E>): Effect.Effect<A, E> =>
  attempt.pipe(
    Effect.catch((error) => {
      let attempts = 0
      return Effect.retry(
        Effect.suspend(() => (attempts++ === 0 ? Effect.fail(error) : attempt)),
        options
      )
    })
  )

/** States in which the outcome is known. */
const isDecided = (state: Ledger.State) => !Ledger.isOpen(state) && state !== "unknown"

/** `backoff`: the pauses before a provider or the ledger is asked again. */
export const make = (
  ledger: Ledger.Ledger["Service"],
  limit: Duration.Duration,
  backoff: Schedule.Schedule<unknown>
) => {
  /**
   * Writes an outcome down, which is worth a few attempts. The ledger refuses it where somebody else was faster, or where the
   * reply to an earlier attempt was lost; then the ledger's word counts. `ours` says that it was this call that recorded it.
   */
  const conclude = (settlement: Settlement, step: Ledger.Step, moved: PaymentError.Moved) => {
    const { id } = settlement.charge
    const attempt = ledger.advance(id, step).pipe(
      Effect.as({ entry: { state: step.to, receipt: step.receipt }, ours: true }),
      Effect.catchTag("LedgerError", (error) =>
        Effect.flatMap(ledger.find(id), (entry) =>
          entry !== undefined && (entry.state === step.to || isDecided(entry.state))
            ? Effect.succeed({ entry, ours: false })
            : Effect.fail(error)
        )
      )
    )
    const advanced = retried(attempt, {
      schedule: backoff,
      times: 3,
      while: (error) => error._tag === "LedgerError"
    })
    return recording(settlement.charge, advanced, moved)
  }

  /** Gives back what is held. Without an authorization, because a host died before it was written down. */
  const releaseHold = ({
    protocol,
    authorization,
    charge
  }: Omit<Settlement, "authorization"> & { readonly authorization?: Authorization }): Effect.Effect<void> => {
    const release = protocol.release
    if (release === undefined) return Effect.void
    return bounded(protocol, "release", limit, () => release(authorization, charge)).pipe(
      Effect.catch(({ code }) =>
        Observing.complain(protocol.manifest.id, charge, `${protocol.manifest.id} did not release ${charge.id}`, code)
      )
    )
  }

  /** Closes a charge for which nothing moved, and gives back what was held for it. */
  const close = (settlement: Settlement, to: "declined" | "released", cause: string) =>
    Effect.andThen(releaseHold(settlement), conclude(settlement, { to, cause }, "no"))

  /** Like `close`, where there is something else to say to the caller than that the ledger failed. */
  const abandon = (settlement: Settlement, to: "declined" | "released", cause: string): Effect.Effect<void> =>
    close(settlement, to, cause).pipe(
      Effect.catch(({ code }) =>
        Observing.complain(
          settlement.protocol.manifest.id,
          settlement.charge,
          `charge ${settlement.charge.id} is not closed`,
          code
        )
      ),
      Effect.asVoid
    )

  /** What the caller hears when the provider says that nothing moved and nothing will. */
  const notSettled = ({ protocol, charge }: Settlement, failure: PaymentError.PaymentError) =>
    PaymentError.make(
      failure.moved === "no"
        ? failure.reason
        : new PaymentError.ProviderUnavailable({ detail: `${protocol.manifest.id} did not settle the charge` }),
      { chargeId: charge.id, retryAfter: 1 }
    )

  const settled = Effect.fnUntraced(function* (settlement: Settlement, given: Receipt.Receipt) {
    const { protocol, charge } = settlement
    if (!isFor(settlement, given)) {
      yield* conclude(settlement, { to: "unknown", cause: "receipt_mismatch" }, "unknown")
      return yield* unknown(charge, `${protocol.manifest.id} gave a receipt for something else`)
    }
    const receipt = priced(charge, given)
    const { entry, ours } = yield* conclude(settlement, { to: "settled", receipt }, "yes")
    if (ours) yield* Observing.moved(protocol.manifest.id, charge.money)
    if (entry.state === "settled") return entry.receipt ?? receipt
    return yield* unknown(charge, `the charge is ${entry.state}, but ${protocol.manifest.id} settled it`, "yes")
  })

  const lookup = ({ protocol, authorization, charge }: Settlement): Effect.Effect<Outcome> =>
    bounded(protocol, "lookup", limit, () => protocol.lookup(authorization, charge)).pipe(
      Effect.orElseSucceed((): Outcome => ({ _tag: "Unknown" }))
    )

  /** Asks what became of the charge, a few times. */
  const insist = (settlement: Settlement) =>
    lookup(settlement).pipe(
      Effect.repeat({ schedule: backoff, times: 3, while: (outcome) => outcome?._tag === "Unknown" })
    )

  /** What the provider knows decides; `failure` is what the caller hears if nothing moved. */
  const resolve = Effect.fnUntraced(function* (settlement: Settlement, failure: PaymentError.PaymentError) {
    const outcome = yield* insist(settlement)
    if (outcome?._tag === "Settled") return yield* settled(settlement, outcome.receipt)
    if (outcome?._tag === "NotSettled") {
      const { entry, ours } = yield* conclude(settlement, { to: "released", cause: failure.code }, "no")
      if (entry.state === "settled" && entry.receipt !== undefined) return entry.receipt
      if (ours) yield* releaseHold(settlement)
      return yield* notSettled(settlement, failure)
    }
    const { entry } = yield* conclude(settlement, { to: "unknown", cause: failure.code }, "unknown")
    if (entry.state === "settled" && entry.receipt !== undefined) return entry.receipt
    if (Ledger.isVoid(entry.state)) return yield* notSettled(settlement, failure)
    return yield* unknown(settlement.charge, failure.reason.detail)
  })

  /** The charge's life is over before anything moved. */
  const expired = Effect.fnUntraced(function* (settlement: Settlement) {
    const { expiresAt, id, quoted } = settlement.charge
    const reason =
      quoted?.quote.expiresAt.epochMilliseconds === expiresAt.epochMilliseconds
        ? new PaymentError.QuoteExpired({ detail: `the price was ${Quote.print(quoted)}` })
        : new PaymentError.ChargeExpired({ detail: `the charge expired at ${DateTime.formatIso(expiresAt)}` })
    yield* close(settlement, "declined", PaymentError.catalogue[reason._tag].code)
    return yield* PaymentError.make(reason, { chargeId: id })
  })

  /** Records what was delivered, and that it is being settled; from here on the provider's word decides. */
  const begin = Effect.fnUntraced(function* (settlement: Settlement, ...delivered: ReadonlyArray<Ledger.Step>) {
    const { protocol, charge, pending } = settlement
    const prepaid = protocol.manifest.flow === "prepaid-then-confirm"
    if (!prepaid && (yield* Clock.currentTimeMillis) >= charge.expiresAt.epochMilliseconds) {
      return yield* expired(settlement)
    }
    const [first, ...more] = [...(pending === undefined ? [] : [pending]), ...delivered, { to: "settling" } as const]
    yield* recording(charge, ledger.advance(charge.id, first!, ...more), prepaid ? "yes" : "no").pipe(
      Effect.tapError(({ code }) => abandon(settlement, "released", code))
    )
  })

  /** Ends a charge of which nothing is taken, though it was delivered. */
  const forgo = Effect.fnUntraced(function* (settlement: Settlement, delivered: Ledger.Step) {
    const { charge, pending } = settlement
    const released = { to: "released", cause: "nothing_captured" } as const
    const [first, ...more] = [...(pending === undefined ? [] : [pending]), delivered, released]
    yield* releaseHold(settlement)
    yield* recording(charge, ledger.advance(charge.id, first!, ...more), "no")
    return undefined
  })

  /** Settles a charge that has begun to. Fails with `moved: "no"` only when the provider's authentic word is that nothing moved. */
  const settle = Effect.fnUntraced(function* (settlement: Settlement) {
    const { protocol, authorization, charge } = settlement
    const result = yield* Effect.result(
      bounded(protocol, "settle", limit, () => protocol.settle(authorization, charge))
    )
    if (result._tag === "Success") return yield* settled(settlement, result.success)
    const failure = result.failure
    if (failure.moved !== "no") return yield* resolve(settlement, failure)
    const { entry } = yield* close(settlement, "declined", failure.code)
    if (entry.state === "settled" && entry.receipt !== undefined) return entry.receipt
    // The provider may have refused only because another host had closed the charge there.
    if (entry.state !== "declined") return yield* takenOver(charge)
    return yield* PaymentError.make(failure.reason, {
      chargeId: charge.id,
      ...(failure.retryAfter === undefined ? {} : { retryAfter: failure.retryAfter })
    })
  })

  /** Takes up a charge whose outcome is unknown, or whose settlement was left behind. */
  const resume = (settlement: Settlement) =>
    resolve(settlement, unknown(settlement.charge, "the outcome is still unknown"))

  /**
   * Confirms fulfilment of a charge that was paid before. The money moved already, so it is confirmed again and again for a
   * while, and what could not be confirmed stays on the books as unknown.
   */
  const confirm = Effect.fnUntraced(function* (settlement: Settlement) {
    const { protocol, authorization, charge } = settlement
    const result = yield* bounded(protocol, "settle", limit, () => protocol.settle(authorization, charge)).pipe(
      Effect.retry({ schedule: backoff, times: 5 }),
      Effect.result
    )
    if (result._tag === "Success") return yield* settled(settlement, result.success)
    yield* conclude(settlement, { to: "unknown", cause: result.failure.code }, "yes")
    return yield* PaymentError.make(result.failure.reason, { moved: "yes", chargeId: charge.id })
  })

  return { begin, forgo, settle, resume, confirm, abandon, releaseHold }
}
