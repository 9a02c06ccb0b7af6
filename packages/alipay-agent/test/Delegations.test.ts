import { assert, describe, it } from "@effect/vitest"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as SandboxPrincipal from "@paylayer/alipay-sandbox/SandboxPrincipal"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { Delegations } from "../src/Delegations.ts"
import { config, Merchant, merchant, wallet, world } from "./world.ts"

const effect = (name: string, test: Effect.Effect<void, unknown, any>) =>
  it.effect(name, () => test.pipe(Effect.provide(world())) as Effect.Effect<void, unknown>)

const report = { url: `${merchant}/report`, body: { market: "tea" } }

const request = (ask: Parameters<Delegations["Service"]["request"]>[0] = { max_total_amount: "50.00" }) =>
  Delegations.use((delegations) => delegations.request(ask))

const present = (id: string, call: Parameters<Delegations["Service"]["present"]>[1] = report) =>
  Delegations.use((delegations) => delegations.present(id, call))

const list = Delegations.use((delegations) => delegations.list)

const granted = Effect.fnUntraced(function* (changes: SandboxPrincipal.Changes = {}) {
  const asked = yield* request({ max_total_amount: "50.00", max_single_amount: "15.00", times_limit: 3, sid: "s-1" })
  const principal = yield* SandboxPrincipal.make()
  yield* principal.approve(asked.consentUri, changes)
  const [token] = yield* AlipaySandbox.use((sandbox) => sandbox.tokens)
  return { ...asked, principal, token: Redacted.value(token!.token), delegationId: token!.id }
})

describe("a delegation", () => {
  effect(
    "is awaited, then held with what was granted and what is left, then what the principal makes of it",
    Effect.gen(function* () {
      const asked = yield* request({ max_total_amount: "50.00", allowed_categories: ["7375", "5734"] })
      assert.match(asked.userCode, /^[A-Z]{4}-[A-Z]{4}$/)
      assert.deepInclude((yield* list)[0], { state: "awaiting-consent", consentUri: asked.consentUri })
      const principal = yield* SandboxPrincipal.make()
      yield* principal.approve(asked.consentUri, { max_total_amount: "20.00", allowed_categories: "7375" })
      yield* TestClock.adjust("2 seconds")
      const [held] = yield* list
      assert.deepInclude(held, { state: "active", remaining_amount: "20.00" })
      assert.deepInclude(held!.granted, {
        max_total_amount: Money.of("CNY", 2_000n),
        allowed_categories: ["7375"],
        validity_end_time: "1970-01-01T01:00:00.000Z"
      })
      assert.notProperty(held, "consentUri")
      const [token] = yield* AlipaySandbox.use((sandbox) => sandbox.tokens)
      for (const [act, state] of [
        ["suspend", "suspended"],
        ["resume", "active"],
        ["revoke", "revoked"]
      ] as const) {
        yield* principal.act(wallet, token!.id, act)
        assert.strictEqual((yield* list)[0]!.state, state)
      }
    })
  )

  effect(
    "that was refused, or waited for too long, is held as that",
    Effect.gen(function* () {
      const [one] = [yield* request(), yield* request()]
      const principal = yield* SandboxPrincipal.make()
      yield* principal.refuse(one.consentUri)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(
        (yield* list).map(({ state }) => state),
        ["refused", "awaiting-consent"]
      )
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(
        (yield* list).map(({ state }) => state),
        ["refused", "request-expired"]
      )
      const error = yield* Effect.flip(present(one.id))
      assert.deepInclude(error, { reason: "not-granted", moved: "no" })
    })
  )

  effect(
    "is asked after no more often than the wallet wants",
    Effect.gen(function* () {
      const asked = yield* request()
      yield* list
      const principal = yield* SandboxPrincipal.make()
      yield* principal.approve(asked.consentUri)
      assert.strictEqual((yield* list)[0]!.state, "awaiting-consent")
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* list)[0]!.state, "active")
    })
  )

  effect(
    "that the wallet does not take is refused with the wallet's reason",
    Effect.gen(function* () {
      const error = yield* Effect.flip(request({ max_total_amount: "1.001" }))
      assert.strictEqual(error.reason, "wallet-refused")
      assert.include(error.message, "decimals")
    })
  )
})

describe("a paid call", () => {
  effect(
    "carries the token, its session and a key of its own, and the answer has none of the token",
    Effect.gen(function* () {
      const { id, token } = yield* granted()
      const shop = yield* Merchant
      shop.answer = () => Effect.succeed(new Response(`you sent ${token}`, { status: 201 }))
      const answers = [yield* present(id), yield* present(id, { ...report, idempotency_key: "order-17" })]
      assert.deepStrictEqual(
        answers.map(({ body, status }) => [status, body]),
        [
          [201, "you sent (token)"],
          [201, "you sent (token)"]
        ]
      )
      const [one, other] = shop.received
      assert.deepInclude(one!.headers, { "x-alipay-agent-token": token, "x-alipay-session-id": "s-1" })
      assert.strictEqual(one!.headers["idempotency-key"], answers[0]!.idempotencyKey)
      assert.strictEqual(other!.headers["idempotency-key"], "order-17")
      assert.match(answers[0]!.idempotencyKey, /^[\w-]{43}$/)
    })
  )

  effect(
    "goes to the merchants that are configured, and to no look-alike",
    Effect.gen(function* () {
      const { id } = yield* granted()
      for (const url of [
        "https://evil.example/report",
        "http://merchant.example/report",
        "https://merchant.example:8443/report",
        "https://merchant.example.evil.example/",
        "https://evil.example/?https://merchant.example",
        "https://user:secret@merchant.example/report",
        "https://evil.example\\@merchant.example/",
        "/report",
        "javascript:alert(1)"
      ]) {
        const error = yield* Effect.flip(present(id, { url }))
        assert.include(["merchant-not-allowed", "invalid-call"], error.reason, url)
        assert.strictEqual(error.moved, "no")
      }
      assert.deepStrictEqual((yield* Merchant).received, [])
    })
  )

  effect(
    "is sent once and not after a redirect",
    Effect.gen(function* () {
      const { id } = yield* granted()
      const shop = yield* Merchant
      shop.answer = () =>
        Effect.succeed(new Response("", { status: 307, headers: { location: "https://evil.example" } }))
      assert.strictEqual((yield* present(id)).status, 307)
      assert.lengthOf(shop.received, 1)
    })
  )

  const silent = {
    "that is cut off": (shop: Merchant["Service"]) => {
      shop.answer = (request) =>
        Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({ request, cause: "reset" })
          })
        )
    },
    "that answers without end": (shop: Merchant["Service"]) => {
      shop.answer = () => Effect.succeed(new Response("x".repeat(300_000)))
    }
  }
  for (const [name, arrange] of Object.entries(silent)) {
    effect(
      `to a merchant ${name} says that money may have moved, and with which key to ask again`,
      Effect.gen(function* () {
        const { id, token } = yield* granted()
        const shop = yield* Merchant
        arrange(shop)
        const error = yield* Effect.flip(present(id))
        assert.deepInclude(error, { reason: "merchant-unavailable", moved: "unknown" })
        assert.strictEqual(error.idempotencyKey, shop.received[0]!.headers["idempotency-key"])
        assert.notInclude(JSON.stringify(error), token)
      })
    )
  }

  effect(
    "before the principal approved is not made, and names the page",
    Effect.gen(function* () {
      const asked = yield* request()
      const error = yield* Effect.flip(present(asked.id))
      assert.strictEqual(error.reason, "not-granted")
      assert.include(error.message, asked.consentUri)
      assert.strictEqual((yield* Effect.flip(present("delegation_9"))).reason, "unknown-delegation")
      assert.deepStrictEqual((yield* Merchant).received, [])
    })
  )
})

describe("a wallet", () => {
  /** A wallet whose answers are changed on their way. */
  const lying = (path: string, change: (body: any) => unknown, status?: number) =>
    Layer.effect(
      HttpClient.HttpClient,
      Effect.map(HttpClient.HttpClient, (honest) =>
        HttpClient.make((request) =>
          Effect.flatMap(honest.execute(request), (response) =>
            !request.url.includes(path)
              ? Effect.succeed(response)
              : Effect.map(response.json, (body) =>
                  HttpClientResponse.fromWeb(
                    request,
                    new Response(JSON.stringify(change(body)), { status: status ?? response.status })
                  )
                )
          )
        )
      )
    )

  const lies = {
    "that is somebody else": ["well-known", (body: any) => ({ ...body, issuer: "https://evil.example" }), "untrusted"],
    "that sends the agent elsewhere": [
      "well-known",
      (body: any) => ({ ...body, device_authorization_endpoint: "https://evil.example/x" }),
      "untrusted"
    ],
    "that sends the principal elsewhere": [
      "device_authorization",
      (body: any) => ({ ...body, verification_uri_complete: "http://localhost.evil.example/" }),
      "untrusted"
    ],
    "that answers another request": ["oauth/token", (body: any) => ({ ...body, state: "x" }), "untrusted"],
    "that gives no agent token": ["oauth/token", (body: any) => ({ ...body, access_token: "secret" }), "untrusted"],
    "that gives another agent's": [
      "oauth/token",
      (body: any) => ({
        ...body,
        authorization_details: [{ ...body.authorization_details[0], agent_id: "another" }]
      }),
      "untrusted"
    ],
    "that gives no terms": ["oauth/token", (body: any) => ({ ...body, authorization_details: [] }), "untrusted"],
    "that answers no JSON object": ["oauth/token", () => [], "unavailable"]
  } as const

  for (const [name, [path, change, reason]] of Object.entries(lies)) {
    it.effect(`${name} is not believed`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.gen(function* () {
          const asked = yield* request()
          const principal = yield* SandboxPrincipal.make()
          yield* principal.approve(asked.consentUri)
          return yield* list
        }).pipe(
          Effect.provide(
            Delegations.layer(config).pipe(Layer.provideMerge(lying(path, change)), Layer.provideMerge(world()))
          ),
          Effect.flip
        )
        assert.deepInclude(error, { _tag: "DelegationError", reason: `wallet-${reason}` })
      })
    )
  }
})
