/**
 * Tampering: a credential that was minted, sent as somebody else would like it. Nothing is known of its form but that most parts
 * of it are Base64URL.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Broken } from "./Broken.ts"
import type { Minted } from "./Provider.ts"
import * as Shop from "./Shop.ts"
import { World } from "./World.ts"

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/** One bit of a credential, chosen without knowing the credential. */
export interface Flip {
  /** Which of its parts, counted from the end: the signature is the last one in most formats. */
  readonly part: number
  readonly place: "first" | "last" | "inside"
  readonly at: number
  readonly bit: number
  /** A letter as it is written, or a byte under its encoding. */
  readonly of: "letter" | "byte"
}

interface Part {
  readonly begin: number
  readonly text: string
}

/** The runs of Base64URL in a text, from the end. */
const parts = (text: string): ReadonlyArray<Part> =>
  [...text.matchAll(/[A-Za-z0-9_-]{4,}/g)].map((match) => ({ begin: match.index, text: match[0] })).toReversed()

const index = ({ place, at }: Flip, length: number): number =>
  place === "first" ? 0 : place === "last" ? length - 1 : at % length

const letterFlipped = (text: string, flip: Flip): string => {
  const at = index(flip, text.length)
  const letter = alphabet[alphabet.indexOf(text[at] ?? "") ^ (1 << (flip.bit % 6))] ?? ""
  return text.slice(0, at) + letter + text.slice(at + 1)
}

const byteFlipped = (text: string, flip: Flip): string => {
  const bytes = Buffer.from(text, "base64url")
  if (bytes.toString("base64url") !== text) return letterFlipped(text, flip)
  const at = index(flip, bytes.length)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (flip.bit % 8))
  return bytes.toString("base64url")
}

/** The text with one bit changed. Never the text itself, unless nothing in it is Base64URL. */
export const flipped = (text: string, flip: Flip): string => {
  const found = parts(text)
  const part = found[flip.part % Math.max(1, found.length)]
  if (part === undefined) return text
  const changed = flip.of === "letter" ? letterFlipped(part.text, flip) : byteFlipped(part.text, flip)
  return text.slice(0, part.begin) + changed + text.slice(part.begin + part.text.length)
}

/** The text without its last part: what is left when a signature is cut off, with the separator and without it. */
export const unsigned = (text: string): ReadonlyArray<string> => {
  const [last] = parts(text)
  const head = last === undefined ? "" : text.slice(0, last.begin)
  return [head, head.slice(0, -1)]
}

/** The same request with its credential changed. */
export const resent = Effect.fnUntraced(function* (
  minted: Minted,
  change: (credential: string) => string
): Effect.fn.Return<Minted, Broken, World> {
  const credential = Redacted.value((yield* Shop.credential(minted)).secret)
  const changed = change(credential)
  const { secrets } = yield* World
  secrets.push(changed)
  const entries = minted.entries.map(([name, value]) => [name, value.replace(credential, () => changed)] as const)
  return { ...minted, entries }
})
