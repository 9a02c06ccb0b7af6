/**
 * New protocol: agents pay with a token that their owner got from the bank, and the bank knows what the token may buy.
 *
 * This file is the whole contract. A request goes through it from top to bottom:
 *
 * 1. `detect`    is there a token in these headers?
 * 2. `validate`  does it look like one? (no network, no writes)
 * 3. `verify`    what may it buy, and may it buy this? (asks the bank, moves nothing)
 *    … the paid work is done …
 * 4. `settle`    take the money, once
 *
 * `lookup` finds out what became of a charge whose settlement went unanswered.
 */
import type { Charge } from "@paylayer/core/Charge"
import * as Detection from "@paylayer/core/Detection"
import * as Mandate from "@paylayer/core/Mandate"
import { contractVersion, type Manifest } from "@paylayer/core/Manifest"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Bank, type BankError, type Slip } from "./Bank.ts"

/** What the protocol says of itself. Hosts route and report by it. */
export const manifest: Manifest = {
  id: "new-protocol",
  contract: contractVersion,
  displayName: "New protocol",
  flow: "authorize-then-settle",
  use: "many",
  identityType: "bank-account",
  paymentType: "bank",
  triggers: [{ header: "new-protocol-token" }],
  currencies: ["CNY", "USD", "EUR"],
  capabilities: []
}

/** After `validate`: the number of the mandate is public, the token is not. */
type Held = Mandate.Mandate & { readonly token: Redacted.Redacted<string> }

/** After `verify`: what the bank confirmed. It goes to the ledger, so the token is not in it. */
const Grant = Schema.Struct({ mandate: Mandate.Mandate })
type Grant = (typeof Grant)["Type"]

/** Exactly one token, or none. Two different ones are never resolved by luck. */
const detect = (headers: RequestHeaders.RequestHeaders): Detection.Detection<Detection.Credential> => {
  const [token, ...others] = RequestHeaders.distinct(headers, "new-protocol-token")
  if (token === undefined) return Detection.none
  if (others.length > 0) return Detection.ambiguous(["new-protocol-token"])
  return Detection.found({ secret: Redacted.make(token) })
}

/** `<number>.<secret>` */
const form = /^([a-z0-9-]{1,40})\.[A-Za-z0-9_-]{16,200}$/

/** The bank's "no" in the words of the contract. `moved` must be true: it decides whether somebody pays again. */
const refused = ({ why }: BankError, call: "ask" | "take"): PaymentError.PaymentError => {
  const moved = call === "take" ? "unknown" : "no"
  switch (why) {
    case "revoked":
      return PaymentError.make(new PaymentError.CredentialRevoked({ detail: "the bank does not honour the token" }))
    case "expired":
      return PaymentError.make(new PaymentError.CredentialExpired({ detail: "the token ended meanwhile" }))
    case "budget":
      return PaymentError.make(new PaymentError.BudgetExceeded({ detail: "the charge does not fit in the budget" }))
    case "uses":
      return PaymentError.make(new PaymentError.UsesExceeded({ detail: "the token is used up" }))
    case "declined":
      return PaymentError.make(new PaymentError.PaymentDeclined({ detail: "the bank declined" }))
    case "no answer":
      return call === "take"
        ? PaymentError.make(new PaymentError.OutcomeUnknown({ detail: "the bank did not answer" }), { moved })
        : PaymentError.make(new PaymentError.ProviderUnavailable({ detail: "the bank did not answer" }))
    case "not authentic":
      return PaymentError.make(new PaymentError.ProviderUntrusted({ detail: "the answer is not the bank's" }), {
        moved
      })
  }
}

const receipt = (charge: Charge, { reference, takenAt }: Slip): Receipt => ({
  chargeId: charge.id,
  protocol: manifest.id,
  merchant: charge.merchant,
  resource: charge.resource,
  money: charge.money,
  reference,
  settledAt: takenAt
})

export class NewProtocol extends Context.Service<NewProtocol, PaymentProtocol<Detection.Credential, Held, Grant>>()(
  "new-protocol/NewProtocol"
) {
  static readonly layer = Layer.effect(
    NewProtocol,
    Effect.gen(function* () {
      const bank = yield* Bank
      return NewProtocol.of({
        manifest,
        authorization: Schema.toCodecJson(Grant),
        detect,

        validate: Effect.fn("NewProtocol.validate")(function* ({ secret }) {
          const [, number] = form.exec(Redacted.value(secret)) ?? []
          if (number === undefined) {
            const detail = "a token reads <number>.<secret>"
            return yield* PaymentError.fail(new PaymentError.CredentialMalformed({ detail }))
          }
          return { id: number, payer: number, token: secret }
        }),

        verify: Effect.fn("NewProtocol.verify")(function* ({ token }, charge) {
          const mandate = yield* Effect.mapError(bank.terms(token), (error) => refused(error, "ask"))
          const reason = Mandate.refusal(mandate, charge, yield* Clock.currentTimeMillis)
          if (reason !== undefined) return yield* PaymentError.fail(reason)
          return { mandate }
        }),

        settle: Effect.fn("NewProtocol.settle")(function* ({ mandate }, charge) {
          const slip = yield* Effect.mapError(bank.take(mandate.id, charge), (error) => refused(error, "take"))
          return receipt(charge, slip)
        }),

        lookup: Effect.fn("NewProtocol.lookup")(function* ({ mandate }, charge) {
          const slip = yield* Effect.mapError(bank.find(mandate.id, charge), (error) => refused(error, "ask"))
          return slip === undefined ? { _tag: "NotSettled" } : { _tag: "Settled", receipt: receipt(charge, slip) }
        }),

        challenge: () => Effect.succeed({ headers: {}, offer: { header: "new-protocol-token" } })
      })
    })
  )
}
