import { createHmac } from "node:crypto"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { ExchangeQuotes } from "@paylayer/core/ExchangeQuotes"
import * as Money from "@paylayer/core/Money"
import * as Price from "@paylayer/core/Price"
import type { Offer } from "@paylayer/core/Refusal"
import { ChallengeKey } from "@paylayer/http/ChallengeKey"
import * as FetchHandler from "@paylayer/http/FetchHandler"
import * as PaidRoute from "@paylayer/http/PaidRoute"
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import * as Problem from "@paylayer/http/Problem"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { offer } from "./arbitraries.ts"
import { price } from "./httpHost.ts"
import { paywall, Provider } from "./protocols.ts"

const ascii = fc.string({ unit: "grapheme-ascii", maxLength: 40 })

const key = Redacted.make(new Uint8Array(32).fill(7))
/** The price of the route is fixed, so its challenges are for any body. */
const signing = { key, request: PaymentChallenge.requestDigest({ method: "GET", resource: "/a" }) }
const later = "2999-01-01T00:00:00.000Z"

/** `Authorization: Payment` with a challenge in it, as the draft has clients send it. */
const echo = (challenge: PaymentChallenge.PaymentChallenge): string => {
  const encoded = (value: unknown) => Base64Url.encode(JSON.stringify(value))
  const parameters = {
    ...challenge,
    request: encoded(challenge.request),
    ...(challenge.opaque === undefined ? {} : { opaque: encoded(challenge.opaque) })
  }
  return `Payment ${encoded({ challenge: parameters, payload: {} })}`
}

const coinOffer = (minor: bigint): Offer => ({
  protocol: { id: "coin" } as Offer["protocol"],
  money: Money.of("CNY", minor),
  merchant: "merchant",
  headers: {},
  details: { note: "x" }
})

describe("a challenge that is given back", () => {
  const provider = new Provider()
  const services = Layer.merge(paywall(provider), Layer.succeed(ChallengeKey, key))
  const runtime = ManagedRuntime.make(services)
  afterAll(() => runtime.dispose())
  const fetch = FetchHandler.make(runtime, { price })(() => new Response("sold"))
  const told = async (authorization: string) => {
    const headers = { "x-coin": "ok:alice", authorization }
    const response = await fetch(new Request("http://localhost/a", { headers }))
    const body = await response.text()
    return response.status === 200 ? body : Result.getOrThrow(Problem.parse(body)).code
  }
  const issued = (minor: bigint, issue: Partial<PaymentChallenge.Issue> = {}) =>
    PaymentChallenge.fromOffer(coinOffer(minor), 0, { realm: "api", nonce: "n", expires: later, signing, ...issue })

  it("buys when it is ours, for this request and this price, also without its details", async () => {
    assert.strictEqual(await told(echo(issued(1500n))), "sold")
    assert.strictEqual(await told(echo(PaymentChallenge.withoutDetails(issued(1500n), { signing }))), "sold")
  })

  it("buys nothing when any of it was changed, or another host issued it", async () => {
    const ours = issued(1500n)
    const changed: ReadonlyArray<PaymentChallenge.PaymentChallenge> = [
      { ...ours, realm: "other" },
      { ...ours, method: "stub" },
      { ...ours, intent: "session" },
      { ...ours, expires: "2998-01-01T00:00:00.000Z" },
      { ...ours, request: { ...ours.request, amount: "1" } },
      { ...ours, request: { ...ours.request, recipient: "other" } },
      { ...ours, opaque: { ...ours.opaque, request: "other" } },
      { ...ours, id: `${ours.id}A` },
      PaymentChallenge.withoutDetails(ours),
      issued(1500n, { signing: { ...signing, key: Redacted.make(new Uint8Array(32)) } })
    ]
    for (const challenge of changed) assert.strictEqual(await told(echo(challenge)), "signature_invalid")
  })

  it("is told apart when it is over, for another request, for another price, or none", async () => {
    assert.strictEqual(await told(echo(issued(1500n, { expires: "2020-01-01T00:00:00.000Z" }))), "charge_expired")
    const other = PaymentChallenge.requestDigest({ method: "GET", resource: "/b" })
    assert.strictEqual(await told(echo(issued(1500n, { signing: { key, request: other } }))), "binding_mismatch")
    assert.strictEqual(await told(echo(issued(1400n))), "binding_mismatch")
    assert.strictEqual(await told("Payment e30"), "credential_malformed")
    assert.strictEqual(await told("Payment ____"), "credential_malformed")
  })

  it("is, out of an answer 402, known again by its host, and is for one body only where the price depends on it", async () => {
    const byBody = FetchHandler.make(runtime, { price: () => Effect.succeed(price) })(() => new Response("sold"))
    for (const [selling, two] of [
      [fetch, 200],
      [byBody, 409]
    ] as const) {
      const post = (body: string, headers: Readonly<Record<string, string>> = {}) =>
        selling(new Request("http://localhost/a", { method: "POST", body, headers }))
      const [first = ""] = ((await post("one")).headers.get("www-authenticate") ?? "").split(/, (?=Payment )/)
      const authorization = echo(Result.getOrThrow(PaymentChallenge.parse(first)))
      const bought = async (body: string) => (await post(body, { "x-coin": "ok:alice", authorization })).status
      assert.strictEqual(await bought("two"), two)
      assert.strictEqual(await bought("one"), 200)
    }
  })

  it("is read with its request and its opaque part as JSON, as MCP has them", async () => {
    const plain = (challenge: PaymentChallenge.PaymentChallenge) =>
      `Payment ${Base64Url.encode(JSON.stringify({ challenge, payload: {} }))}`
    assert.strictEqual(await told(plain(issued(1500n))), "sold")
    assert.strictEqual(
      await told(plain({ ...issued(1500n), expires: "2998-01-01T00:00:00.000Z" })),
      "signature_invalid"
    )
  })

  it("is issued and checked by a route whose layer got the key", async () => {
    const Route = HttpRouter.add("GET", "/a", Effect.succeed(HttpServerResponse.text("sold"))).pipe(
      Layer.provide(PaidRoute.middleware({ price }).layer),
      Layer.provide(services)
    )
    const { dispose, handler } = HttpRouter.toWebHandler(Route, { disableLogger: true })
    const ask = (headers: Readonly<Record<string, string>> = {}) =>
      handler(new Request("http://localhost/a", { headers }))
    const [first = ""] = ((await ask()).headers.get("www-authenticate") ?? "").split(/, (?=Payment )/)
    const challenge = Result.getOrThrow(PaymentChallenge.parse(first))
    assert.strictEqual(challenge.id, PaymentChallenge.mac(challenge, key))
    const codes = []
    for (const given of [challenge, { ...challenge, realm: "other" }])
      codes.push((await ask({ "x-coin": "ok:alice", authorization: echo(given) })).status)
    assert.deepStrictEqual(codes, [200, 402])
    await dispose()
  })

  it("holds for the amount of a quote that is still good, and for no other one", async () => {
    const [from, to] = ["2020-01-01T00:00:00Z", later].map((moment) => DateTime.makeUnsafe(moment))
    const pair = { source: "test", from: "CNY", to: "USD", rounding: "up", quotedAt: from!, expiresAt: to! } as const
    const selling = (rate: string) => {
      const quotes = ExchangeQuotes.fixed([{ ...pair, id: rate, rate }])
      const quoted = Layer.merge(paywall(provider).pipe(Layer.provide(quotes)), Layer.succeed(ChallengeKey, key))
      return FetchHandler.make(quoted, { price: Price.make({ CNY: "15.00" }) })(() => new Response("sold"))
    }
    const [one, other] = [selling("0.14"), selling("0.15")]
    const response = await one(new Request("http://localhost/a"))
    const challenges = (response.headers.get("www-authenticate") ?? "").split(/, (?=Payment )/)
    const dollars = challenges
      .map((text) => Result.getOrThrow(PaymentChallenge.parse(text)))
      .find((challenge) => challenge.request["currency"] === "USD")
    assert.strictEqual(dollars?.request["amount"], "210")
    const headers = { "x-coin": "ok:alice", authorization: echo(dollars!) }
    const bought = (fetch: FetchHandler.FetchHandler) => fetch(new Request("http://localhost/a", { headers }))
    assert.strictEqual((await bought(one)).status, 200)
    assert.strictEqual((await bought(other)).status, 409)
  })

  it("is not looked at by a host without a key", async () => {
    const keyless = FetchHandler.make(paywall(provider), { price })(() => new Response("sold"))
    const headers = { "x-coin": "ok:alice", authorization: "Payment e30" }
    assert.strictEqual((await keyless(new Request("http://localhost/a", { headers }))).status, 200)
  })

  it("moved nothing in all that was refused", () => {
    assert.strictEqual(provider.settled.size, 9)
  })

  // Seven places joined by |, with an empty one for the digest: what mppx computes for the same challenge and key.
  it("is signed over the places that the draft names", () => {
    const ours = issued(1500n)
    const text = [
      "api",
      "coin",
      "charge",
      Base64Url.encode('{"amount":"1500","currency":"CNY","methodDetails":{"note":"x"},"recipient":"merchant"}'),
      later,
      "",
      Base64Url.encode(`{"nonce":"${ours.opaque?.["nonce"]}","request":"${signing.request}"}`)
    ].join("|")
    assert.strictEqual(ours.id, createHmac("sha256", Redacted.value(key)).update(text).digest("base64url"))
  })
})

describe("a Payment challenge", () => {
  it("is read back as it was printed", () => {
    fc.assert(
      fc.property(
        offer,
        ascii,
        ascii,
        fc.option(ascii, { nil: undefined }),
        fc.boolean(),
        (offer, realm, nonce, expires, signed) => {
          const challenge = PaymentChallenge.fromOffer(offer, 0, {
            realm,
            nonce,
            ...(expires === undefined ? {} : { expires }),
            ...(signed ? { signing } : {})
          })
          const read = Result.getOrThrow(PaymentChallenge.parse(PaymentChallenge.print(challenge)))
          assert.deepStrictEqual(read, challenge)
        }
      )
    )
  })

  // The request of the example in draft-httpauth-payment, 5.1.3.
  it("is read as the draft writes it", () => {
    const text =
      'Payment id="x7Tg2pLqR9mKvNwY3hBcZa", realm="api.example.com", method="example", intent="charge", ' +
      'expires="2025-01-15T12:05:00Z", ' +
      'request="eyJhbW91bnQiOiIxMDAwIiwiY3VycmVuY3kiOiJVU0QiLCJyZWNpcGllbnQiOiJhY2N0XzEyMyJ9"'
    assert.deepStrictEqual(Result.getOrThrow(PaymentChallenge.parse(text)), {
      id: "x7Tg2pLqR9mKvNwY3hBcZa",
      realm: "api.example.com",
      method: "example",
      intent: "charge",
      expires: "2025-01-15T12:05:00Z",
      request: { amount: "1000", currency: "USD", recipient: "acct_123" }
    })
  })

  it("names a method as the draft's grammar has it, and never twice the same id", () => {
    fc.assert(
      fc.property(offer, (offer) => {
        const issues = [PaymentChallenge.issue("api"), PaymentChallenge.issue("api")].map(Effect.runSync)
        const challenges = issues.flatMap((issue) =>
          [0, 1].map((index) => PaymentChallenge.fromOffer(offer, index, issue))
        )
        for (const { id, method } of challenges) {
          assert.match(method, /^[a-z]+(:[a-z0-9-]+)?$/)
          assert.match(id, /^[0-9a-f]{32}(-1)?$/)
        }
        assert.strictEqual(new Set(challenges.map(({ id }) => id)).size, 4)
      })
    )
  })

  it("is refused when it is none, without an exception", () => {
    for (const text of [
      "",
      "Basic",
      "Payment ",
      'Payment id="a"',
      'Payment id="a", id="b"',
      'Payment id="a" realm="b"'
    ])
      assert.isTrue(Result.isFailure(PaymentChallenge.parse(text)), text)
    fc.assert(fc.property(fc.string(), (text) => void PaymentChallenge.parse(`Payment ${text}`)))
  })
})
