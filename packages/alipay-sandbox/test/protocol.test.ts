import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import { type Answer, call, order, type Parameters, parameters, platform, post, signed } from "./merchant.ts"

const onPlatform = <A, E>(effect: Effect.Effect<A, E, any>) =>
  effect.pipe(Effect.provide(platform)) as Effect.Effect<A, E>

const Query = "alipay.trade.query"

/** A call whose parameters are changed before it is signed, or after. */
const changed = (change: (right: Parameters) => Parameters, after = (right: Parameters) => right) =>
  onPlatform(
    Effect.gen(function* () {
      const { config } = yield* AlipaySandbox
      const right = parameters(Query, { out_trade_no: "a" }, config.app_id)
      const form = signed(change(right), Redacted.value(config.application_private_key))
      return yield* post(after(form))
    })
  )

const without = (name: string) => (right: Parameters) =>
  Object.fromEntries(Object.entries(right).filter(([other]) => other !== name))

const having = (more: Parameters) => (right: Parameters) => ({ ...right, ...more })

describe("an answer", () => {
  it.effect("is a page of 200 with a trace, signed over its own text, slashes escaped", () =>
    onPlatform(
      Effect.gen(function* () {
        const { status, headers, signature, text } = yield* call("alipay.trade.order.prepay", order("a", "1"))
        assert.strictEqual(status, 200)
        assert.strictEqual(headers["content-type"], "text/html;charset=utf-8")
        assert.match(headers["trace_id"] ?? "", /^[0-9a-f]{30}$/)
        assert.strictEqual(signature, "valid")
        const form =
          /^\{"alipay_trade_order_prepay_response":\{"code":"10000","msg":"Success","out_trade_no":"a","prepay_id":"[0-9a-f]{32}"\},"sign":"[A-Za-z0-9+/]+=*"\}$/
        assert.match(text, form)
        const { agreement_no, delegation_id } = yield* (yield* AlipaySandbox).issue({ agent_id: "did:web:a/b" })
        const slashed = yield* call("alipay.user.agreement.delegation.query", { agreement_no, delegation_id })
        assert.include(slashed.text, String.raw`"agent_id":"did:web:a\/b"`)
        assert.strictEqual(slashed.signature, "valid")
        assert.strictEqual(slashed.content["agent_id"], "did:web:a/b")
      })
    )
  )

  it.effect("is the same for parameters in the query string, in the form, and in both", () =>
    onPlatform(
      Effect.gen(function* () {
        const { config } = yield* AlipaySandbox
        const key = Redacted.value(config.application_private_key)
        const all = signed(parameters(Query, { out_trade_no: "a" }, config.app_id), key)
        const { biz_content = "", ...publicOnes } = all
        for (const answer of [yield* post(all), yield* post({}, all), yield* post({ biz_content }, publicOnes)]) {
          assert.strictEqual(answer.content["sub_code"], "ACQ.TRADE_NOT_EXIST")
          assert.strictEqual(answer.signature, "valid")
        }
      })
    )
  )
})

describe("a request is refused", () => {
  const cases: Readonly<
    Record<string, readonly [ReturnType<typeof changed>, string, string, string, Answer["signature"]]>
  > = {
    "unsigned, where it names no application": [
      changed(without("app_id")),
      "isv.missing-app-id",
      "40001",
      "error_response",
      "absent"
    ],
    "unsigned, where nobody knows its application": [
      changed(having({ app_id: "2021999999999999" })),
      "isv.invalid-app-id",
      "40002",
      "error_response",
      "absent"
    ],
    "without a method": [changed(without("method")), "isv.missing-method", "40001", "error_response", "valid"],
    "with an unknown method": [
      changed(having({ method: "alipay.agent.token.verify" })),
      "isv.invalid-method",
      "40002",
      "error_response",
      "valid"
    ],
    ...Object.fromEntries(
      (
        [
          ["without a charset", changed(without("charset")), "isv.missing-charset", "40001"],
          ["with another charset", changed(having({ charset: "GBK" })), "isv.invalid-charset", "40002"],
          ["without a signature type", changed(without("sign_type")), "isv.missing-signature-type", "40001"],
          ["with RSA", changed(having({ sign_type: "RSA" })), "isv.invalid-signature-type", "40002"],
          ["without a signature", changed((right) => right, without("sign")), "isv.missing-signature", "40001"],
          [
            "with half a signature",
            changed((right) => right, having({ sign: "AAAA" })),
            "isv.invalid-signature",
            "40002"
          ],
          [
            "with a parameter changed after signing",
            changed((right) => right, having({ biz_content: '{"out_trade_no":"b"}' })),
            "isv.invalid-signature",
            "40002"
          ],
          [
            "with a parameter added after signing",
            changed((right) => right, having({ notify_url: "http://evil" })),
            "isv.invalid-signature",
            "40002"
          ],
          ["without a version", changed(without("version")), "isv.missing-version", "40001"],
          ["with another version", changed(having({ version: "2.0" })), "isv.invalid-version", "40002"],
          ["without a time", changed(without("timestamp")), "isv.missing-timestamp", "40001"],
          [
            "with an ISO time",
            changed(having({ timestamp: "2026-11-22T20:00:00Z" })),
            "isv.invalid-timestamp",
            "40002"
          ],
          ["on 30 February", changed(having({ timestamp: "2026-02-30 20:00:00" })), "isv.invalid-timestamp", "40002"],
          ["in XML", changed(having({ format: "XML" })), "isv.invalid-format", "40002"],
          ["encrypted otherwise", changed(having({ encrypt_type: "DES" })), "isv.invalid-encrypt-type", "40002"],
          [
            "not encrypted",
            changed(having({ encrypt_type: "AES" })),
            "isv.decryption-error-not-valid-encryptkey",
            "40002"
          ],
          ["of no root", changed(having({ app_cert_sn: "a" })), "isv.missing-alipay-root-cert-sn", "40001"],
          ["of a root only", changed(having({ alipay_root_cert_sn: "a" })), "isv.missing-app-cert-sn", "40001"],
          [
            "of another certificate",
            changed(having({ app_cert_sn: "a", alipay_root_cert_sn: "a" })),
            "isv.app-cert-not-exist",
            "40002"
          ],
          ["without contents", changed(without("biz_content")), "isv.missing-biz-content", "40001"],
          ["with contents that are not JSON", changed(having({ biz_content: "{" })), "isv.invalid-parameter", "40002"],
          [
            "with a member that occurs twice",
            changed(having({ biz_content: '{"out_trade_no":"a","out_trade_no":"b"}' })),
            "isv.invalid-parameter",
            "40002"
          ],
          [
            "with contents that are no object",
            changed(having({ biz_content: "[1]" })),
            "ACQ.INVALID_PARAMETER",
            "40004"
          ]
        ] as const
      ).map(([promise, effect, sub, code]) => [
        promise,
        [effect, sub, code, "alipay_trade_query_response", "valid"] as const
      ])
    )
  }

  for (const [promise, [effect, subCode, code, member, signature]] of Object.entries(cases)) {
    it.effect(promise, () =>
      Effect.gen(function* () {
        const answer = yield* effect
        assert.deepInclude(answer, { status: 200, member, signature })
        assert.deepInclude(answer.content, { code, sub_code: subCode })
      })
    )
  }

  it.effect("with somebody else's key", () =>
    onPlatform(
      Effect.gen(function* () {
        const { config } = yield* AlipaySandbox
        const { privateKey } = Crypto.generateKeyPairSync("rsa", { modulusLength: 2048 })
        const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString()
        const answer = yield* post(signed(parameters(Query, {}, config.app_id), pem))
        assert.strictEqual(answer.content["sub_code"], "isv.invalid-signature")
        assert.strictEqual(answer.signature, "valid")
      })
    )
  )

  it.effect("with a parameter in the query string and again in the form", () =>
    onPlatform(
      Effect.gen(function* () {
        const { config } = yield* AlipaySandbox
        const all = signed(parameters(Query, {}, config.app_id), Redacted.value(config.application_private_key))
        const answer = yield* post(all, { biz_content: '{"out_trade_no":"b"}' })
        assert.strictEqual(answer.content["sub_code"], "isv.invalid-parameter")
      })
    )
  )
})

describe("a request sent again", () => {
  it.effect("is processed again and moves nothing twice", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const key = Redacted.value(sandbox.config.application_private_key)
        const token = yield* sandbox.issue()
        const { content } = yield* call("alipay.trade.order.prepay", order("a", "1.00"))
        const { agreement_no, delegation_id } = token
        const biz = { prepay_id: content["prepay_id"], agreement_no, delegation_id }
        const form = signed(parameters("alipay.trade.agent.delegation.pay", biz, sandbox.config.app_id), key)
        assert.strictEqual((yield* post(form)).content["code"], "10000")
        assert.strictEqual((yield* post(form)).content["sub_code"], "ACQ.TRADE_HAS_SUCCESS")
        assert.strictEqual((yield* sandbox.movements).length, 1)
      })
    )
  )
})
