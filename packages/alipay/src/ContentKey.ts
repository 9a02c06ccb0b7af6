/**
 * Content encryption of the Open Platform: AES-128 in CBC mode, PKCS#7 padding, an initialisation vector of zeros, standard Base64.
 *
 * A request is encrypted and then signed, so signatures cover the ciphertext, and of an answer of gateway v2 the quotes around it too.
 * Encryption hides, it does not authenticate: nothing is decrypted whose signature was not verified before. Documented by Alipay and
 * written in its SDKs; never tried against a live endpoint.
 */
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Crypto from "node:crypto"

/** Text that is no such key, or ciphertext that this key does not open. Repeats neither. */
export class ContentKeyError extends Schema.TaggedError<ContentKeyError>()("ContentKeyError", {
  message: Schema.String
}) {}

/** An AES key. Prints as `<redacted:ContentKey>`. */
export type ContentKey = Redacted.Redacted<Crypto.KeyObject>

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Reads a key as the console shows it: 16 bytes in Base64. */
export const read = (text: Redacted.Redacted<string>): Result.Result<ContentKey, ContentKeyError> => {
  const bytes = Buffer.from(Redacted.value(text).trim(), "base64")
  return base64.test(Redacted.value(text).trim()) && bytes.length === 16
    ? Result.succeed(Redacted.make(Crypto.createSecretKey(bytes), { label: "ContentKey" }))
    : Result.fail(new ContentKeyError({ message: "a content key is 16 bytes in Base64, 24 characters" }))
}

const vector = Buffer.alloc(16)

/** The ciphertext of this text, in Base64. */
export const encrypt = (key: ContentKey, text: string): string => {
  const cipher = Crypto.createCipheriv("aes-128-cbc", Redacted.value(key), vector)
  return cipher.update(text, "utf8", "base64") + cipher.final("base64")
}

/** The text. */
export const decrypt = (key: ContentKey, ciphertext: string): Result.Result<string, ContentKeyError> => {
  const refused = new ContentKeyError({ message: "this content key does not open the content" })
  if (ciphertext === "" || !base64.test(ciphertext)) return Result.fail(refused)
  return Result.try({
    try: () => {
      const decipher = Crypto.createDecipheriv("aes-128-cbc", Redacted.value(key), vector)
      const bytes = Buffer.concat([decipher.update(ciphertext, "base64"), decipher.final()])
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
    },
    catch: () => refused
  })
}
