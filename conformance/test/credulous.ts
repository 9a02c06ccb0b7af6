// Vouchers that believe one kind of forgery each, and nothing else that is wrong: what SIG-01 and SIG-06 draw must hold them all.
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { believing, codeOf, partsOf, signed } from "../src/internal/misreading.ts"

type Change = (plugin: AnyProtocol) => AnyProtocol

/** The bytes of a mac, where it is written as it should be. */
const bytesOf = (mac: string): Buffer | undefined => {
  const bytes = Buffer.from(mac, "base64url")
  return bytes.length === 32 && bytes.toString("base64url") === mac ? bytes : undefined
}

/** Compares less of a mac than all of it. */
const comparing = (enough: (given: Buffer, real: Buffer) => boolean) =>
  believing((code) => {
    const { mac, payload } = partsOf(code)
    const given = bytesOf(mac)
    const real = bytesOf(partsOf(signed(payload)).mac)
    return given !== undefined && real !== undefined && enough(given, real) ? signed(payload) : undefined
  })

const swapped = (text: string): string =>
  Array.from(text, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase())).join("")

const isJson = (code: string) => Option.isSome(Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))(code))

/** A plug-in that throws at some credentials. */
const dying =
  (at: (code: string) => boolean): Change =>
  (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      at(codeOf(credential)) ? Effect.die(new TypeError("no such part")) : plugin.validate(credential, charge)
  })

/** By SIG-01: one bit was changed. */
export const bits: { readonly [defect: string]: Change } = {
  "does not look at the first byte of a mac": comparing((given, real) => given.subarray(1).equals(real.subarray(1))),
  "does not look at the last byte of a mac": comparing((given, real) =>
    given.subarray(0, 31).equals(real.subarray(0, 31))
  ),
  "looks at seven bits of each byte of a mac": comparing((given, real) =>
    given.every((byte, index) => (byte & 0x7f) === (real[index]! & 0x7f))
  ),
  "knows how every payload begins": believing((code) => `ey${code.slice(2)}`),
  "lets one byte of a mac be another": comparing(
    (given, real) => given.filter((byte, index) => byte !== real[index]).length === 1
  )
}

/** By SIG-06: it was cut, stretched or garbled. */
export const forms: { readonly [defect: string]: Change } = {
  "reads what stands before the padding": believing((code) => code.replace(/=+$/, "")),
  "reads through white space": believing((code) => code.replaceAll(/[ \t\n]/g, "")),
  "reads what stands before a zero byte": believing((code) => code.split(/%00|\0/)[0]),
  "reads what fits into its buffer": believing((code) => {
    const { mac, payload } = partsOf(code)
    return mac.length > 5_000 ? `${payload}.${mac.slice(0, 43)}` : undefined
  }),
  "takes the first of two credentials": believing((code) => {
    const [payload, mac, ...again] = code.split(".")
    return again.join(".") === `${payload}.${mac}` ? `${payload}.${mac}` : undefined
  }),
  "takes letters in either case": believing((code) => {
    const { mac, payload } = partsOf(swapped(code))
    return signed(payload) === `${payload}.${mac}` ? signed(payload) : undefined
  }),
  "reads the letters of other alphabets": believing((code) => code.replaceAll(/[^\x20-\x7e]/g, "")),
  "dies of a credential that is JSON": dying(isJson),
  "dies of a credential of dots": dying((code) => /^\.+$/.test(code)),
  "dies of a credential without dots": dying((code) => !code.includes(".")),
  "dies of a credential of 150000 letters": dying((code) => code.length > 150_000)
}
