/** The claims of a verified token, checked against the credential inside. */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import { LifetimeTooLong, TermsInvalid, UnsupportedVersion, WrongAudience } from "../AgentTokenError.ts"
import * as Iac from "../IntentAuthorizationCredential.ts"
import type { Issue } from "./issues.ts"

/** What a verified token says. The time window is the caller's to check, on every request. */
export interface AgentTokenClaims {
  /** The issuer, one of those configured. */
  readonly iss: string
  /** The token's id: the credential's `delegation_id`. */
  readonly jti: string
  /** The session that the token is bound to, if it is. */
  readonly sid: string | undefined
  /** The merchants or services that the token is for; empty where it names none. */
  readonly audience: ReadonlyArray<string>
  readonly credential: Iac.IntentAuthorizationCredential
}

export interface Expectations {
  readonly audience?: string
  readonly leewaySeconds?: number
  readonly maximumLifetime?: Duration.Duration
}

type Claims = { readonly [name: string]: StrictJson.ExactJson }
type Refusal = LifetimeTooLong | TermsInvalid | UnsupportedVersion | WrongAudience

const isText = (value: unknown): value is string => typeof value === "string" && value.length > 0 && value.length <= 256

const audienceOf = (aud: StrictJson.ExactJson | undefined): ReadonlyArray<string> | undefined => {
  if (aud === undefined) return []
  const list: ReadonlyArray<unknown> = Array.isArray(aud) ? aud : [aud]
  return list.length > 0 && list.every(isText) ? list : undefined
}

const secondsOf = (value: StrictJson.ExactJson | undefined): number | undefined =>
  value instanceof StrictJson.JsonNumber && /^(?:0|[1-9][0-9]{0,11})$/.test(value.source)
    ? Number(value.source)
    : undefined

const refuse = (issues: ReadonlyArray<Issue>) =>
  Result.fail(
    new TermsInvalid({
      message: `the agent token's terms are not usable: ${issues.map(({ path, message }) => `${path}: ${message}`).join("; ")}`,
      issues
    })
  )

/** `claims` are those of a token whose signature is verified, and `iss` is known. */
export const check = (claims: Claims, expected: Expectations): Result.Result<AgentTokenClaims, Refusal> => {
  if (claims["cnf"] !== undefined) {
    return Result.fail(
      new UnsupportedVersion({ message: "the agent token is bound to a key, and proof of possession is not supported" })
    )
  }
  const subject = Predicate.hasProperty(claims["vc"], "credentialSubject") ? claims["vc"].credentialSubject : undefined
  const decoded = Iac.decode(subject as StrictJson.ExactJson)
  if (Result.isFailure(decoded)) {
    return refuse(
      decoded.failure.issues.map(({ path, message }) => ({ path: `/vc/credentialSubject${path}`, message }))
    )
  }
  const iac = decoded.success
  const { iss, jti, sub, sid, nbf, exp, iat } = claims
  const audience = audienceOf(claims["aud"])
  const issues: Array<Issue> = []
  const need = (holds: boolean, path: string, message: string) => {
    if (!holds) issues.push({ path, message })
  }
  const agrees = (claim: StrictJson.ExactJson | undefined, millis: number) => {
    const seconds = secondsOf(claim)
    return seconds !== undefined && Math.abs(seconds - Math.floor(millis / 1_000)) <= (expected.leewaySeconds ?? 0)
  }
  const start = iac.validity_start_time.epochMilliseconds
  const end = iac.validity_end_time.epochMilliseconds
  need(jti === iac.delegation_id, "/jti", "must be the credential's delegation_id")
  need(sub === iac.agent_id, "/sub", "must be the credential's agent_id")
  need(sid === undefined || isText(sid), "/sid", "must be text")
  need(audience !== undefined, "/aud", "must be text or a list of texts")
  need(nbf === undefined || agrees(nbf, start), "/nbf", "must be the credential's validity_start_time")
  need(agrees(exp, end), "/exp", "must be the credential's validity_end_time")
  need(iat === undefined || secondsOf(iat) !== undefined, "/iat", "must be whole seconds since 1970")
  if (issues.length > 0) return refuse(issues)
  if (expected.audience !== undefined && audience?.length !== 0 && !audience?.includes(expected.audience)) {
    return Result.fail(new WrongAudience({ message: "the agent token is for another audience" }))
  }
  if (expected.maximumLifetime !== undefined && end - start > Duration.toMillis(expected.maximumLifetime)) {
    const limit = Duration.format(expected.maximumLifetime)
    return Result.fail(new LifetimeTooLong({ message: `the agent token is valid for longer than ${limit}` }))
  }
  return Result.succeed({
    iss: iss as string,
    jti: iac.delegation_id,
    sid: sid as string | undefined,
    audience: audience ?? [],
    credential: iac
  })
}
