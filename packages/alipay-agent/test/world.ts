/** An agent, a wallet and a merchant in one process, without a socket: everything the agent sends is kept for a look. */
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as SandboxHttpClient from "@paylayer/alipay-sandbox/SandboxHttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import { Delegations, type DelegationsConfig } from "../src/Delegations.ts"

export const wallet = "http://localhost"
export const merchant = "https://merchant.example"

/** What a merchant answers. */
export type Answer = (
  request: HttpClientRequest.HttpClientRequest
) => Effect.Effect<Response, import("effect/http/HttpClientError").HttpClientError>

export class Merchant extends Context.Service<
  Merchant,
  { readonly received: Array<HttpClientRequest.HttpClientRequest>; answer: Answer }
>()("test/Merchant") {
  static readonly layer = Layer.sync(Merchant, () => ({
    received: [],
    answer: () =>
      Effect.succeed(new Response('{"report":"growing"}', { headers: { "content-type": "application/json" } }))
  }))
}

/** One client for everything: whatever is not the merchant's is the wallet's. */
const client = Layer.effect(
  HttpClient.HttpClient,
  Effect.gen(function* () {
    const sandbox = yield* HttpClient.HttpClient
    const shop = yield* Merchant
    return HttpClient.make((request) => {
      if (!request.url.startsWith(merchant)) return sandbox.execute(request)
      shop.received.push(request)
      return Effect.map(shop.answer(request), (response) => HttpClientResponse.fromWeb(request, response))
    })
  })
).pipe(Layer.provide(SandboxHttpClient.layer))

export const config: DelegationsConfig = {
  wallet,
  clientId: "agent_market",
  clientName: "Market agent",
  merchants: [merchant]
}

export const world = (more: Partial<DelegationsConfig> = {}) =>
  Delegations.layer({ ...config, ...more }).pipe(
    Layer.provideMerge(client),
    Layer.provideMerge(Layer.mergeAll(AlipaySandbox.layer, Merchant.layer))
  )
