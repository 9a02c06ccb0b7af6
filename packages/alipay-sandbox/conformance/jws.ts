/**
 * Agent tokens signed and verified by a `SignatureEngine`, for worlds in which nothing may happen by itself. What is shipped uses
 * `jose`; that both say the same is tested.
 */
import type { Engine, Scheme } from "@paylayer/alipay/SignatureEngine"
import type * as TokenSignature from "@paylayer/alipay/TokenSignature"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"

/** How JWS writes the signatures of each algorithm. */
const schemes: { readonly [algorithm: string]: Scheme } = {
  ES256: { digest: "sha256", dsaEncoding: "ieee-p1363" },
  EdDSA: { digest: null },
  RS256: { digest: "sha256" }
}

const schemeOf = (algorithm: string): Scheme => schemes[algorithm] ?? { digest: null }

const objectOf = (key: TokenSignature.SigningKey): Crypto.KeyObject => {
  if (key instanceof Crypto.KeyObject) return key
  return key instanceof CryptoKey
    ? Crypto.KeyObject.from(key)
    : Crypto.createPrivateKey({ key: key as Crypto.JsonWebKey, format: "jwk" })
}

const base64Url = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString("base64url")

export const over = (engine: Engine): TokenSignature.Service => ({
  verify: (compact, key, algorithm) => {
    const end = compact.lastIndexOf(".")
    const signature = Buffer.from(compact.slice(end + 1), "base64url")
    return engine.verify(schemeOf(algorithm), Buffer.from(compact.slice(0, end)), key, signature)
  },
  sign: (payload, header, key) => {
    const text = `${base64Url(JSON.stringify(header))}.${base64Url(payload)}`
    const signing = engine.sign(schemeOf(header.alg), Buffer.from(text), Redacted.make(objectOf(Redacted.value(key))))
    return Effect.map(signing, (signature) => `${text}.${base64Url(signature)}`)
  }
})
