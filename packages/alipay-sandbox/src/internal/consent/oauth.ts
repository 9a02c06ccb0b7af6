/**
 * The agent's side over HTTP: metadata (RFC 8414), device authorization (RFC 8628) with PKCE (RFC 7636) and authorization details
 * (RFC 9396), the token, and introspection (RFC 7662).
 *
 * Secrets travel in bodies only.
 */
import * as Iac from "@paylayer/alipay/IntentAuthorizationCredential"
import * as Money from "@paylayer/core/Money"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { AlipaySandbox, type Token } from "../../AlipaySandbox.ts"
import type { Status } from "../delegation.ts"
import * as RequestBody from "../requestBody.ts"
import * as Asking from "./asking.ts"
import * as Requests from "./requests.ts"
import * as Secrets from "./secrets.ts"

const grantType = "urn:ietf:params:oauth:grant-type:device_code"

type Json = { readonly [name: string]: StrictJson.ExactJson }

const json = (body: Json, status = 200): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(StrictJson.stringify(body), {
    status,
    contentType: "application/json",
    headers: { "cache-control": "no-store", pragma: "no-cache" }
  })

const refuse = (error: Asking.OAuthError, status = 400) => json({ ...error }, status)

const int = (value: number) => new StrictJson.JsonNumber(String(Math.floor(value)))

const hostOf = (request: HttpServerRequest): string => `http://${request.headers["host"]}`

const metadata = (issuer: string): Json => ({
  issuer,
  device_authorization_endpoint: `${issuer}/oauth/device_authorization`,
  token_endpoint: `${issuer}/oauth/token`,
  introspection_endpoint: `${issuer}/oauth/introspect`,
  response_types_supported: [],
  grant_types_supported: [grantType],
  code_challenge_methods_supported: ["S256"],
  token_endpoint_auth_methods_supported: ["none"],
  authorization_details_types_supported: [Asking.detailType]
})

/** What a principal granted, as an authorization detail. */
const detailOf = ({ sid, terms }: Token): Json => ({
  type: Asking.detailType,
  ...(Iac.encode(terms) as Json),
  ...(sid !== undefined && { sid })
})

/** The gateway's states in the words of an introspection. */
const states: { readonly [S in Status]: string } = {
  SIGNING: "PENDING",
  NORMAL: "ACTIVE",
  FINISHED: "EXHAUSTED",
  CANCELLED: "REVOKED",
  EXPIRED: "EXPIRED",
  TERMINATE: "REVOKED",
  INVALID: "SUSPENDED"
}

const introspection = (token: Token, now: number): Json => ({
  active: token.status === "NORMAL" && token.terms.validity_start_time.epochMilliseconds <= now,
  status: states[token.status],
  token_type: "Bearer",
  client_id: token.terms.agent_id,
  sub: token.terms.delegator_identity,
  jti: token.delegation_id,
  nbf: int(token.terms.validity_start_time.epochMilliseconds / 1_000),
  exp: int(token.terms.validity_end_time.epochMilliseconds / 1_000),
  remaining_amount: new StrictJson.JsonNumber(Money.decimalString(token.remaining)),
  ...(token.remaining_times !== undefined && { remaining_count: int(token.remaining_times) }),
  authorization_details: [detailOf(token)]
})

const progress: { readonly [K in Exclude<Requests.Progress["_tag"], "Approved">]: Asking.OAuthError } = {
  Unknown: Asking.oauthError("invalid_grant", "no request has this device_code, client_id and code_verifier"),
  TooFast: Asking.oauthError("slow_down", `ask every ${Requests.interval} seconds`),
  Waiting: Asking.oauthError("authorization_pending", "the principal has not decided yet"),
  Expired: Asking.oauthError("expired_token", "the request is over"),
  Refused: Asking.oauthError("access_denied", "the principal refused")
}

/** The form of a request, or the answer to one that has none. */
const formOf = (request: HttpServerRequest) =>
  (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() === "application/x-www-form-urlencoded"
    ? RequestBody.text(request).pipe(
        Effect.flatMap((body) => Effect.fromResult(Result.mapError(Asking.parameters(body), (error) => refuse(error))))
      )
    : Effect.fail(refuse(Asking.oauthError("invalid_request", "send application/x-www-form-urlencoded")))

/** The routes, over these requests. */
export const oauth = (requests: Requests.Requests) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const sandbox = yield* AlipaySandbox

      const ask = (request: HttpServerRequest, form: ReadonlyMap<string, string>, now: number) => {
        const asked = Asking.read(form, now)
        if (Result.isFailure(asked)) return refuse(asked.failure)
        const opened = requests.open(asked.success, now)
        if (opened === undefined) {
          return refuse(Asking.oauthError("temporarily_unavailable", "too many requests wait for consent"), 503)
        }
        const page = `${hostOf(request)}/consent/${opened.request.handle}`
        return json({
          device_code: opened.deviceCode,
          user_code: opened.request.userCode,
          verification_uri: page,
          verification_uri_complete: page,
          expires_in: int(Requests.lifetime / 1_000),
          interval: int(Requests.interval)
        })
      }

      const fetch = Effect.fnUntraced(function* (form: ReadonlyMap<string, string>, now: number) {
        if (form.get("grant_type") !== grantType) {
          return refuse(Asking.oauthError("unsupported_grant_type", `grant_type is ${grantType}`))
        }
        const [code, client, verifier] = ["device_code", "client_id", "code_verifier"].map(
          (name) => form.get(name) ?? ""
        )
        const step = requests.progress(code!, client!, verifier!, now)
        if (step._tag !== "Approved") return refuse(progress[step._tag])
        const token = yield* Effect.orDie(sandbox.token(step.tokenId))
        const { state } = step.request.asked
        return json({
          access_token: Redacted.value(token.token),
          token_type: "Bearer",
          expires_in: int(Math.max(0, (token.terms.validity_end_time.epochMilliseconds - now) / 1_000)),
          authorization_details: [detailOf(token)],
          ...(state !== undefined && { state })
        })
      })

      const introspect = Effect.fnUntraced(function* (form: ReadonlyMap<string, string>, now: number) {
        const text = form.get("token")
        if (text === undefined) return refuse(Asking.oauthError("invalid_request", "token is missing"))
        const tokens = yield* sandbox.tokens
        const found = tokens.find(({ token }) => Secrets.same(Redacted.value(token), text))
        return json(found === undefined ? { active: false } : introspection(found, now))
      })

      const post = (
        path: `/${string}`,
        answer: (
          request: HttpServerRequest,
          form: ReadonlyMap<string, string>,
          now: number
        ) => Effect.Effect<HttpServerResponse.HttpServerResponse>
      ) =>
        router.add("POST", path, (request) =>
          formOf(request).pipe(
            Effect.matchEffect({
              onFailure: Effect.succeed,
              onSuccess: (form) => Effect.flatMap(Clock.currentTimeMillis, (now) => answer(request, form, now))
            })
          )
        )

      yield* router.add("GET", "/.well-known/oauth-authorization-server", (request) =>
        Effect.succeed(json(metadata(hostOf(request))))
      )
      yield* post("/oauth/device_authorization", (request, form, now) => Effect.sync(() => ask(request, form, now)))
      yield* post("/oauth/token", (_, form, now) => fetch(form, now))
      yield* post("/oauth/introspect", (_, form, now) => introspect(form, now))
    })
  )
