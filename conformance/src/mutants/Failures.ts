/** Defects in what is said when something fails. */
import type { Credential } from "@paylayer/core/Detection"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Mutant from "../Mutant.ts"

const saysNo = Mutant.make({
  name: "says-no-when-unknown",
  defect: "says that nothing moved when the answer of the provider is lost",
  killedBy: ["FLT-02"],
  change: (plugin) => ({
    ...plugin,
    settle: (authorization, charge) =>
      Effect.mapError(plugin.settle(authorization, charge), ({ reason }) => PaymentError.make(reason))
  })
})

const dies = Mutant.make({
  name: "dies-on-bad-credential",
  defect: "throws where the credential cannot be read",
  killedBy: ["ERR-02"],
  change: (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      Effect.catchIf(
        plugin.validate(credential, charge),
        ({ reason }) => reason._tag === "CredentialMalformed",
        () => Effect.die(new SyntaxError("Unexpected token"))
      )
  })
})

const tellsCredential = Mutant.make({
  name: "credential-in-error-message",
  defect: "quotes the credential in the message that refuses it",
  killedBy: ["RED-01"],
  change: (plugin) => ({
    ...plugin,
    validate: (credential: Credential, charge) =>
      Effect.catchIf(
        plugin.validate(credential, charge),
        ({ reason }) => reason._tag === "SignatureInvalid",
        () =>
          PaymentError.fail(
            new PaymentError.SignatureInvalid({ detail: `the mac does not fit ${Redacted.value(credential.secret)}` })
          )
      )
  })
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [saysNo, dies, tellsCredential]
