import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import * as GatewayAnswer from "../src/GatewayAnswer.ts"
import { vector } from "./vectors.ts"

const method = "alipay.trade.query"
const member = "alipay_trade_query_response"
const parse = (text: string | Uint8Array) => GatewayAnswer.parse(method, text)
const problem = (text: string | Uint8Array) => {
  const result = parse(text)
  return Result.isFailure(result) ? result.failure.problem : assert.fail(`accepted ${String(text).slice(0, 80)}`)
}

describe("the signed text", () => {
  it("is cut out as it is", () => {
    const raw = vector("answer.txt")
    const answer = Result.getOrThrow(
      parse(`{"${member}":${raw},"alipay_cert_sn":"x","sign":"${vector("answer.sign")}"}`)
    )
    assert.strictEqual(answer.raw, raw)
    assert.strictEqual(answer.signature, vector("answer.sign"))
    assert.strictEqual(answer.kind, "response")
    assert.strictEqual(answer.body["url"], "https://example.com/a")
  })

  it("is the same substring for any object, any white space and any order", () => {
    const space = fc.array(fc.constantFrom(" ", "\n", "\t", "\r"), { maxLength: 3 }).map((parts) => parts.join(""))
    const tricky = fc.constantFrom("}", '"', "\\", '","sign":"x"}', '{"a":[', "\\u0022}", "é😀", "/")
    const body = fc.dictionary(fc.oneof(fc.string(), tricky), fc.oneof(fc.jsonValue(), tricky), {
      noNullPrototype: true
    })
    const extra = fc.jsonValue()
    fc.assert(
      fc.property(
        body,
        fc.constantFrom(undefined, 1, "\t"),
        extra,
        space,
        fc.boolean(),
        (body, indent, extra, s, first) => {
          const raw = JSON.stringify(body, null, indent).replaceAll("/", "\\/")
          const members = [
            `${s}"${member}"${s}:${s}${raw}${s}`,
            `${s}"sign":"c2ln"`,
            `"alipay_cert_sn":${JSON.stringify(extra)}`
          ]
          const text = `${s}{${(first ? members : members.toReversed()).join(",")}${s}}${s}`
          const answer = Result.getOrThrow(parse(text))
          assert.strictEqual(answer.raw, raw)
          assert.strictEqual(answer.signature, "c2ln")
          assert.deepStrictEqual(parse(new TextEncoder().encode(text)), parse(text))
        }
      ),
      { numRuns: 500 }
    )
  })

  it("is found under an escaped name too", () => {
    const answer = Result.getOrThrow(
      parse('{"alipay_trade_query_respons\\u0065":{"code":"10000"},"s\\u0069gn":"c2ln"}')
    )
    assert.strictEqual(answer.raw, '{"code":"10000"}')
    assert.strictEqual(answer.signature, "c2ln")
  })
})

describe("an encrypted answer", () => {
  it("is its text, and what is signed is that text in its quotes", () => {
    const answer = Result.getOrThrow(parse(`{"${member}":"ZW5jcnlwdGVk","alipay_cert_sn":"0a","sign":"c2ln"}`))
    assert.deepStrictEqual(
      [answer.raw, answer.ciphertext, answer.body, answer.serial],
      ['"ZW5jcnlwdGVk"', "ZW5jcnlwdGVk", {}, "0a"]
    )
  })
})

describe("errors of the gateway", () => {
  it("come under error_response, signed or not", () => {
    const answer = Result.getOrThrow(parse('{"error_response":{"code":"40002"}}'))
    assert.deepStrictEqual([answer.kind, answer.signature], ["error", undefined])
    assert.strictEqual(Result.getOrThrow(parse('{"error_response":{"code":"40002"},"sign":"c2ln"}')).signature, "c2ln")
    assert.isUndefined(Result.getOrThrow(parse('{"error_response":{"code":"40002"},"sign":""}')).signature)
  })
})

describe("what is refused", () => {
  const body = '{"code":"10000"}'
  it("is named by its problem", () => {
    const cases: ReadonlyArray<readonly [string | Uint8Array, GatewayAnswer.GatewayAnswerError["problem"]]> = [
      ["", "empty"],
      [" \n", "empty"],
      [new Uint8Array(), "empty"],
      ["<!DOCTYPE html><html></html>", "html"],
      ["\n <html>", "html"],
      [`\uFEFF{"${member}":${body}}`, "not-json"],
      [Uint8Array.of(0x7b, 0xff, 0x7d), "not-json"],
      ["null", "not-json"],
      ["[]", "not-json"],
      ['"text"', "not-json"],
      [`{"${member}":${body}}x`, "not-json"],
      [`{"${member}":${body}}{}`, "not-json"],
      [`{"${member}":${body},"${member}":${body}}`, "not-json"],
      [`{"${member}":${body},"alipay_trade_query_respons\\u0065":${body}}`, "not-json"],
      [`{"${member}":${body},"sign":"a","sign":"b"}`, "not-json"],
      [`{"${member}":{"code":"40004","code":"10000"},"sign":"a"}`, "not-json"],
      [`{"${member}":${body},"sign":1}`, "not-json"],
      [`{"${member}":${body},"error_response":${body}}`, "ambiguous"],
      [`{"alipay_trade_pay_response":${body},"sign":"a"}`, "no-answer"],
      ["{}", "no-answer"],
      ['{"error_response":"ZW5jcnlwdGVk","sign":"a"}', "no-answer"],
      [`{"${member}":"","sign":"a"}`, "no-answer"],
      [`{"${member}":[],"sign":"a"}`, "no-answer"],
      [`{"${member}":null,"sign":"a"}`, "no-answer"],
      [`{"__proto__":{"${member}":${body}}}`, "no-answer"]
    ]
    for (const [text, expected] of cases) assert.strictEqual(problem(text), expected, String(text).slice(0, 80))
  })

  it("is every cut of an answer, at every byte", () => {
    const bytes = new TextEncoder().encode(`{"${member}":${vector("answer.txt")},"sign":"${vector("answer.sign")}"}`)
    assert.isTrue(Result.isSuccess(parse(bytes)))
    for (let at = 0; at < bytes.length; at++)
      assert.isTrue(Result.isFailure(parse(bytes.subarray(0, at))), `cut at ${at}`)
  })

  it("is anything above 1 MiB, and 1 MiB is read quickly", () => {
    const of = (length: number) => {
      const head = `{"${member}":{"x":"`
      return `${head}${"}".repeat(length - head.length - 3)}"}}`
    }
    const start = performance.now()
    assert.isTrue(Result.isSuccess(parse(of(GatewayAnswer.maximumBytes))))
    assert.isBelow(performance.now() - start, 2_000)
    assert.strictEqual(problem(of(GatewayAnswer.maximumBytes + 1)), "too-large")
    assert.strictEqual(problem("[".repeat(GatewayAnswer.maximumBytes)), "not-json")
    assert.strictEqual(problem(`{"${member}":{"x":"${"é".repeat(600_000)}"}}`), "not-json")
  })

  it("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array(), fc.json()), (text) => {
        assert.isTrue(Result.isFailure(parse(text)))
      })
    )
  })
})
