/**
 * The digest of a request's body, independent of how its JSON was spelled.
 *
 * Two JSON bodies that mean the same (key order, white space, escapes) have one digest, so that a retry through another client
 * still counts as the same request. Everything else is taken byte by byte.
 */
import canonicalize from "canonicalize"
import * as Result from "effect/Result"
import * as Digest from "./Digest.ts"

/** The digest of an empty body. */
export const empty = Digest.sha256("")

const canonicalJson = (bytes: Uint8Array) =>
  Result.try(() => canonicalize(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))))

/** SHA-256 over the JSON canonical form (RFC 8785) where the content type says JSON and the body is; else over the bytes. */
export const digest = (contentType: string | undefined, bytes: Uint8Array): string => {
  if (bytes.length === 0) return empty
  const isJson = contentType !== undefined && /^application\/(?:[\w.+-]+\+)?json\b/i.test(contentType)
  const json = isJson ? Result.getOrUndefined(canonicalJson(bytes)) : undefined
  return Digest.sha256(json ?? bytes)
}
