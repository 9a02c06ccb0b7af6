/**
 * The wallet as an OAuth authorization server: metadata (RFC 8414), device authorization (RFC 8628) with authorization details
 * (RFC 9396), tokens, introspection (RFC 7662).
 */
import * as AgentToken from "@paylayer/alipay/AgentToken"
import * as Iac from "@paylayer/alipay/IntentAuthorizationCredential"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { type DelegationError, refuse } from "../DelegationError.ts"
import * as Http from "./http.ts"

type Json = { readonly [name: string]: StrictJson.ExactJson }

const isObject = (value: unknown): value is Json =>
  Predicate.isObject(value) && !Array.isArray(value) && !(value instanceof StrictJson.JsonNumber)

const untrusted = (message: string) => Effect.fail(refuse("wallet-untrusted", `the wallet's answer ${message}`))

const textOf = (json: Json, name: string) => {
  const value = json[name]
  return typeof value === "string" && value !== ""
    ? Effect.succeed(value)
    : Effect.fail(refuse("wallet-untrusted", `the wallet's answer has no ${name}`))
}

const secondsOf = (json: Json, name: string, otherwise: number): number => {
  const value = json[name]
  return value instanceof StrictJson.JsonNumber && /^\d{1,9}$/.test(value.source) ? Number(value.source) : otherwise
}

/** A request that waits for the principal. */
export interface Opened {
  readonly deviceCode: Redacted.Redacted<string>
  readonly userCode: string
  readonly consentUri: string
  readonly expiresIn: number
  readonly interval: number
}

/** What a principal granted. */
export interface Granted {
  readonly token: Redacted.Redacted<string>
  readonly sid: string | undefined
  readonly terms: Iac.IntentAuthorizationCredential
}

/** What the wallet says of a token now. */
export interface Standing {
  /** `ACTIVE`, `SUSPENDED`, `REVOKED`, `EXPIRED`, `EXHAUSTED`; `UNKNOWN` where the wallet knows no such token. */
  readonly status: string
  readonly active: boolean
  readonly remainingAmount: string | undefined
  readonly remainingCount: number | undefined
}

export interface Wallet {
  readonly open: (form: Readonly<Record<string, string>>) => Effect.Effect<Opened, DelegationError>
  /** The token, or the error code of RFC 8628 that says why there is none. */
  readonly fetch: (
    deviceCode: Redacted.Redacted<string>,
    verifier: Redacted.Redacted<string>,
    state: string
  ) => Effect.Effect<Granted | string, DelegationError>
  readonly introspect: (token: Redacted.Redacted<string>) => Effect.Effect<Standing, DelegationError>
}

const waiting = new Set(["authorization_pending", "slow_down", "access_denied", "expired_token"])

const termsOf = (json: Json) => {
  const details = json["authorization_details"]
  const detail = Array.isArray(details) && details.length === 1 ? details[0] : undefined
  if (!isObject(detail) || detail["type"] !== "alipay_agent_payment") return untrusted("has no authorization_details")
  const { sid, type: _, ...iac } = detail
  const terms = Iac.decode(iac)
  if (Result.isFailure(terms)) return untrusted(`has terms that cannot be read: ${terms.failure.message}`)
  return Effect.succeed({ terms: terms.success, sid: typeof sid === "string" ? sid : undefined })
}

/** The wallet at this address, for this agent. */
export const make = (client: HttpClient.HttpClient, issuer: string, clientId: string): Wallet => {
  const ask = Effect.fnUntraced(function* (request: HttpClientRequest.HttpClientRequest) {
    const answer = yield* Effect.mapError(Http.send(client, request), () =>
      refuse("wallet-unavailable", `the wallet at ${issuer} gave no answer`)
    )
    const json = StrictJson.parseExact(answer.text, { bytes: 256 * 1024 })
    return Result.isSuccess(json) && isObject(json.success)
      ? { status: answer.status, json: json.success }
      : yield* refuse("wallet-unavailable", `the wallet at ${issuer} answered HTTP ${answer.status}, and no JSON`)
  })

  let known: Json | undefined
  /** RFC 8414: the issuer must name itself, and each address must be its own. */
  const endpoint = Effect.fnUntraced(function* (name: string) {
    if (known === undefined) {
      const { json, status } = yield* ask(HttpClientRequest.get(`${issuer}/.well-known/oauth-authorization-server`))
      if (status !== 200 || json["issuer"] !== issuer) return yield* untrusted(`is not the metadata of ${issuer}`)
      known = json
    }
    const address = yield* textOf(known, name)
    return address.startsWith(`${issuer}/`) ? address : yield* untrusted(`names a ${name} that is somewhere else`)
  })

  const post = Effect.fnUntraced(function* (name: string, form: Readonly<Record<string, string>>) {
    const address = yield* endpoint(name)
    return yield* ask(HttpClientRequest.bodyUrlParams(HttpClientRequest.post(address), form))
  })

  const refusal = (json: Json) => {
    const [code, description] = [json["error"], json["error_description"]]
    const message = [code, description].filter((part) => typeof part === "string").join(": ")
    return refuse("wallet-refused", message === "" ? "the wallet refused, and said nothing" : message.slice(0, 500))
  }

  return {
    open: Effect.fnUntraced(function* (form) {
      const { json, status } = yield* post("device_authorization_endpoint", { ...form, client_id: clientId })
      if (status !== 200) return yield* refusal(json)
      const consentUri = yield* textOf(json, "verification_uri_complete")
      if (!consentUri.startsWith(`${issuer}/`)) return yield* untrusted("names a consent page that is somewhere else")
      return {
        deviceCode: Redacted.make(yield* textOf(json, "device_code")),
        userCode: yield* textOf(json, "user_code"),
        consentUri,
        expiresIn: secondsOf(json, "expires_in", 600),
        interval: secondsOf(json, "interval", 5)
      }
    }),
    fetch: Effect.fnUntraced(function* (deviceCode, verifier, state) {
      const { json, status } = yield* post("token_endpoint", {
        grant_type: "urn:ietf:params:oauth:grant-type:device_code",
        client_id: clientId,
        device_code: Redacted.value(deviceCode),
        code_verifier: Redacted.value(verifier)
      })
      const error = json["error"]
      if (typeof error === "string" && waiting.has(error)) return error
      if (status !== 200) return yield* refusal(json)
      if (json["state"] !== state) return yield* untrusted("is to another request")
      const token = yield* textOf(json, "access_token")
      const form = AgentToken.form(token)
      if (form._tag !== "VcJwt" && form._tag !== "Opaque") return yield* untrusted("holds no agent token")
      const granted = yield* termsOf(json)
      if (granted.terms.agent_id !== clientId) return yield* untrusted("is for another agent")
      return { token: Redacted.make(token), ...granted }
    }),
    introspect: Effect.fnUntraced(function* (token) {
      const { json, status } = yield* post("introspection_endpoint", { token: Redacted.value(token) })
      if (status !== 200) return yield* refusal(json)
      const { active, remaining_amount, status: standing } = json
      return {
        active: active === true,
        status: typeof standing === "string" ? standing : "UNKNOWN",
        remainingAmount: remaining_amount instanceof StrictJson.JsonNumber ? remaining_amount.source : undefined,
        remainingCount: "remaining_count" in json ? secondsOf(json, "remaining_count", 0) : undefined
      }
    })
  }
}
