/**
 * The agent token: a mandate that an agent carries and a merchant can check by itself.
 *
 * `alipay_agent_token_` is followed by a VC-JWT of ACT 2.1 (a compact JWT, `typ: vc+jwt`, whose `vc.credentialSubject` is an Intent
 * Authorization Credential), or by opaque characters whose terms only the Open Platform knows. The prefix comes from the
 * brief of this project, the credential from ACT; neither is a published format of Alipay's.
 *
 * - `form` tells the kinds apart without believing anything in them.
 * - `verifier` believes only an issuer's signature. It says nothing of the time: `IntentAuthorizationCredential.isInWindow`
 *   is asked on every request, so that a verified token can be remembered and costs no second signature check.
 * - `issue` makes tokens, for sandboxes and tests.
 *
 * @example
 * const verifier = yield* AgentToken.verifier({ issuers: [{ issuer: "https://trust.example", jwks }] })
 * const { credential } = yield* verifier.verify(token)
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Crypto from "node:crypto"
import { AgentTokenError, NoTerms, type Reason, SignatureInvalid } from "./AgentTokenError.ts"
import * as Iac from "./IntentAuthorizationCredential.ts"
import * as Claims from "./internal/agentTokenClaims.ts"
import * as Form from "./internal/agentTokenForm.ts"
import * as Keys from "./internal/agentTokenKeys.ts"
import * as Lru from "./internal/lru.ts"
import { type SigningKey, TokenSignature } from "./TokenSignature.ts"

/** What every agent token begins with. */
export const prefix = Form.prefix

export type { AgentTokenClaims } from "./internal/agentTokenClaims.ts"
export type { Form, Opaque, VcJwt } from "./internal/agentTokenForm.ts"
export { Algorithm, type Issuer, IssuerKeysError } from "./internal/agentTokenKeys.ts"

/**
 * What kind of token the text is: `Opaque`, `VcJwt`, or the reason why it is neither (`Malformed`, `UnsupportedVersion`). Total,
 * and linear in at most 8192 characters.
 */
export const form = (text: string): Form.Form => Form.form(text)

/** Whether `form` says so of it, without reading a JWT for that. */
export const isOpaque = (text: string): boolean => !text.includes(".") && form(text)._tag === "Opaque"

/** How tokens are verified. */
export interface VerifierConfig {
  readonly issuers: ReadonlyArray<Keys.Issuer>
  /** Allowed algorithms; all three by default. */
  readonly algorithms?: ReadonlyArray<Keys.Algorithm>
  /** Refuses tokens that name audiences without this one. A token that names none is for everyone it allows. */
  readonly audience?: string
  /** How far `nbf` and `exp` may be from the credential's window. 0 by default. */
  readonly leewaySeconds?: number
  /** The longest window that is accepted. */
  readonly maximumLifetime?: Duration.Duration
  /** How many verified tokens are remembered. 1024 by default. */
  readonly capacity?: number
}

export interface Verifier {
  /** The claims of a token that one of the issuers signed and that agrees with itself. Its time window is not checked. */
  readonly verify: (token: Redacted.Redacted<string>) => Effect.Effect<Claims.AgentTokenClaims, AgentTokenError>
}

const refuse = (reason: Reason) => Effect.fail(new AgentTokenError({ reason }))

/** Imports the issuers' keys and makes a verifier with its own memory of verified tokens. */
export const verifier = Effect.fnUntraced(function* (
  config: VerifierConfig
): Effect.fn.Return<Verifier, Keys.IssuerKeysError> {
  const keyring = yield* Keys.importAll(config.issuers)
  const signatures = yield* TokenSignature
  const verified = Lru.make<Claims.AgentTokenClaims>(config.capacity ?? 1_024)
  const algorithms = config.algorithms ?? Keys.Algorithm.literals

  const verify = Effect.fnUntraced(function* (
    token: Redacted.Redacted<string>
  ): Effect.fn.Return<Claims.AgentTokenClaims, AgentTokenError> {
    const text = Redacted.value(token)
    const digest = text.length > Form.maximumLength ? "" : Crypto.hash("sha256", text, "base64url")
    const known = verified.get(digest)
    if (known !== undefined) return known
    const parsed = Form.form(text)
    if (parsed._tag === "Opaque")
      return yield* refuse(new NoTerms({ message: "the agent token is opaque: its terms are not in it" }))
    if (parsed._tag !== "VcJwt") return yield* refuse(parsed)
    const key = Keys.select(keyring, parsed.claims["iss"], parsed.header, algorithms)
    if (Result.isFailure(key)) return yield* refuse(key.failure)
    const { algorithm, key: publicKey } = key.success
    if (!(yield* signatures.verify(Redacted.value(parsed.compact), publicKey, algorithm))) {
      return yield* refuse(new SignatureInvalid({ message: "the agent token's signature is not its issuer's" }))
    }
    const claims = Claims.check(parsed.claims, config)
    if (Result.isFailure(claims)) return yield* refuse(claims.failure)
    verified.set(digest, claims.success)
    return claims.success
  })

  return { verify }
})

/** How a token is issued. */
export interface IssueOptions {
  readonly privateKey: Redacted.Redacted<SigningKey>
  readonly issuer: string
  /** Needed where `privateKey` is no JWK: by default the one of the JWK's type. */
  readonly algorithm?: Keys.Algorithm
  readonly kid?: string
  readonly sid?: string
  readonly audience?: string | ReadonlyArray<string>
}

/** Issues a token for the credential. Amounts inside are written from their digits. Dies on a key that cannot sign. */
export const issue = Effect.fnUntraced(function* (
  iac: Iac.IntentAuthorizationCredential,
  options: IssueOptions
): Effect.fn.Return<Redacted.Redacted<string>> {
  const key = Redacted.value(options.privateKey)
  const algorithm = options.algorithm ?? ("kty" in key ? Keys.algorithmOf(key) : undefined)
  if (algorithm === undefined) return yield* Effect.die(new TypeError("AgentToken.issue needs the key's algorithm"))
  const seconds = (millis: number) => new StrictJson.JsonNumber(String(Math.floor(millis / 1_000)))
  const payload = StrictJson.stringify({
    iss: options.issuer,
    sub: iac.agent_id,
    jti: iac.delegation_id,
    iat: seconds(yield* Clock.currentTimeMillis),
    nbf: seconds(iac.validity_start_time.epochMilliseconds),
    exp: seconds(iac.validity_end_time.epochMilliseconds),
    ...(options.sid !== undefined && { sid: options.sid }),
    ...(options.audience !== undefined && { aud: options.audience }),
    act_version: Form.actVersion,
    vc: { type: ["VerifiableCredential", "ACTIntentAuthorization"], credentialSubject: Iac.encode(iac) }
  })
  const header = { alg: algorithm, typ: "vc+jwt", ...(options.kid !== undefined && { kid: options.kid }) }
  const signatures = yield* TokenSignature
  return Redacted.make(`${prefix}${yield* signatures.sign(payload, header, options.privateKey)}`)
})
