/**
 * Proof of possession for the fetching of a token: RFC 7636.
 */
import * as Digest from "@paylayer/core/Digest"
import * as Effect from "effect/Effect"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Redacted from "effect/Redacted"

/** 256 random bits as 43 characters. */
export const secret = Effect.flatMap(SecureRandom, (random) => random.randomBytes(32)).pipe(
  Effect.map(Base64Url.encode)
)

/** The S256 challenge of a verifier. The verifier stays here until the token is fetched. */
export const challenge = (verifier: Redacted.Redacted<string>): string => Digest.sha256(Redacted.value(verifier))
