/**
 * RSA2, Alipay's name for SHA256withRSA: an RSASSA-PKCS1-v1_5 signature with SHA-256 over UTF-8 text, in standard Base64.
 *
 * - Keys are parsed once. Parsing a PEM on every call costs more than the signature itself.
 * - Signing and verifying run where `SignatureEngine` says: on the thread pool, so that a busy gateway does not stall the event loop.
 * - Keys come in every form that Alipay's key tool and OpenSSL write: PEM or one line of Base64, PKCS#8/SPKI or PKCS#1.
 *
 * @example
 * const key = Rsa2.privateKey(Redacted.make(pem))            // Result<PrivateKey, KeyError>
 * const signature = yield* Rsa2.sign(key, "app_id=1&biz_content={}")
 * yield* Rsa2.verify(Rsa2.publicKeyOf(key), "app_id=1&biz_content={}", signature)   // true
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Crypto from "node:crypto"
import * as KeyText from "./internal/keyText.ts"
import { SignatureEngine } from "./SignatureEngine.ts"

/** Text that is not the key it should be. The message names the mistake and never contains key material. */
export class KeyError extends Schema.TaggedError<KeyError>()("KeyError", {
  message: Schema.String
}) {}

/** The fewest bits of an RSA key that are accepted. Alipay issues and accepts 2048. */
export const minimumBits = 2048

const inspect = Symbol.for("nodejs.util.inspect.custom")

/** An RSA private key. Prints as `PrivateKey(RSA 2048)`, however it is printed. */
export class PrivateKey {
  readonly bits: number
  readonly object: Redacted.Redacted<Crypto.KeyObject>
  constructor(object: Crypto.KeyObject) {
    this.bits = bitsOf(object)
    this.object = Redacted.make(object, { label: "PrivateKey" })
  }
  toString() {
    return `PrivateKey(RSA ${this.bits})`
  }
  toJSON() {
    return this.toString()
  }
  [inspect]() {
    return this.toString()
  }
}

/** An RSA public key. `publicKeyPem` prints it. */
export class PublicKey {
  readonly bits: number
  readonly object: Crypto.KeyObject
  constructor(object: Crypto.KeyObject) {
    this.bits = bitsOf(object)
    this.object = object
  }
  toString() {
    return `PublicKey(RSA ${this.bits})`
  }
  toJSON() {
    return this.toString()
  }
  [inspect]() {
    return this.toString()
  }
}

const bitsOf = (object: Crypto.KeyObject): number => object.asymmetricKeyDetails?.modulusLength ?? 0

const checked = (object: Crypto.KeyObject): Result.Result<Crypto.KeyObject, KeyError> => {
  const type = object.asymmetricKeyType ?? "unknown"
  if (type !== "rsa") return Result.fail(new KeyError({ message: `this is an ${type} key; RSA2 needs an RSA key` }))
  const bits = bitsOf(object)
  return bits < minimumBits
    ? Result.fail(new KeyError({ message: `this RSA key has ${bits} bits; RSA2 needs ${minimumBits} or more` }))
    : Result.succeed(object)
}

/**
 * Reads a private key: PEM or bare Base64, PKCS#8 or PKCS#1. Line breaks may be written as `\n`, as environment files do.
 * Refuses encrypted keys, public keys, certificates, other algorithms, and fewer than 2048 bits.
 */
export const privateKey = (pem: Redacted.Redacted<string>): Result.Result<PrivateKey, KeyError> =>
  KeyText.read(Redacted.value(pem)).pipe(
    Result.flatMap(KeyText.toPrivate),
    Result.mapError((message) => new KeyError({ message })),
    Result.flatMap(checked),
    Result.map((object) => new PrivateKey(object))
  )

/** Reads a public key: PEM or bare Base64, SPKI or PKCS#1. Refuses private keys, certificates and everything else. */
export const publicKey = (pem: string): Result.Result<PublicKey, KeyError> =>
  KeyText.read(pem).pipe(
    Result.flatMap(KeyText.toPublic),
    Result.mapError((message) => new KeyError({ message })),
    Result.flatMap(checked),
    Result.map((object) => new PublicKey(object))
  )

/** The public half. */
export const publicKeyOf = (key: PrivateKey): PublicKey =>
  new PublicKey(Crypto.createPublicKey(Redacted.value(key.object)))

/** As PEM (SPKI), with a final line break. */
export const publicKeyPem = (key: PublicKey): string => key.object.export({ type: "spki", format: "pem" }).toString()

/** Whether both are the same key. */
export const samePublicKey = (self: PublicKey, that: PublicKey): boolean => self.object.equals(that.object)

const scheme = { digest: "sha256" } as const

/** Signs the UTF-8 bytes of the text. Standard Base64. */
export const sign = (key: PrivateKey, text: string): Effect.Effect<string> =>
  Effect.map(
    Effect.flatMap(SignatureEngine, (engine) => engine.sign(scheme, Buffer.from(text, "utf8"), key.object)),
    (signature) => Buffer.from(signature).toString("base64")
  )

/** Whether the signature is that key's over that text (its UTF-8 bytes), or over those bytes. Anything that is not canonical Base64 of the right length is `false`. */
export const verify = (key: PublicKey, text: string | Uint8Array, signature: string): Effect.Effect<boolean> =>
  Effect.flatMap(SignatureEngine, (engine) => {
    if (signature.length !== Math.ceil(Math.ceil(key.bits / 8) / 3) * 4) return Effect.succeed(false)
    const bytes = Buffer.from(signature, "base64")
    return bytes.toString("base64") === signature
      ? engine.verify(scheme, typeof text === "string" ? Buffer.from(text, "utf8") : text, key.object, bytes)
      : Effect.succeed(false)
  })
