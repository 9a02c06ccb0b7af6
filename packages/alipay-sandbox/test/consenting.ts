/** An agent and a principal, for the tests of the consent flow: requests over HTTP, in process. */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Crypto from "node:crypto"

export const url = "http://localhost"
export const grantType = "urn:ietf:params:oauth:grant-type:device_code"

export const verifier = "v".repeat(43)

export const challengeOf = (secret: string) => Crypto.hash("sha256", secret, "base64url")

/** The request of the tests, with these terms and these other parameters. */
export const asking = (terms: object = {}, more: Readonly<Record<string, string>> = {}) => ({
  client_id: "agent_market",
  client_name: "Market agent",
  code_challenge: challengeOf(verifier),
  code_challenge_method: "S256",
  authorization_details: JSON.stringify([{ type: "alipay_agent_payment", max_total_amount: "50.00", ...terms }]),
  ...more
})

export interface Told {
  readonly status: number
  readonly body: Readonly<Record<string, any>>
}

export const send = Effect.fnUntraced(function* (path: string, form: Readonly<Record<string, string>> | string) {
  const client = yield* HttpClient.HttpClient
  const text = typeof form === "string" ? form : new URLSearchParams(form).toString()
  const response = yield* client.execute(
    HttpClientRequest.bodyText(HttpClientRequest.post(`${url}${path}`), text, "application/x-www-form-urlencoded")
  )
  return { status: response.status, body: (yield* response.json) as any } satisfies Told
})

export const open = (terms: object = {}, more: Readonly<Record<string, string>> = {}) =>
  Effect.map(send("/oauth/device_authorization", asking(terms, more)), ({ body }) => body)

export const fetchToken = (code: string, more: Readonly<Record<string, string>> = {}) =>
  send("/oauth/token", {
    grant_type: grantType,
    client_id: "agent_market",
    device_code: code,
    code_verifier: verifier,
    ...more
  })
