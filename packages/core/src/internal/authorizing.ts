/**
 * Authorizing: validate → claim → verify → record. After it the ledger has the provider's word, or has given everything back.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Charge } from "../Charge.ts"
import type * as Ledger from "../Ledger.ts"
import type { Mandate } from "../Mandate.ts"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol, Authorization } from "../PaymentProtocol.ts"
import { bounded } from "./bounded.ts"
import * as Claiming from "./claiming.ts"
import type { Detected } from "./installed.ts"
import { recording } from "./recording.ts"
import type { Settlement } from "./settling.ts"
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

export const make = ({ ledger, limits, settling, timeout }: Till) => {
  /** Writes the authorization down, and reserves what only the provider knew of the mandate. */
  const record = Effect.fnUntraced(function* ({ protocol, charge, authorization }: Settlement) {
    const moved = protocol.manifest.flow === "prepaid-then-confirm" ? "yes" : "no"
    const reservations = yield* trusting(protocol, "a mandate that cannot be read", charge, moved, () =>
      Effect.succeed(Claiming.reservations(protocol, limits, authorization.mandate, charge))
    )
    const written = yield* trusting(protocol, "an authorization that cannot be written down", charge, moved, () =>
      Schema.encodeEffect(protocol.authorization)(authorization)
    )
    yield* recording(
      charge,
      ledger.advance(charge.id, { to: "authorized", authorization: written, reservations }),
      moved
    )
  })

  /** Gives up a claim for which the provider gave no authorization. */
  const drop = (charge: Charge, cause: string) =>
    ledger
      .advance(charge.id, { to: "declined", cause })
      .pipe(Effect.catch(() => Effect.logError(`charge ${charge.id} is not closed: ledger_unavailable`)))

  const claim = Effect.fnUntraced(function* (
    { protocol, credential }: Detected,
    mandate: Mandate,
    charge: Charge,
    key: string | undefined
  ) {
    const moved = protocol.manifest.flow === "prepaid-then-confirm" ? "unknown" : "no"
    const opening = yield* trusting(protocol, "a mandate that cannot be read", charge, moved, () =>
      Effect.succeed({
        charge,
        protocol: protocol.manifest.id,
        payer: mandate.payer,
        key: Claiming.key(protocol, credential, mandate, charge, key),
        request: charge.binding,
        reservations: Claiming.reservations(protocol, limits, mandate, charge)
      })
    )
    const opened = ledger.open(opening).pipe(
      // It may be claimed all the same, where only the reply was lost.
      Effect.tapErrorTag("LedgerError", () => Effect.ignore(ledger.advance(charge.id, { to: "released" })))
    )
    return yield* recording(charge, opened, moved)
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
    const opened = yield* claim(detected, mandate, charge, key)
    if (opened._tag === "Existing") return { _tag: "Taken", entry: opened.entry, request: charge.binding }
    // Whoever goes away meanwhile does not interrupt it: what it holds can only be given back by what it answers.
    const verified = yield* Effect.result(bounded(protocol, "verify", timeout, () => protocol.verify(mandate, charge)))
    if (Result.isFailure(verified)) {
      const { code, moved, reason, retryAfter } = verified.failure
      yield* drop(charge, code)
      return yield* PaymentError.make(reason, {
        moved,
        chargeId: charge.id,
        ...(retryAfter === undefined ? {} : { retryAfter })
      })
    }
    const authorization: Authorization = verified.success
    const purchase: Settlement = { protocol, charge, authorization }
    yield* record(purchase).pipe(Effect.tapError(({ code }) => settling.abandon(purchase, "declined", code)))
    return { _tag: "Authorized", purchase }
  })
}
