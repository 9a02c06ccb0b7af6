/** How defects of reading are made: the reference with another way to read, or to check, a credential. */
import type { Charge } from "@paylayer/core/Charge"
import type { Credential } from "@paylayer/core/Detection"
import * as Mandate from "@paylayer/core/Mandate"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as VoucherCode from "../reference/VoucherCode.ts"
import * as VoucherProvider from "../reference/VoucherProvider.ts"

/** The text of a credential. */
export const codeOf = ({ secret }: Credential): string => Redacted.value(secret)

/** A code in its two parts, each empty where it is not there. */
export const partsOf = (code: string): { readonly payload: string; readonly mac: string } => {
  const [payload = "", mac = ""] = code.split(".")
  return { payload, mac }
}

/** A payload with the mac that only its issuer can write. */
export const signed = (payload: string): string => `${payload}.${VoucherCode.mac(payload, VoucherProvider.key)}`

/** A credential with another code. */
export const withCode = (credential: Credential, code: string): Credential => ({
  ...credential,
  secret: Redacted.make(code)
})

/** Takes another code where it finds the one that was sent good enough. */
export const believing =
  (take: (code: string) => string | undefined) =>
  (plugin: AnyProtocol): AnyProtocol => ({
    ...plugin,
    validate: (credential, charge) => {
      const code = take(codeOf(credential))
      return plugin.validate(code === undefined ? credential : withCode(credential, code), charge)
    }
  })

/** What is known while the terms are read. */
export interface Reading {
  readonly charge: Charge
  readonly now: number
  /** The payload as it was signed. */
  readonly payload: string
}

/** Reads other terms than those that were signed, and keeps to them. */
export const misreading =
  (change: (mandate: Mandate.Mandate, reading: Reading) => Mandate.Mandate) =>
  (plugin: AnyProtocol): AnyProtocol => ({
    ...plugin,
    validate: (credential, charge) =>
      Effect.gen(function* () {
        const code = codeOf(credential)
        const read = yield* Effect.fromResult(VoucherCode.read(code, VoucherProvider.key))
        const now = yield* Clock.currentTimeMillis
        const payload = Buffer.from(partsOf(code).payload, "base64url").toString()
        const mandate = change(read, { charge, now, payload })
        const reason = Mandate.refusal(mandate, charge, now)
        return reason === undefined ? mandate : yield* PaymentError.fail(reason)
      })
  })
