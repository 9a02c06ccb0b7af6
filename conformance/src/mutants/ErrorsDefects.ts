/** Defects in what errors are and what they say. */
import * as PaymentError from "@paylayer/core/PaymentError"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Effect from "effect/Effect"
import * as Mutant from "../Mutant.ts"
import * as Reference from "../reference/Reference.ts"
import { TillError } from "../reference/Till.ts"

/** All steps fail with what `change` makes of their errors. Types would not allow it; programs do. */
const failing = (plugin: AnyProtocol, change: (error: PaymentError.PaymentError) => unknown): AnyProtocol => {
  const changed = <A>(step: Effect.Effect<A, PaymentError.PaymentError>) =>
    Effect.mapError(step, (error) => change(error) as PaymentError.PaymentError)
  return {
    ...plugin,
    validate: (credential, charge) => changed(plugin.validate(credential, charge)),
    verify: (mandate, charge) => changed(plugin.verify(mandate, charge)),
    settle: (authorization, charge) => changed(plugin.settle(authorization, charge))
  }
}

const plain = Mutant.make({
  name: "fails-with-plain-error",
  defect: "fails with an Error when the signature does not fit",
  killedBy: ["ERR-01"],
  change: (plugin) =>
    failing(plugin, (error) => (error.reason._tag === "SignatureInvalid" ? new Error(error.reason.detail) : error))
})

const passesThrough = Mutant.make({
  name: "provider-error-passes-through",
  defect: "fails with the provider's own error when it cannot be reached",
  killedBy: ["ERR-01"],
  change: (plugin) =>
    failing(plugin, (error) => (error.reason._tag === "ProviderUnavailable" ? new TillError({ code: "lost" }) : error))
})

const unknownReason = Mutant.make({
  name: "reason-of-its-own",
  defect: "fails for a reason that the contract does not know",
  killedBy: ["ERR-01"],
  change: (plugin) =>
    failing(plugin, (error) =>
      error.reason._tag === "BudgetExceeded" || error.reason._tag === "CredentialRevoked"
        ? {
            _tag: "PaymentError",
            reason: { _tag: "InsufficientFunds", detail: "too little" },
            moved: "no",
            status: 402
          }
        : error
    )
})

const saysYes = Mutant.make({
  name: "says-yes-when-declined",
  defect: "says that money moved when the provider declined to settle",
  killedBy: ["ERR-06"],
  change: (plugin) => ({
    ...plugin,
    settle: (authorization, charge) =>
      Effect.mapError(plugin.settle(authorization, charge), (error) =>
        error.reason._tag === "PaymentDeclined" ? PaymentError.make(error.reason, { moved: "yes" }) : error
      )
  })
})

const saysNoUntrusted = Mutant.make({
  name: "says-no-when-untrusted",
  defect: "says that nothing moved when the answer is not the provider's",
  killedBy: ["ERR-06", "FLT-02"],
  change: (plugin) => ({
    ...plugin,
    settle: (authorization, charge) =>
      Effect.mapError(plugin.settle(authorization, charge), (error) =>
        error.reason._tag === "ProviderUntrusted" ? PaymentError.make(error.reason) : error
      )
  })
})

const saysNoPrepaid = Mutant.make({
  name: "says-no-when-prepaid",
  defect: "says that nothing moved when it cannot confirm what the agent has paid for",
  killedBy: ["ERR-06"],
  of: Reference.ticket,
  change: (plugin) => failing(plugin, ({ reason }) => PaymentError.make(reason as PaymentError.Reason))
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  plain,
  passesThrough,
  unknownReason,
  saysYes,
  saysNoUntrusted,
  saysNoPrepaid
]
