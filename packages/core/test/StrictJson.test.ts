import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import * as StrictJson from "../src/StrictJson.ts"

const refused = (text: string | Uint8Array, limits?: StrictJson.Limits) => {
  const exact = StrictJson.parseExact(text, limits)
  if (!Result.isFailure(exact)) return assert.fail(`accepted ${JSON.stringify(String(text).slice(0, 80))}`)
  assert.isTrue(Result.isFailure(StrictJson.parse(text, limits)))
  return exact.failure
}

/** With ordinary prototypes, so that deep equality looks at values alone. */
const ordinary = (value: unknown): unknown => structuredClone(value)

// Names of every kind, none twice: `fc.json` may print a name twice only where keys collide after escaping.
const json = fc.jsonValue({ noUnicodeString: false, maxDepth: 6 })

describe("what JSON.parse accepts", () => {
  it("parses to the same value", () => {
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 1, "\t"), (value, space) => {
        const text = JSON.stringify(value, null, space)
        const parsed = Result.getOrThrow(StrictJson.parse(text))
        assert.deepStrictEqual(ordinary(parsed), JSON.parse(text))
        assert.deepStrictEqual(Result.getOrThrow(StrictJson.parse(new TextEncoder().encode(text))), parsed)
      })
    )
  })

  it("is never wider than JSON.parse, and narrower only for a stated reason", () => {
    const pieces = [
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      "a",
      '"a"',
      '"b"',
      "1",
      "-",
      "0",
      ".",
      "e",
      "+",
      "true",
      "null",
      " ",
      "\n",
      "\\",
      "u0041",
      "\\ud83d",
      "\\ude00",
      "é"
    ]
    const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((parts) => parts.join(""))
    const reasons = /occurs twice|lone surrogate|too large|deeper|byte order mark/
    fc.assert(
      fc.property(fc.oneof(texts, fc.string({ unit: "binary" })), (text) => {
        const mine = StrictJson.parse(text)
        const standard = Result.try(() => JSON.parse(text) as unknown)
        if (Result.isSuccess(mine)) assert.deepStrictEqual(ordinary(mine.success), Result.getOrThrow(standard))
        else if (Result.isSuccess(standard)) assert.match(mine.failure.message, reasons)
      }),
      { numRuns: 5_000 }
    )
  })

  it("round-trips exactly through parseExact and stringify", () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = JSON.stringify(value)
        assert.strictEqual(
          StrictJson.stringify(Result.getOrThrow(StrictJson.parseExact(text))),
          JSON.stringify(JSON.parse(text))
        )
      })
    )
    for (const text of ["15.10", "-0", "1E+400", "0.30000000000000004000", '[1.0,{"a":100.00}]', '"\\u0000é"']) {
      assert.strictEqual(
        StrictJson.stringify(Result.getOrThrow(StrictJson.parseExact(text))),
        text.replace("\\u0000", "\\u0000")
      )
    }
  })
})

describe("numbers", () => {
  it("keep their text", () => {
    const parsed = Result.getOrThrow(StrictJson.parseExact('{"amount":15.10}')) as { amount: StrictJson.JsonNumber }
    assert.strictEqual(parsed.amount.source, "15.10")
    assert.strictEqual(JSON.stringify(parsed), '{"amount":15.1}')
  })

  it("that a double cannot hold are refused by parse and kept by parseExact", () => {
    assert.isTrue(Result.isFailure(StrictJson.parse("1e400")))
    assert.isTrue(Result.isFailure(StrictJson.parse("[-1e999]")))
    assert.strictEqual((Result.getOrThrow(StrictJson.parseExact("1e400")) as StrictJson.JsonNumber).source, "1e400")
  })

  it("are JSON's and nothing else", () => {
    for (const text of [
      "NaN",
      "Infinity",
      "-Infinity",
      "+1",
      "01",
      "-01",
      "1.",
      ".5",
      "1e",
      "0x10",
      "1_000",
      "-",
      "１",
      "1n"
    ])
      refused(text)
  })
})

describe("a name that occurs twice", () => {
  it("is refused with its path, however it is written and wherever it is", () => {
    assert.strictEqual(refused('{"a":1,"a":1}').path, "/a")
    assert.strictEqual(refused('{"a":1,"\\u0061":2}').path, "/a")
    assert.strictEqual(refused('{"x":[0,{"a/b":1,"~":2,"a/b":3}]}').path, "/x/1/a~1b")
    assert.strictEqual(refused('{"__proto__":1,"__proto__":2}').path, "/__proto__")
    assert.strictEqual(refused('{"":1,"":2}').path, "/")
  })

  it("is found at any two places", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 20 }),
        fc.nat(),
        fc.nat(),
        (names, from, to) => {
          const doubled = names.slice()
          doubled.splice(to % (names.length + 1), 0, names[from % names.length]!)
          assert.match(refused(`{${doubled.map((name) => `${JSON.stringify(name)}:0`).join(",")}}`).message, /twice/)
        }
      )
    )
  })
})

describe("names that objects inherit", () => {
  it("are names like any other", () => {
    const text = '{"__proto__":{"polluted":true},"constructor":1,"toString":2,"hasOwnProperty":3}'
    const parsed = Result.getOrThrow(StrictJson.parse(text)) as Record<string, unknown>
    assert.deepStrictEqual(Object.keys(parsed), ["__proto__", "constructor", "toString", "hasOwnProperty"])
    assert.isNull(Object.getPrototypeOf(parsed))
    assert.isUndefined(({} as Record<string, unknown>)["polluted"])
    assert.isUndefined((Result.getOrThrow(StrictJson.parse("{}")) as Record<string, unknown>)["constructor"])
  })
})

describe("text", () => {
  it("with a byte order mark, invalid UTF-8 or lone surrogates is refused", () => {
    assert.match(refused("\uFEFF{}").message, /byte order mark/)
    assert.match(refused(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)).message, /byte order mark/)
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0xaf, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0xe2, 0x82]
    ]) {
      assert.match(refused(Uint8Array.from(bytes)).message, /not UTF-8/)
    }
    assert.match(refused('"\uD800"').message, /lone surrogate/)
    for (const text of ['"\\ud800"', '"\\ude00\\ud83d"', '{"\\udfff":1}', '"\\ud83dx"']) {
      assert.match(refused(text).message, /lone surrogate/)
    }
    assert.deepStrictEqual(StrictJson.parse('"\\ud83d\\ude00"'), Result.succeed("😀"))
  })

  it("longer than the limit is refused, counted in bytes of UTF-8", () => {
    const fits = `"${"é".repeat(10)}"`
    assert.isTrue(Result.isSuccess(StrictJson.parse(fits, { bytes: 22 })))
    assert.match(refused(fits, { bytes: 21 }).message, /longer than 21 bytes/)
    assert.match(refused(new TextEncoder().encode(fits), { bytes: 21 }).message, /longer than 21 bytes/)
    assert.isTrue(Result.isSuccess(StrictJson.parse(`"${"a".repeat(65_534)}"`)))
    assert.match(refused(`"${"a".repeat(65_535)}"`).message, /longer than 65536 bytes/)
  })

  it("deeper than the limit is refused, and no depth overflows the stack", () => {
    const nest = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
    assert.isTrue(Result.isSuccess(StrictJson.parse(nest(32))))
    assert.match(refused(nest(33)).message, /deeper than 32/)
    assert.match(refused('{"a":'.repeat(3) + "1" + "}".repeat(3), { depth: 2 }).message, /deeper than 2/)
    const huge = { bytes: 4_000_000, depth: 1_000_000 }
    assert.isTrue(Result.isSuccess(StrictJson.parse(nest(512), huge)))
    assert.match(refused(nest(1_000_000), huge).message, /deeper than 512/)
  })

  it("that JSON does not allow is refused", () => {
    for (const text of [
      "",
      " ",
      "{",
      "[",
      '"',
      "[1,]",
      '{"a":1,}',
      "{a:1}",
      "{'a':1}",
      "[1 2]",
      '{"a" 1}',
      '{"a":}',
      "1 1",
      "{}{}",
      "{}x",
      "tru",
      "nul",
      "undefined",
      '"\t"',
      '"\n"',
      '"\\x41"',
      '"\\u12"',
      '"\\u+123"',
      '"\\',
      "/**/1",
      "\u00a01",
      "1\u2028",
      "[,1]",
      "{,}",
      '{"a":1 "b":2}',
      "\0"
    ]) {
      refused(text)
    }
  })

  it("cut anywhere is refused, without a piece of its values in the error", () => {
    const text = '{"secret":"hunter2hunter2","list":[1,2.5,true,null,{"x":"\\u00e9\\n"}]}'
    assert.isTrue(Result.isSuccess(StrictJson.parse(text)))
    for (let at = 0; at < text.length; at++) assert.notInclude(JSON.stringify(refused(text.slice(0, at))), "hunter2")
  })

  it("is read in linear time", () => {
    const time = (text: string) => {
      const start = performance.now()
      StrictJson.parse(text, { bytes: 64_000_000 })
      return performance.now() - start
    }
    for (const make of [
      (n: number) => `"${"\\n".repeat(n)}"`,
      (n: number) => `[${"1,".repeat(n)}1]`,
      (n: number) => `{${Array.from({ length: n }, (_, i) => `"k${i}":0`).join(",")}}`,
      (n: number) => `1${"0".repeat(n)}x`,
      (n: number) => " ".repeat(n)
    ]) {
      time(make(20_000))
      assert.isBelow(time(make(200_000)), 2_000)
    }
  })
})
