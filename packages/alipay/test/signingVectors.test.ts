/** The signing rules against what the OpenSSL command line signed: `vectors/README.md`, `vectors/make.sh`. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import type { AlipayKeys } from "../src/AlipayKeys.ts"
import * as Certificate from "../src/Certificate.ts"
import * as ContentKey from "../src/ContentKey.ts"
import { OpenPlatform } from "../src/OpenPlatform.ts"
import * as RestSigning from "../src/RestSigning.ts"
import * as Rsa2 from "../src/Rsa2.ts"
import { config, platform, rawOf, rest, type Seen, signed } from "./gateway.ts"
import { vector } from "./vectors.ts"

const method = "alipay.trade.query"
const member = "alipay_trade_query_response"
const own = Result.getOrThrow(Rsa2.privateKey(Redacted.make(vector("key.pkcs8.pem"))))
const content = Result.getOrThrow(ContentKey.read(Redacted.make(vector("content.key"))))
const keys: AlipayKeys = { own, platform: [{ key: Rsa2.publicKeyOf(own) }] }
const settings = (more: Partial<AlipayKeys> = {}, api: "v2" | "v3" = "v2") => ({
  ...config,
  privateKey: own,
  alipayPublicKey: Rsa2.publicKeyOf(own),
  api,
  keys: Effect.succeed({ ...keys, ...more })
})
const moment = 1_769_817_600_000

/** Calls once with this content; the answer, and what was sent. */
const called = (
  biz: Record<string, string>,
  more: Partial<AlipayKeys>,
  api: "v2" | "v3",
  answer: string | Response = api === "v2" ? signed(member, rawOf({ code: "10000" })) : rest("{}")
) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(moment)
    const requests: Array<{ seen: Seen; headers: Readonly<Record<string, string>>; body: string }> = []
    const layer = platform(
      (seen, { body, headers }) => {
        requests.push({ seen, headers, body: body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : "" })
        return answer
      },
      settings(more, api)
    )
    const got = yield* Effect.provide(
      OpenPlatform.use((platform) => platform.execute(method, biz)),
      layer
    )
    return { got, ...requests[0]! }
  })

describe("OpenSSL's signature is the client's, byte for byte", () => {
  it.effect("over a request of gateway v2", () =>
    Effect.gen(function* () {
      const biz = { subject: "晴天 ☀ a/b", total_amount: "15.00" }
      const { seen } = yield* called(biz, {}, "v2")
      assert.strictEqual(seen.parameters["sign"], vector("request.sign"))
    })
  )

  it.effect("over a request with encrypted content", () =>
    Effect.gen(function* () {
      const { seen } = yield* called(JSON.parse(vector("content.txt")), { content }, "v2")
      assert.strictEqual(seen.parameters["biz_content"], vector("content.aes"))
      assert.strictEqual(seen.parameters["encrypt_type"], "AES")
      assert.strictEqual(seen.parameters["sign"], vector("content-request.sign"))
    })
  )

  it.effect("over a request of REST v3", () =>
    Effect.gen(function* () {
      const [authority = "", verb = "", target = "", body = "", appAuthToken = ""] =
        vector("v3-request.txt").split("\n")
      const text = RestSigning.request({ authority, method: verb, target, body, appAuthToken })
      assert.strictEqual(text, vector("v3-request.txt"))
      assert.strictEqual(yield* Rsa2.sign(own, text), vector("v3-request.sign"))
      const parts = {
        appId: "2021000000000001",
        nonce: "eb4ade8f-8cfa-4ebf-a048-7eb52684ab32",
        timestamp: 1655869956477
      }
      assert.strictEqual(RestSigning.authority(parts), authority)
      assert.strictEqual(
        RestSigning.authority({ ...parts, appCertSerial: "0a" }),
        authority.replace(",", ",app_cert_sn=0a,")
      )
    })
  )
})

describe("OpenSSL's signature is believed", () => {
  it.effect("under an answer of gateway v2, encrypted or not", () =>
    Effect.gen(function* () {
      const plain = `{"${member}":${vector("answer.txt")},"sign":"${vector("answer.sign")}"}`
      assert.strictEqual((yield* called({}, {}, "v2", plain)).got["subject"], "晴天")
      const hidden = `{"${member}":"${vector("content-answer.aes")}","sign":"${vector("content-answer.sign")}"}`
      assert.strictEqual((yield* called({}, { content }, "v2", hidden)).got["subject"], "晴天")
    })
  )

  it.effect("under an answer of REST v3, encrypted or not", () =>
    Effect.gen(function* () {
      const answer = (body: string, signature: string) =>
        new Response(body, {
          headers: {
            "alipay-timestamp": "1655869956500",
            "alipay-nonce": "5f2c0a",
            "alipay-signature": vector(signature)
          }
        })
      const plain = answer(vector("v3-answer.body"), "v3-answer.sign")
      assert.strictEqual((yield* called({}, {}, "v3", plain)).got["url"], "https://example.com/a")
      const hidden = answer(vector("content-answer.aes"), "content-v3-answer.sign")
      assert.strictEqual((yield* called({}, { content }, "v3", hidden)).got["subject"], "晴天")
      const text = RestSigning.response({ timestamp: "1655869956500", nonce: "5f2c0a", body: vector("v3-answer.body") })
      assert.strictEqual(text, vector("v3-answer.txt"))
    })
  )
})

describe("a request", () => {
  it.effect("of REST v3 says what it signs, in the headers that are documented, with another nonce each time", () =>
    Effect.gen(function* () {
      const certificates = { app: vector("app.sn"), root: vector("root.sn") }
      const [one, two] = [
        yield* called({ out_trade_no: "order-1" }, { certificates }, "v3"),
        yield* called({ out_trade_no: "order-1" }, { content }, "v3")
      ]
      assert.strictEqual(one.seen.url.href, "https://openapi.alipay.com/v3/alipay/trade/query")
      assert.strictEqual(one.body, '{"out_trade_no":"order-1"}')
      assert.include(one.headers["content-type"], "application/json")
      assert.strictEqual(one.headers["alipay-root-cert-sn"], certificates.root)
      assert.strictEqual(two.headers["alipay-encrypt-type"], "AES")
      assert.include(two.headers["content-type"], "text/plain")
      assert.isUndefined(two.headers["alipay-root-cert-sn"])
      const nonces = new Set<string>()
      for (const { body, headers } of [one, two]) {
        const [, authority = "", sign = ""] = /^ALIPAY-SHA256withRSA (.*),sign=(.*)$/.exec(headers["authorization"]!)!
        const text = `${authority}\nPOST\n/v3/alipay/trade/query\n${body}\n`
        assert.isTrue(yield* Rsa2.verify(Rsa2.publicKeyOf(own), text, sign))
        assert.include(authority, `timestamp=${moment}`)
        nonces.add(/nonce=([^,]+)/.exec(authority)![1]!)
      }
      assert.strictEqual(nonces.size, 2)
      assert.match(
        one.headers["authorization"]!,
        new RegExp(`app_id=2021000000000001,app_cert_sn=${certificates.app},`)
      )
    })
  )

  it.effect("in certificate mode names the application's certificate and the roots, under the signature", () =>
    Effect.gen(function* () {
      const certificates = {
        app: vector("app.sn"),
        root: Certificate.rootSerial(Result.getOrThrow(Certificate.read(vector("root.crt"))))
      }
      const { seen } = yield* called({}, { certificates }, "v2")
      const { sign, ...others } = seen.parameters
      assert.strictEqual(others["app_cert_sn"], vector("app.sn"))
      assert.strictEqual(others["alipay_root_cert_sn"], vector("root.sn"))
      const text = Object.keys(others)
        .toSorted()
        .map((name) => `${name}=${others[name]}`)
        .join("&")
      assert.isTrue(yield* Rsa2.verify(Rsa2.publicKeyOf(own), text, sign!))
    })
  )
})
