/**
 * SHA-256 as Base64URL text: fingerprints of credentials, bindings of requests.
 */
import { createHash } from "node:crypto"

/** The digest of some text or bytes. */
export const sha256 = (input: string | Uint8Array): string => createHash("sha256").update(input).digest("base64url")

/** The digest of a list of texts. Each is preceded by its length, so that no two lists share a digest. */
export const sha256List = (parts: ReadonlyArray<string>): string =>
  sha256(parts.map((part) => `${part.length}:${part}`).join(""))
