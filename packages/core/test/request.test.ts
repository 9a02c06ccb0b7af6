import { isDeepStrictEqual } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as CanonicalBody from "@paylayer/core/CanonicalBody"
import * as Digest from "@paylayer/core/Digest"
import * as PaidRequest from "@paylayer/core/PaidRequest"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { holds } from "./holds.ts"

const json = (text: string, type = "application/json") => CanonicalBody.digest(type, new TextEncoder().encode(text))

describe("the digest of a body", () => {
  it("is one for all spellings of one JSON value", () => {
    const same = [
      `{"a":1,"b":["é",null,{"d":0.5,"c":"/"}]}`,
      ` { "b" : [ "\\u00e9" , null , { "c": "\\/", "d": 5e-1 } ] ,\n "a" : 1.0 } `,
      `{"a":10e-1,"b":["é",null,{"d":0.50,"c":"/"}]}`
    ]
    assert.strictEqual(new Set(same.map((text) => json(text))).size, 1)
  })

  it("is another one for another meaning", () => {
    const different = [
      `{"a":1}`,
      `{"a":2}`,
      `{"a":"1"}`,
      `{"a":[1]}`,
      `{"A":1}`,
      `{"a":null}`,
      `{"a":true}`,
      `[1,2]`,
      `[2,1]`,
      `{}`,
      `[]`,
      `null`,
      `0`,
      `{"a":9007199254740992}`,
      `{"a":9007199254740993}`,
      `{"a":0.1}`,
      `{"a":0.1000000000000000055}`,
      `{"a":1e400}`,
      `{"a":1e401}`,
      `{"a":1,"a":2}`,
      `{"a":2,"a":1}`,
      `{"__proto__":1}`,
      `{"a":"\\ud800"}`,
      `{"a":"\\ud801"}`,
      `{"a":"é"}`,
      `{"a":"é"}`
    ]
    assert.strictEqual(new Set(different.map((text) => json(text))).size, new Set(different).size)
  })

  it("is equal exactly for equal values, over any JSON", () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed)
      if (typeof value !== "object" || value === null) return value
      const members = Object.entries(value).map(([name, member]) => [name, reversed(member)])
      return Object.fromEntries(members.toReversed())
    }
    const value = fc.jsonValue({ stringUnit: "grapheme" }).map((own): unknown => JSON.parse(JSON.stringify(own)))
    holds(
      fc.property(value, value, (a, b) => {
        const digest = json(JSON.stringify(a))
        assert.strictEqual(json(JSON.stringify(reversed(a), null, 2)), digest)
        assert.strictEqual(json(JSON.stringify(b)) === digest, isDeepStrictEqual(a, b))
      }),
      300
    )
  })

  it("is of the bytes where the content is not JSON, or says that it is not", () => {
    const [tight, wide] = [`{"a":1}`, `{ "a": 1 }`]
    assert.strictEqual(json(tight, "application/problem+json; charset=utf-8"), json(wide, "Application/JSON"))
    assert.strictEqual(json(tight, "application/jsonl"), Digest.sha256(tight))
    assert.strictEqual(json(tight, "text/plain"), Digest.sha256(tight))
    assert.notStrictEqual(json(tight, "text/plain"), json(wide, "text/plain"))
    assert.notStrictEqual(json(`{"a":1`), json(`{"a":1 `))
    const bad = Uint8Array.of(0x22, 0xff, 0x22)
    assert.strictEqual(CanonicalBody.digest("application/json", bad), Digest.sha256(bad))
    assert.strictEqual(CanonicalBody.digest(undefined, new Uint8Array()), CanonicalBody.empty)
  })

  it("does not take long for what is made to take long", () => {
    for (const text of [
      "[".repeat(100_000),
      `{"a":1${"0".repeat(1_000_000)}1}`,
      `{"a":0.${"0".repeat(1_000_000)}1e-9}`
    ]) {
      const before = performance.now()
      assert.strictEqual(json(text), Digest.sha256(text))
      assert.isBelow(performance.now() - before, 1_000)
    }
  })
})

describe("the binding of a request", () => {
  const request: PaidRequest.PaidRequest = { headers: {}, method: "POST", resource: "/a", bodyDigest: "d" }

  it("changes with merchant, method, resource and body, and not with the headers", () => {
    const bound = PaidRequest.binding(request, "m")
    assert.strictEqual(PaidRequest.binding({ ...request, headers: { a: ["b"] } }, "m"), bound)
    const others = [
      PaidRequest.binding(request, "n"),
      PaidRequest.binding({ ...request, method: "PUT" }, "m"),
      PaidRequest.binding({ ...request, resource: "/b" }, "m"),
      PaidRequest.binding({ ...request, bodyDigest: "e" }, "m"),
      PaidRequest.binding({ ...request, method: "POST/", resource: "a" }, "m")
    ]
    assert.strictEqual(new Set([bound, ...others]).size, 6)
  })

  it("is of a list: no two lists share a digest", () => {
    holds(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b)
        assert.strictEqual(Digest.sha256List(a) === Digest.sha256List(b), same)
      })
    )
    assert.notStrictEqual(Digest.sha256List(["ab", "c"]), Digest.sha256List(["a", "bc"]))
    assert.notStrictEqual(Digest.sha256List(["", ""]), Digest.sha256List([""]))
  })
})

describe("an idempotency key", () => {
  const of = (...values: ReadonlyArray<string>) =>
    PaidRequest.idempotencyKey({
      headers: RequestHeaders.fromEntries(values.map((value) => ["Idempotency-Key", value] as const)),
      method: "GET",
      resource: "/",
      bodyDigest: ""
    })
  const read = (...values: ReadonlyArray<string>) => Result.getOrElse(of(...values), ({ code }) => code)

  it("is read bare or quoted, once or repeated", () => {
    assert.isUndefined(read())
    assert.strictEqual(read("k-1"), "k-1")
    assert.strictEqual(read(` "k-1" `), "k-1")
    assert.strictEqual(read("k-1", `"k-1"`), "k-1")
    assert.strictEqual(read("k".repeat(255)), "k".repeat(255))
  })

  it("is refused when it is none, or two", () => {
    for (const values of [
      [""],
      [`""`],
      ["k".repeat(256)],
      ["a b"],
      ["é"],
      ["a\u0000"],
      ["a", "b"],
      ["k\n"].map((key) => `x${key}y`)
    ]) {
      assert.strictEqual(read(...values), "idempotency_key_invalid", JSON.stringify(values))
    }
  })
})
