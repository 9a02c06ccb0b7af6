/**
 * The digest of a request's body, independent of how its JSON was spelled.
 *
 * Two JSON bodies that mean the same (key order, white space, escapes) have one digest, so that a retry through another client
 * still counts as the same request. Everything else is taken byte by byte, and so is JSON that two readers may read
 * differently: a name that occurs twice, a number that no double holds exactly.
 */
import canonicalize from "canonicalize"
import * as Result from "effect/Result"
import * as Digest from "./Digest.ts"
import * as StrictJson from "./StrictJson.ts"

/** The digest of an empty body. */
export const empty = Digest.sha256("")

/** A decimal without sign, as its digits and a power of ten; `1.10`, `1.1` and `11e-1` are one. */
const decimal = (source: string): string => {
  const [, whole = "", fraction = "", exponent = "0"] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, "")
  const significant = digits.replace(/0+$/, "")
  if (significant === "") return "0"
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

const isExactNumber = ({ source }: StrictJson.JsonNumber): boolean =>
  source.length <= 64 && decimal(source) === decimal(String(Number(source)))

const isExact = (json: StrictJson.ExactJson): boolean => {
  if (json instanceof StrictJson.JsonNumber) return isExactNumber(json)
  return typeof json !== "object" || json === null || Object.values(json).every(isExact)
}

const deepest = 128
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/**
 * JSON that is spelled as `JSON.stringify` spells it has no name twice and no number that a double does not hold: the native
 * parser reads it as the strict one does. Without escapes there are no characters that UTF-8 has not either.
 */
const plainJson = (bytes: Uint8Array): unknown => {
  const text = decoder.decode(bytes)
  if (text.includes("\\") || text.split(/[[{]/, deepest + 1).length > deepest) return undefined
  const json: unknown = JSON.parse(text)
  return JSON.stringify(json) === text ? json : undefined
}

const canonicalJson = (bytes: Uint8Array): string | undefined => {
  const plain = Result.getOrUndefined(Result.try(() => plainJson(bytes)))
  if (plain !== undefined) return canonicalize(plain)
  const json = Result.getOrUndefined(StrictJson.parseExact(bytes, { bytes: bytes.length, depth: deepest }))
  return json !== undefined && isExact(json) ? canonicalize(json) : undefined
}

/** SHA-256 over the JSON canonical form (RFC 8785) where the content type says JSON and the body is; else over the bytes. */
export const digest = (contentType: string | undefined, bytes: Uint8Array): string => {
  if (bytes.length === 0) return empty
  const isJson = contentType !== undefined && /^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType)
  return Digest.sha256((isJson ? canonicalJson(bytes) : undefined) ?? bytes)
}
