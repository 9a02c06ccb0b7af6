/**
 * Other spellings of one credential: texts that careless decoders read as the same bytes.
 */
import * as Gen from "../Gen.ts"

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/** The last character of a Base64URL part, with other bits where decoders look at none. */
const otherTrailingBits = (part: string): string => {
  const at = alphabet.indexOf(part.at(-1) ?? "")
  return at === -1 ? part : part.slice(0, -1) + alphabet[at ^ 1]!
}

/** What is done to one part of a credential. */
export const respellings: { readonly [how: string]: (part: string) => string } = {
  "other trailing bits": otherTrailingBits,
  "padding added": (part) => `${part}=`,
  "two paddings added": (part) => `${part}==`,
  "Base64 instead of Base64URL": (part) => part.replaceAll("-", "+").replaceAll("_", "/"),
  "percent-encoded": (part) => `%${part.charCodeAt(0).toString(16)}${part.slice(1)}`,
  "white space inside": (part) => `${part.slice(0, 4)} ${part.slice(4)}`,
  "a line break inside": (part) => `${part.slice(0, 4)}\n${part.slice(4)}`,
  "an invisible mark behind": (part) => `${part}\u200b`,
  "a byte order mark before": (part) => `\ufeff${part}`,
  "a NUL behind": (part) => `${part}\u0000`,
  "a point behind": (part) => `${part}.`,
  "upper case": (part) => part.toUpperCase()
}

export interface Respelling {
  readonly how: string
  /** Which part, of those that points and tildes separate. */
  readonly part: number
}

export const respelling: Gen.Gen<Respelling> = Gen.record({
  how: Gen.constantFrom(...Object.keys(respellings)),
  part: Gen.nat(2)
})

/** The credential in another spelling. The text itself where there is no other. */
export const respell = (credential: string, { how, part }: Respelling): string => {
  const pieces = credential.split(/([.~])/)
  const at = (part * 2) % (pieces.length + 1)
  const index = at < pieces.length ? at : 0
  return pieces.map((piece, position) => (position === index ? (respellings[how]?.(piece) ?? piece) : piece)).join("")
}
