import { assert, describe, it } from "@effect/vitest"
import * as SigningContent from "../src/SigningContent.ts"
import { vector } from "./vectors.ts"

describe("SigningContent", () => {
  it("is the text that OpenSSL signed in the vectors", () => {
    const content = SigningContent.make({
      version: "1.0",
      timestamp: "2026-01-31 08:00:00",
      sign: "anything",
      sign_type: "RSA2",
      notify_url: "",
      app_auth_token: undefined,
      method: "alipay.trade.query",
      format: "JSON",
      charset: "utf-8",
      biz_content: '{"subject":"晴天 ☀ a/b","total_amount":"15.00"}',
      app_id: "2021000000000001"
    })
    assert.strictEqual(content, vector("request.txt"))
  })

  it("sorts by code unit, whatever the locale thinks", () => {
    assert.strictEqual(
      SigningContent.make({ b: "1", B: "2", a_b: "3", aB: "4", é: "5", "10": "6", "9": "7" }),
      "10=6&9=7&B=2&aB=4&a_b=3&b=1&é=5"
    )
  })

  it("omits what it is told to, and always sign", () => {
    const parameters = { sign: "s", sign_type: "RSA2", trade_no: "1", blank: " ", zero: "0" }
    assert.strictEqual(SigningContent.make(parameters), "blank= &sign_type=RSA2&trade_no=1&zero=0")
    assert.strictEqual(SigningContent.make(parameters, ["sign_type", "zero"]), "blank= &trade_no=1")
    assert.strictEqual(SigningContent.make({ sign: "s" }), "")
  })

  it("escapes nothing", () => {
    assert.strictEqual(SigningContent.make({ q: "a&b=c %20+/" }), "q=a&b=c %20+/")
  })
})
