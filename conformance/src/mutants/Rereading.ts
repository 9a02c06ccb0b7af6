/**
 * How the mutants of vouchers misread: a voucher that is rightly signed is read as if its payload were another one.
 */
import type { Charge } from "@paylayer/core/Charge"
import type { Credential } from "@paylayer/core/Detection"
import type { Mandate } from "@paylayer/core/Mandate"
import type { PaymentError } from "@paylayer/core/PaymentError"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { LawId } from "../Law.ts"
import * as Mutant from "../Mutant.ts"
import * as VoucherCode from "../reference/VoucherCode.ts"
import * as VoucherProvider from "../reference/VoucherProvider.ts"

export type KilledBy = readonly [LawId, ...ReadonlyArray<LawId>]

/** The code with another payload, signed as nobody but the issuer may. */
export const signed = (text: string): string => {
  const payload = Buffer.from(text).toString("base64url")
  return `${payload}.${VoucherCode.mac(payload, VoucherProvider.key)}`
}

/** Another credential with this code. */
export const coded = (credential: Credential, code: string): Credential => ({
  ...credential,
  secret: Redacted.make(code)
})

const reread = (credential: Credential, read: (payload: Uint8Array) => string | undefined): Credential => {
  const [payload = "", mac] = Redacted.value(credential.secret).split(".")
  if (mac !== VoucherCode.mac(payload, VoucherProvider.key)) return credential
  const text = read(Buffer.from(payload, "base64url"))
  return text === undefined ? credential : coded(credential, signed(text))
}

/** The reference, which reads `read(payload)` instead of the payload, or the payload itself. */
export const ofBytes = (
  name: string,
  defect: string,
  killedBy: KilledBy,
  read: (payload: Uint8Array) => string | undefined
) =>
  Mutant.make({
    name,
    defect,
    killedBy,
    change: (plugin) => ({
      ...plugin,
      validate: (credential, charge) => plugin.validate(reread(credential, read), charge)
    })
  })

/** The same for text. What is not changed is read byte by byte as it was sent. */
export const ofText = (name: string, defect: string, killedBy: KilledBy, read: (payload: string) => string) =>
  ofBytes(name, defect, killedBy, (payload) => {
    const text = Buffer.from(payload).toString()
    const other = read(text)
    return other === text ? undefined : other
  })

type Members = { readonly [name: string]: unknown }

/** The payload with other members; the payload itself where it is no JSON object. */
export const members = (text: string, change: (members: Members) => Members): string => {
  try {
    const json: unknown = JSON.parse(text)
    if (typeof json !== "object" || json === null || Array.isArray(json)) return text
    const changed = JSON.stringify(change(json as Members))
    return changed === JSON.stringify(json) ? text : changed
  } catch {
    return text
  }
}

/** The payload with other texts as amounts. */
export const amounts = (text: string, change: (amount: string) => string): string =>
  members(text, (all) =>
    Object.fromEntries(
      Object.entries(all).map(([name, value]) => [
        name,
        ["limit", "least", "budget"].includes(name) && typeof value === "object" && value !== null
          ? Object.fromEntries(
              Object.entries(value).map(([code, amount]) => [
                code,
                typeof amount === "string" ? change(amount) : amount
              ])
            )
          : value
      ])
    )
  )

/** The steps of a plug-in, with the types that mutants need. */
export const steps = (plugin: AnyProtocol) => ({
  validate: (credential: Credential, charge: Charge) =>
    plugin.validate(credential, charge) as Effect.Effect<Mandate, PaymentError>,
  verify: (mandate: Mandate, charge: Charge) =>
    plugin.verify(mandate, charge) as Effect.Effect<{ readonly mandate: Mandate }, PaymentError>
})

/** The reference, which makes another mandate of the one that it read. */
export const remade = (name: string, defect: string, killedBy: KilledBy, change: (mandate: Mandate) => Mandate) =>
  Mutant.make({
    name,
    defect,
    killedBy,
    change: (plugin) => ({
      ...plugin,
      validate: (credential, charge) => Effect.map(steps(plugin).validate(credential, charge), change)
    })
  })
