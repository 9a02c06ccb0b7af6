/**
 * How secrets of the dashboard are derived, signed and compared.
 */
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"

/** Whether two texts are the same, in a time that tells nothing of either, not even their lengths. */
export const same = (one: string, other: string): boolean => {
  const key = Crypto.randomBytes(32)
  const digest = (text: string) => Crypto.createHmac("sha256", key).update(text).digest()
  return Crypto.timingSafeEqual(digest(one), digest(other))
}

/** A key for one purpose, out of the operator's token: every gateway that has the token has the key. */
export const derive = (token: Redacted.Redacted, purpose: string): Redacted.Redacted<Crypto.KeyObject> =>
  Redacted.make(
    Crypto.createSecretKey(Buffer.from(Crypto.hkdfSync("sha256", Redacted.value(token), "", `paylayer ${purpose}`, 32)))
  )

/** The signature of a text, as 43 characters of the Base64URL alphabet. */
export const sign = (key: Redacted.Redacted<Crypto.KeyObject>, text: string): string =>
  Crypto.createHmac("sha256", Redacted.value(key)).update(text).digest("base64url")
