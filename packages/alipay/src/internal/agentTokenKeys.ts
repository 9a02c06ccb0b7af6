/** The issuers' public keys, imported once. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Jose from "jose"
import { importJWK } from "jose/key/import"
import * as Crypto from "node:crypto"
import { AlgorithmRefused, Malformed, UnknownIssuer, UnknownKey } from "../AgentTokenError.ts"
import * as Lru from "./lru.ts"

/** The signature algorithms that a token may use. */
export const Algorithm = Schema.Literals(["ES256", "EdDSA", "RS256"])
export type Algorithm = typeof Algorithm.Type

/** A configured issuer and the keys it signs with. */
export interface Issuer {
  readonly issuer: string
  readonly jwks: Jose.JSONWebKeySet
}

/** The keys of an issuer cannot be used. The message says which, by position, and why. */
export class IssuerKeysError extends Schema.TaggedError<IssuerKeysError>()("IssuerKeysError", {
  message: Schema.String
}) {}

/** One key, and the only algorithm it verifies. */
export interface VerificationKey {
  readonly kid: string | undefined
  readonly algorithm: Algorithm
  readonly key: Crypto.KeyObject
}

export type Keyring = ReadonlyMap<string, ReadonlyArray<VerificationKey>>

/** The algorithm that a key is for: the one it names, or the only one of its type. */
export const algorithmOf = (jwk: Jose.JWK): Algorithm | undefined => {
  const natural =
    jwk.kty === "RSA" ? "RS256" : jwk.crv === "P-256" ? "ES256" : jwk.crv === "Ed25519" ? "EdDSA" : undefined
  const named = jwk.alg === "Ed25519" ? "EdDSA" : (jwk.alg ?? natural)
  return named === natural ? natural : undefined
}

/** Instances for several merchants trust the same issuers, and importing a key takes longer than verifying with it. */
const imported = Lru.make<VerificationKey>(256)

const importKey = Effect.fnUntraced(function* (jwk: Jose.JWK, where: string) {
  const refuse = (message: string) => Effect.fail(new IssuerKeysError({ message: `${where} ${message}` }))
  if (jwk.d !== undefined) return yield* refuse("is a private key; only its public half belongs here")
  if (jwk.use !== undefined && jwk.use !== "sig") return yield* refuse("is not for signatures")
  const algorithm = algorithmOf(jwk)
  if (algorithm === undefined) return yield* refuse("is for none of ES256, EdDSA and RS256")
  const text = JSON.stringify(jwk)
  const known = imported.get(text)
  if (known !== undefined) return known
  const key = yield* Effect.tryPromise({
    try: () => importJWK(jwk, algorithm),
    catch: () => new IssuerKeysError({ message: `${where} is not a usable ${algorithm} key` })
  })
  if (key instanceof Uint8Array) return yield* refuse("is a shared secret")
  const modulus = typeof jwk.n === "string" ? Buffer.from(jwk.n, "base64url").length * 8 : 2_048
  if (modulus < 2_048) return yield* refuse(`has ${modulus} bits; RS256 needs 2048 or more`)
  const verification: VerificationKey = { kid: jwk.kid, algorithm, key: Crypto.KeyObject.from(key) }
  imported.set(text, verification)
  return verification
})

/** Imports every key of every issuer, or says which cannot be used. */
export const importAll = Effect.fnUntraced(function* (issuers: ReadonlyArray<Issuer>) {
  const keyring = new Map<string, ReadonlyArray<VerificationKey>>()
  for (const { issuer, jwks } of issuers) {
    const name = `issuer ${JSON.stringify(issuer)}`
    if (keyring.has(issuer)) return yield* new IssuerKeysError({ message: `${name} is configured twice` })
    const keys = yield* Effect.forEach(jwks.keys, (jwk, index) => importKey(jwk, `key ${index + 1} of ${name}`))
    const kids = keys.map(({ kid }) => kid)
    if (keys.length === 0) return yield* new IssuerKeysError({ message: `${name} has no keys` })
    if (keys.length > 1 && (kids.includes(undefined) || new Set(kids).size < kids.length)) {
      return yield* new IssuerKeysError({ message: `${name} has several keys, so each needs its own kid` })
    }
    keyring.set(issuer, keys)
  }
  return keyring as Keyring
})

/** The one key that a header names. With a single key the header may leave `kid` out. */
export const select = (
  keyring: Keyring,
  issuer: unknown,
  header: { readonly [name: string]: unknown },
  allowed: ReadonlyArray<Algorithm>
): Result.Result<VerificationKey, AlgorithmRefused | Malformed | UnknownIssuer | UnknownKey> => {
  const { alg, kid, crit } = header
  if (!allowed.some((algorithm) => algorithm === alg)) {
    return Result.fail(new AlgorithmRefused({ message: `the agent token is not signed with ${allowed.join(", ")}` }))
  }
  if (crit !== undefined) {
    return Result.fail(new AlgorithmRefused({ message: "the agent token has critical header extensions" }))
  }
  if (typeof issuer !== "string")
    return Result.fail(new Malformed({ message: "the agent token has no issuer: no iss" }))
  const keys = keyring.get(issuer)
  if (keys === undefined)
    return Result.fail(new UnknownIssuer({ message: "the agent token's issuer is not configured" }))
  const [only] = keys
  const key =
    kid === undefined && keys.length === 1 ? only : keys.find((key) => key.kid !== undefined && key.kid === kid)
  if (key === undefined) {
    const message =
      kid === undefined
        ? "the agent token does not say which key signed it"
        : "the agent token's key is not its issuer's"
    return Result.fail(new UnknownKey({ message }))
  }
  return key.algorithm === alg
    ? Result.succeed(key)
    : Result.fail(new AlgorithmRefused({ message: "the agent token's algorithm is not that of its key" }))
}
