/** REST v3 as a stranger meets it: requests signed with node:crypto alone, and each way in which one can be wrong. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import { order, platform } from "./merchant.ts"

interface Request {
  readonly appId?: string
  readonly verb?: "GET" | "POST"
  readonly path?: string
  readonly nonce?: string
  readonly timestamp?: number | undefined
  readonly body?: unknown
  /** What is signed instead of the body. */
  readonly over?: string
  readonly headers?: Readonly<Record<string, string>>
}

const prepay = "/v3/alipay/trade/order/prepay"
let nonces = 0

const call = Effect.fnUntraced(function* (request: Request = {}) {
  const { config } = yield* AlipaySandbox
  const client = yield* HttpClient.HttpClient
  const { path = prepay, verb = "POST" } = request
  const body = verb === "GET" ? "" : JSON.stringify(request.body ?? order("order_1", "1.00"))
  const timestamp = "timestamp" in request ? request.timestamp : 0
  const authority = [
    `app_id=${request.appId ?? config.app_id}`,
    `nonce=${request.nonce ?? `n${++nonces}`}`,
    ...(timestamp === undefined ? [] : [`timestamp=${timestamp}`])
  ].join(",")
  const text = `${authority}\n${verb}\n${path}\n${request.over ?? body}\n`
  const key = Redacted.value(config.application_private_key)
  const sign = Crypto.sign("RSA-SHA256", Buffer.from(text), key).toString("base64")
  const headers = { authorization: `ALIPAY-SHA256withRSA ${authority},sign=${sign}`, ...request.headers }
  const response = yield* client.execute(
    HttpClientRequest.make(verb)(`http://127.0.0.1${path}`, { headers }).pipe(
      verb === "GET" ? (self) => self : HttpClientRequest.bodyText(body, "application/json")
    )
  )
  const answer = yield* response.text
  const { "alipay-nonce": nonce, "alipay-signature": signature, "alipay-timestamp": time } = response.headers
  const signed = Buffer.from(`${time}\n${nonce}\n${answer}\n`)
  return {
    status: response.status,
    content: JSON.parse(answer) as Record<string, string>,
    signed:
      signature !== undefined &&
      Crypto.verify("RSA-SHA256", signed, config.alipay_public_key, Buffer.from(signature, "base64"))
  }
})

const onPlatform = <A, E>(effect: Effect.Effect<A, E, AlipaySandbox | HttpClient.HttpClient>) =>
  Effect.provide(effect, platform)

describe("a request of REST v3", () => {
  it.effect("that is right is answered 200 and signed over time, nonce and body", () =>
    onPlatform(
      Effect.gen(function* () {
        const { content, signed, status } = yield* call()
        assert.deepStrictEqual([status, signed, content["out_trade_no"]], [200, true, "order_1"])
        assert.notProperty(content, "code")
      })
    )
  )

  const rows: ReadonlyArray<readonly [string, Request, code: string, signed: boolean]> = [
    ["without a time", { timestamp: undefined }, "missing-timestamp", false],
    ["of nobody's application", { appId: "2021000000000002" }, "invalid-app-id", false],
    ["ten minutes and a millisecond old", { timestamp: -600_001 }, "invalid-timestamp", true],
    ["of a time that is none", { timestamp: Number.NaN }, "invalid-timestamp", true],
    ["of an unknown method", { path: "/v3/alipay/trade/orders" }, "invalid-method", true],
    ["of another verb", { verb: "GET" }, "invalid-method", true],
    ["with another body than was signed", { over: "{}" }, "invalid-signature", true],
    ["without a nonce", { nonce: "" }, "invalid-nonce", true],
    ["that signs no token, but sends one", { headers: { "alipay-app-auth-token": "t" } }, "invalid-signature", true],
    ["that names a root only", { headers: { "alipay-root-cert-sn": "a" } }, "missing-app-cert-sn", true],
    [
      "that is encrypted in name only",
      { headers: { "alipay-encrypt-type": "AES" } },
      "decryption-error-not-valid-encryptkey",
      true
    ],
    [
      "about nothing that exists",
      { path: "/v3/alipay/trade/query", body: { out_trade_no: "x" } },
      "ACQ.TRADE_NOT_EXIST",
      true
    ]
  ]
  for (const [name, request, code, signed] of rows) {
    it.effect(`${name} is refused`, () =>
      onPlatform(
        Effect.gen(function* () {
          const answer = yield* call(request)
          assert.deepStrictEqual([answer.status, answer.content["code"], answer.signed], [400, code, signed])
          assert.isString(answer.content["message"])
        })
      )
    )
  }

  it.effect("is good once", () =>
    onPlatform(
      Effect.gen(function* () {
        assert.strictEqual((yield* call({ nonce: "once" })).status, 200)
        assert.strictEqual((yield* call({ nonce: "once" })).content["code"], "invalid-nonce")
      })
    )
  )
})
