/**
 * Sending a paid call: to merchants that are allowed, once, and with the truth about what may have moved.
 */
import * as Receipt from "@paylayer/core/Receipt"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { DelegationError, refuse } from "../DelegationError.ts"
import type { PaidAnswer, PaidCall } from "../PaidCall.ts"
import * as Http from "./http.ts"

const isLoopback = ({ hostname }: URL): boolean => ["127.0.0.1", "localhost", "[::1]"].includes(hostname)

/** The request without the token. The merchant must be one of these origins, and be reached over TLS or on this machine. */
export const prepare = (
  { body, method = "POST", url }: PaidCall,
  merchants: ReadonlySet<string>
): Effect.Effect<HttpClientRequest.HttpClientRequest, DelegationError> => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || parsed.username !== "" || parsed.password !== "") {
    return Effect.fail(refuse("invalid-call", "url is no absolute address without credentials"))
  }
  if (!merchants.has(parsed.origin)) {
    return Effect.fail(refuse("merchant-not-allowed", `tokens are not sent to ${parsed.origin}`))
  }
  if (parsed.protocol !== "https:" && !isLoopback(parsed)) {
    return Effect.fail(refuse("merchant-not-allowed", "tokens are sent over https only"))
  }
  if (method === "GET" && body !== undefined) {
    return Effect.fail(refuse("invalid-call", "a GET has no body"))
  }
  const request = HttpClientRequest.make(method)(parsed.href)
  return Effect.succeed(body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, body))
}

/** Sends it with these headers and the key. */
export const send = (
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest,
  idempotencyKey: string,
  token: Redacted.Redacted<string>,
  headers: Readonly<Record<string, string>>
): Effect.Effect<PaidAnswer, DelegationError> =>
  Http.send(client, HttpClientRequest.setHeaders(request, { ...headers, "idempotency-key": idempotencyKey })).pipe(
    Effect.map((answer) => {
      const header = answer.headers[Receipt.header]
      return {
        status: answer.status,
        contentType: answer.headers["content-type"],
        body: answer.text.replaceAll(Redacted.value(token), "(token)"),
        receipt: header === undefined ? undefined : Result.getOrUndefined(Receipt.fromHeader(header)),
        idempotencyKey
      }
    }),
    // The client's own error holds the request, and with it the token.
    Effect.mapError(
      () =>
        new DelegationError({
          reason: "merchant-unavailable",
          message: "the merchant gave no answer; repeat the call with this idempotency key, never without it",
          moved: "unknown",
          idempotencyKey
        })
    )
  )
