/** Defects in what is believed of a credential. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Credential } from "@paylayer/core/Detection"
import type { Mandate } from "@paylayer/core/Mandate"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Mutant from "../Mutant.ts"
import * as Reference from "../reference/Reference.ts"
import * as Till from "../reference/Till.ts"
import * as VoucherCode from "../reference/VoucherCode.ts"
import * as VoucherProvider from "../reference/VoucherProvider.ts"

const codeOf = ({ secret }: Credential) => Redacted.value(secret)

/** Signs the payload of a credential anew, as nobody but the issuer may. */
const resigned = (code: string, key: string): string => {
  const [payload = ""] = code.split(".")
  return `${payload}.${VoucherCode.mac(payload, key)}`
}

const accepting = (credential: Credential, code: string): Credential => ({ ...credential, secret: Redacted.make(code) })

const ignoresSignature = Mutant.make({
  name: "ignores-signature",
  defect: "reads the terms without looking at the signature",
  killedBy: ["SIG-02"],
  change: (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      plugin.validate(accepting(credential, resigned(codeOf(credential), VoucherProvider.key)), charge)
  })
})

const missingIsFine = Mutant.make({
  name: "missing-field-is-default",
  defect: "reads a missing end of the window as no end",
  killedBy: ["VAL-03"],
  change: (plugin) => ({
    ...plugin,
    validate: (credential, charge) => {
      const [payload = "", mac] = codeOf(credential).split(".")
      const text = Buffer.from(payload, "base64url").toString()
      if (mac !== VoucherCode.mac(payload, VoucherProvider.key) || text.includes('"until"')) {
        return plugin.validate(credential, charge)
      }
      const patched = Buffer.from(text.replace(/}$/, ',"until":"2099-01-01T00:00:00.000Z"}')).toString("base64url")
      return plugin.validate(accepting(credential, resigned(patched, VoucherProvider.key)), charge)
    }
  })
})

/** A plug-in whose till leaves the window to it, and that extends it. */
const outlasting = (name: string, defect: string, millis: number) =>
  Mutant.make({
    name,
    defect,
    killedBy: ["EXP-01"],
    of: { ...Reference.voucher, provider: VoucherProvider.layerOver(Till.Till.layerOf({ expiry: false })) },
    change: (plugin) => ({
      ...plugin,
      validate: (credential, charge) =>
        Effect.gen(function* () {
          const result = yield* Effect.result(
            plugin.validate(credential, charge) as Effect.Effect<Mandate, PaymentError.PaymentError>
          )
          if (result._tag === "Success") return result.success
          const now = yield* DateTime.now
          const mandate = VoucherCode.read(codeOf(credential), VoucherProvider.key)
          const late =
            mandate._tag === "Success" ? now.epochMilliseconds - mandate.success.expiresAt!.epochMilliseconds : Infinity
          if (mandate._tag === "Failure" || late > millis || result.failure.reason._tag !== "CredentialExpired") {
            return yield* result.failure
          }
          const { expiresAt: _, ...endless } = mandate.success
          return endless
        })
    })
  })

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  ignoresSignature,
  missingIsFine,
  outlasting("expiry-inclusive", "takes a credential at its very end", 0),
  outlasting("expiry-ignored", "does not look at the end of the window", Infinity)
]
