/**
 * The reference plug-in: vouchers that agents carry and a till honours. `authorize-then-settle`, used as often as its terms allow.
 *
 * It is small and keeps every law, so it is also an example of how a plug-in is written. The mutants are it with one defect each.
 */
import * as Detection from "@paylayer/core/Detection"
import type { Charge } from "@paylayer/core/Charge"
import * as Mandate from "@paylayer/core/Mandate"
import { contractVersion, type Manifest } from "@paylayer/core/Manifest"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Outcome, PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Till from "./Till.ts"
import * as VoucherCode from "./VoucherCode.ts"

/** The key that vouchers are signed with. */
export class VoucherKey extends Context.Service<VoucherKey, Redacted.Redacted<string>>()(
  "@paylayer/conformance/reference/VoucherKey"
) {}

const Grant = Schema.Struct({ mandate: Mandate.Mandate })
export type Grant = (typeof Grant)["Type"]

export const manifest: Manifest = {
  id: "voucher",
  contract: contractVersion,
  displayName: "Voucher",
  flow: "authorize-then-settle",
  use: "many",
  identityType: "voucher",
  paymentType: "till",
  triggers: [{ header: "x-voucher" }, { header: "authorization", scheme: "Voucher" }],
  currencies: ["CNY", "USD", "EUR"],
  challenge: "standing",
  capabilities: ["release", "refund", "partial-capture"]
}

const scheme = /^voucher +/i

/** Every distinct voucher in the headers, with where it stood. */
const vouchers = (headers: RequestHeaders.RequestHeaders): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const code of RequestHeaders.distinct(headers, "x-voucher")) found.set(code, "x-voucher")
  for (const value of RequestHeaders.distinct(headers, "authorization")) {
    const begin = scheme.exec(value)
    if (begin !== null) found.set(value.slice(begin[0].length), "authorization")
  }
  return found
}

const detect = (headers: RequestHeaders.RequestHeaders): Detection.Detection<Detection.Credential> => {
  const found = vouchers(headers)
  const [code] = found.keys()
  if (code === undefined) return Detection.none
  return found.size > 1 ? Detection.ambiguous([...found.values()]) : Detection.found({ secret: Redacted.make(code) })
}

/** What the till's "no" means. Before the money moves nothing is lost with the answer; while it moves, everything may be. */
const refused = ({ code, retryAfter }: Till.TillError, call: "verify" | "settle"): PaymentError.PaymentError => {
  switch (code) {
    case "revoked":
      return PaymentError.make(new PaymentError.CredentialRevoked({ detail: "the till does not honour the voucher" }))
    case "expired":
      return PaymentError.make(
        new PaymentError.CredentialExpired({ detail: "the voucher ended before the charge was taken" })
      )
    case "budget":
      return PaymentError.make(new PaymentError.BudgetExceeded({ detail: "the charge does not fit in the voucher" }))
    case "uses":
      return PaymentError.make(new PaymentError.UsesExceeded({ detail: "the voucher is used up" }))
    case "closed":
    case "declined":
      return PaymentError.make(new PaymentError.PaymentDeclined({ detail: "the till declined", providerCode: code }))
    case "busy":
      return PaymentError.make(new PaymentError.ProviderUnavailable({ detail: "the till is busy" }), {
        retryAfter: retryAfter ?? 1
      })
    case "lost":
      return call === "settle"
        ? PaymentError.make(new PaymentError.OutcomeUnknown({ detail: "the till did not answer" }), {
            moved: "unknown"
          })
        : PaymentError.make(new PaymentError.ProviderUnavailable({ detail: "the till did not answer" }))
  }
}

/** Believes only what the till really said. */
const trusted = <A>(ask: Effect.Effect<Till.Answer<A>, Till.TillError>, call: "verify" | "settle") =>
  ask.pipe(
    Effect.mapError((error) => refused(error, call)),
    Effect.flatMap(({ authentic, value }) =>
      authentic
        ? Effect.succeed(value)
        : PaymentError.fail(new PaymentError.ProviderUntrusted({ detail: "the answer is not the till's" }), {
            moved: call === "settle" ? "unknown" : "no"
          })
    )
  )

const receipt = (charge: Charge, { reference, atMillis }: Till.Slip): Receipt => ({
  chargeId: charge.id,
  protocol: manifest.id,
  merchant: charge.merchant,
  resource: charge.resource,
  money: charge.money,
  reference,
  settledAt: DateTime.makeUnsafe(atMillis)
})

/** Refuses a charge that is outside the terms now. */
const within = (mandate: Mandate.Mandate, charge: Charge): Effect.Effect<void, PaymentError.PaymentError> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const reason = Mandate.refusal(mandate, charge, now)
    return reason === undefined ? Effect.void : PaymentError.fail(reason)
  })

export const make = Effect.gen(function* () {
  const till = yield* Till.Till
  const key = yield* VoucherKey
  const protocol: PaymentProtocol<Detection.Credential, Mandate.Mandate, Grant> = {
    manifest,
    authorization: Schema.toCodecJson(Grant),
    detect,
    validate: Effect.fn("Voucher.validate")(function* ({ secret }, charge) {
      const mandate = yield* Effect.fromResult(VoucherCode.read(Redacted.value(secret), Redacted.value(key)))
      yield* within(mandate, charge)
      return mandate
    }),
    verify: Effect.fn("Voucher.verify")(function* (mandate, charge) {
      yield* within(mandate, charge)
      // What was held without our hearing of it is given back here: nobody else could tell.
      yield* trusted(till.hold(mandate.id, charge.id, charge.money), "verify").pipe(
        Effect.onError(() => Effect.ignore(till.close(charge.id)))
      )
      return { mandate }
    }),
    settle: Effect.fn("Voucher.settle")(function* ({ mandate }, charge) {
      return receipt(charge, yield* trusted(till.take(mandate.id, charge.id, charge.money), "settle"))
    }),
    challenge: () =>
      Effect.succeed({ headers: { "www-authenticate": "Voucher" }, offer: { scheme: "voucher", version: 1 } }),
    lookup: Effect.fn("Voucher.lookup")(function* (_, charge) {
      const slip = yield* trusted(till.close(charge.id), "verify")
      return (slip === undefined
        ? { _tag: "NotSettled" }
        : { _tag: "Settled", receipt: receipt(charge, slip) }) satisfies Outcome as Outcome
    }),
    release: Effect.fn("Voucher.release")(function* (_, charge) {
      const slip = yield* trusted(till.close(charge.id), "verify")
      if (slip === undefined) return
      return yield* PaymentError.fail(new PaymentError.AlreadySettled({ detail: "the charge is settled" }), {
        moved: "yes"
      })
    }),
    refund: Effect.fn("Voucher.refund")(function* (paid, amount, refundId) {
      const slip = yield* trusted(till.giveBack(paid.reference, amount, refundId), "settle").pipe(
        // The till refuses this request; an earlier one under the number may have been heard.
        Effect.catchIf(
          ({ moved }) => moved === "no",
          (refusal) =>
            trusted(till.givenBack(paid.reference, refundId), "settle").pipe(
              Effect.mapError(({ reason }) => PaymentError.make(reason, { moved: "unknown" })),
              Effect.filterOrFail(Predicate.isNotUndefined, () => refusal)
            )
        )
      )
      if (!Money.equals(slip.money, amount)) {
        const detail = "another amount went back under this number"
        return yield* PaymentError.fail(new PaymentError.IdempotencyConflict({ detail }), { moved: "yes" })
      }
      return { ...paid, money: amount, reference: slip.reference, settledAt: DateTime.makeUnsafe(slip.atMillis) }
    })
  }
  return protocol
})

export class Voucher extends Context.Service<Voucher, PaymentProtocol<Detection.Credential, Mandate.Mandate, Grant>>()(
  "@paylayer/conformance/reference/Voucher"
) {
  static readonly layer = Layer.effect(Voucher, make)
}
