/**
 * Claiming: a charge takes its key and its reservations in the ledger before the provider is asked, and what the ledger says
 * no to never reaches a handler.
 */
import * as Redacted from "effect/Redacted"
import type { Charge } from "../Charge.ts"
import type { Credential } from "../Detection.ts"
import * as Digest from "../Digest.ts"
import * as Ledger from "../Ledger.ts"
import type { Mandate } from "../Mandate.ts"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"
import * as SpendingLimit from "../SpendingLimit.ts"

/** Whether no other request can come back to this charge: it came with no key that could be sent again. */
export const isOwnKey = ({ charge, key }: Ledger.Entry): boolean => key === charge.id

/**
 * What a charge holds while it lives: the once-credential itself, or the payer's idempotency key, or nothing but itself. Its
 * id is no digest, so that nothing that was sent comes to it.
 */
export const key = (
  protocol: AnyProtocol,
  credential: Credential,
  mandate: Mandate,
  charge: Charge,
  sent: string | undefined
): string =>
  protocol.manifest.use === "once"
    ? Digest.sha256List(["once", protocol.manifest.id, Redacted.value(credential.secret)])
    : sent === undefined
      ? charge.id
      : Digest.sha256List(["key", protocol.manifest.id, charge.merchant, mandate.payer, sent])

/** What a repetition under the same key must be: the same request, under the same mandate. */
export const fingerprint = (mandate: Mandate, charge: Charge): string => Digest.sha256List([charge.binding, mandate.id])

/** What a charge takes out of the budget and the uses of its mandate. */
const mandateReservations = (
  protocol: AnyProtocol,
  mandate: Mandate,
  charge: Charge
): ReadonlyArray<Ledger.Reservation> => {
  const bucket = (kind: string) => JSON.stringify([kind, protocol.manifest.id, mandate.id])
  const { currency, minor } = charge.money
  const budget = mandate.budget?.find((money) => money.currency === currency)
  return [
    ...(budget === undefined
      ? []
      : [{ bucket: bucket(`budget ${currency}`), kind: "budget" as const, units: minor, limit: budget.minor }]),
    ...(mandate.uses === undefined
      ? []
      : [{ bucket: bucket("uses"), kind: "uses" as const, units: 1n, limit: BigInt(mandate.uses) }])
  ]
}

/** What a charge takes out of everything that is known, from the credential at first, then from the provider. */
export const reservations = (
  protocol: AnyProtocol,
  limits: ReadonlyArray<SpendingLimit.SpendingLimit>,
  mandate: Mandate,
  charge: Charge
): ReadonlyArray<Ledger.Reservation> => [
  ...SpendingLimit.reservations(limits, mandate, charge),
  ...mandateReservations(protocol, mandate, charge)
]

/** What is known of the money while a charge is open. */
const movedSoFar = ({ manifest }: AnyProtocol, { state }: Ledger.Entry): PaymentError.Moved => {
  if (manifest.flow === "prepaid-then-confirm") return state === "opened" ? "unknown" : "yes"
  return state === "settling" ? "unknown" : "no"
}

/** Why a living or settled charge keeps its key from a second one, or nothing where the second may have the first's answer. */
export const occupied = (
  protocol: AnyProtocol,
  entry: Ledger.Entry,
  request: string
): PaymentError.PaymentError | undefined => {
  if (entry.request !== request) {
    return PaymentError.make(
      new PaymentError.IdempotencyConflict({
        detail: "the key or credential belongs to a request with another resource, method, body or merchant"
      })
    )
  }
  if (Ledger.isOpen(entry.state)) {
    return PaymentError.make(new PaymentError.ChargeInFlight({ detail: "the same request is still being worked on" }), {
      chargeId: entry.charge.id,
      retryAfter: 1,
      moved: movedSoFar(protocol, entry)
    })
  }
  return undefined
}
