/**
 * Authorizing: validate → claim → verify → record. After it the ledger has the provider's word, or has given everything back.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Charge } from "../Charge.ts"
import * as Ledger from "../Ledger.ts"
import type { Mandate } from "../Mandate.ts"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol, Authorization } from "../PaymentProtocol.ts"
import { bounded } from "./bounded.ts"
import * as Claiming from "./claiming.ts"
import type { Detected } from "./installed.ts"
import * as Observing from "./observing.ts"
import { recording } from "./recording.ts"
import type { Recovering } from "./recovering.ts"
import { type Settlement, takenOver } from "./settling.ts"
import type { Till } from "./till.ts"

export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export type Authorized =
  | { readonly _tag: "Authorized"; readonly purchase: Settlement }
  /** The key is taken by that charge. */
  | { readonly _tag: "Taken"; readonly entry: Ledger.Entry; readonly request: string }

/** Runs what looks into a plug-in's values, which may not be what their types say. */
const trusting = <A, E>(
  protocol: AnyProtocol,
  what: string,
  charge: Charge,
  moved: PaymentError.Moved,
  read: () => Effect.Effect<A, E>
): Effect.Effect<A, PaymentError.PaymentError> =>
  Effect.catchCause(Effect.suspend(read), () =>
    PaymentError.fail(new PaymentError.ProtocolDefect({ detail: `${protocol.manifest.id} gave ${what}` }), {
      moved,
      chargeId: charge.id
    })
  )

/** Whether all of it was reserved when the charge was opened. */
const isReserved = (wanted: ReadonlyArray<Ledger.Reservation>, taken: ReadonlyArray<Ledger.Reservation>): boolean =>
  wanted.every(({ bucket, limit, units }) =>
    taken.some((one) => one.bucket === bucket && one.limit === limit && one.units === units)
  )

/** A request does not wait longer for what another one left behind. */
const patience = "5 seconds"

export const make = (till: Till, { recover }: Recovering) => {
  const { detached, ledger, limits, settling, timeout } = till

  /**
   * Writes the authorization down, and reserves what only the provider knew of the mandate. Where the provider holds nothing
   * and told nothing new, a crash before the delivery loses nothing, and it is written together with the delivery.
   */
  const record = Effect.fnUntraced(function* (
    { protocol, charge, authorization }: Settlement,
    taken: ReadonlyArray<Ledger.Reservation>
  ): Effect.fn.Return<Settlement, PaymentError.PaymentError> {
    const moved = protocol.manifest.flow === "prepaid-then-confirm" ? "yes" : "no"
    const reservations = yield* trusting(protocol, "a mandate that cannot be read", charge, moved, () =>
      Effect.succeed(Claiming.reservations(protocol, limits, authorization.mandate, charge))
    )
    const written = yield* trusting(protocol, "an authorization that cannot be written down", charge, moved, () =>
      Schema.encodeEffect(protocol.authorization)(authorization)
    )
    const step: Ledger.Step = { to: "authorized", authorization: written, reservations }
    const counted = [...taken, ...reservations].flatMap(({ bucket, kind }) => (kind === "uses" ? [] : [bucket]))
    const settlement = { protocol, charge, authorization, counted }
    if (protocol.release === undefined && isReserved(reservations, taken)) return { ...settlement, pending: step }
    yield* recording(charge, ledger.advance(charge.id, step), moved)
    return settlement
  })

  /** Gives up a claim for which the provider gave no authorization; says whether it was still ours to give up. */
  const drop = (protocol: AnyProtocol, charge: Charge, cause: string): Effect.Effect<boolean> =>
    ledger.advance(charge.id, { to: "declined", cause }).pipe(
      Effect.as(true),
      Effect.catch(() =>
        Effect.gen(function* () {
          const entry = yield* Effect.orElseSucceed(ledger.find(charge.id), () => undefined)
          if (entry !== undefined && entry.owner !== ledger.owner) return false
          const message = `charge ${charge.id} is not closed`
          yield* Observing.complain(protocol.manifest.id, charge, message, "ledger_unavailable")
          return true
        })
      )
    )

  /** What is known of the money while nothing is verified. */
  const unverified = ({ manifest }: AnyProtocol) => (manifest.flow === "prepaid-then-confirm" ? "unknown" : "no")

  const opening = (
    { protocol, credential }: Detected,
    mandate: Mandate,
    charge: Charge,
    key: string | undefined
  ): Effect.Effect<Ledger.Opening, PaymentError.PaymentError> =>
    trusting(protocol, "a mandate that cannot be read", charge, unverified(protocol), () =>
      Effect.succeed({
        charge,
        protocol: protocol.manifest.id,
        payer: mandate.payer,
        key: Claiming.key(protocol, credential, mandate, charge, key),
        request: Claiming.fingerprint(mandate, charge),
        reservations: Claiming.reservations(protocol, limits, mandate, charge)
      })
    )

  /** Claims the key. Where a host that is gone has left it with a charge, that charge is brought to its end first. */
  const claim = Effect.fnUntraced(function* (protocol: AnyProtocol, opening: Ledger.Opening) {
    const { charge } = opening
    const attempt = ledger.open(opening).pipe(
      // It may be claimed all the same, where only the reply was lost.
      Effect.tapErrorTag("LedgerError", () => Effect.ignore(ledger.advance(charge.id, { to: "released" }))),
      (opened) => recording(charge, opened, unverified(protocol))
    )
    const opened = yield* attempt
    if (opened._tag === "Claimed" || !Ledger.isOpen(opened.entry.state)) return opened
    const recovering = yield* detached(recover(opened.entry))
    const ended = yield* Effect.timeoutOption(Fiber.join(recovering), patience)
    return Option.getOrElse(ended, () => false) ? yield* attempt : opened
  })

  return Effect.fnUntraced(function* (
    detected: Detected,
    charge: Charge,
    key: string | undefined,
    restore: Restore
  ): Effect.fn.Return<Authorized, PaymentError.PaymentError> {
    const { protocol, credential } = detected
    const mandate: Mandate = yield* restore(
      bounded(protocol, "validate", timeout, () => protocol.validate(credential, charge))
    )
    const asked = yield* opening(detected, mandate, charge, key)
    const opened = yield* claim(protocol, asked)
    if (opened._tag === "Existing") return { _tag: "Taken", entry: opened.entry, request: asked.request }
    // Whoever goes away meanwhile does not interrupt it: what it holds can only be given back by what it answers.
    const verified = yield* Effect.result(bounded(protocol, "verify", timeout, () => protocol.verify(mandate, charge)))
    if (Result.isFailure(verified)) {
      const { code, moved, reason, retryAfter } = verified.failure
      if (!(yield* drop(protocol, charge, code))) return yield* takenOver(charge, moved)
      return yield* PaymentError.make(reason, {
        moved,
        chargeId: charge.id,
        ...(retryAfter === undefined ? {} : { retryAfter })
      })
    }
    const authorization: Authorization = verified.success
    const agreed: Settlement = { protocol, charge, authorization }
    const purchase = yield* record(agreed, asked.reservations).pipe(
      Effect.tapError(({ code }) => settling.abandon(agreed, "declined", code))
    )
    return { _tag: "Authorized", purchase }
  })
}
