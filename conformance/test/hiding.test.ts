// A secret is found however it is written, and no text of ours shows one.
import * as Secrets from "@paylayer/conformance/Secrets"
import { assert, describe, it } from "@effect/vitest"
import { inspect } from "node:util"
import { masking } from "../src/internal/masking.ts"

const secret = "s3cret/käy+value"
const bytes = Buffer.from(secret)

describe("secrets", () => {
  it("are found plain, in Base64, Base64URL, hexadecimal and percent-encoded", () => {
    for (const form of [
      secret,
      bytes.toString("base64"),
      bytes.toString("base64").replace(/=+$/, ""),
      bytes.toString("base64url"),
      bytes.toString("hex"),
      encodeURIComponent(secret)
    ]) {
      assert.isTrue(Secrets.isIn(`before ${form} after`, ["another", secret]), form)
    }
    // Without its padding, however much of it there was.
    for (const other of ["???>>>???>>>???>", "fifteen-letters", "seventeen-letters"]) {
      assert.isTrue(Secrets.isIn(Buffer.from(other).toString("base64").replaceAll("=", ""), [other]), other)
    }
    assert.isFalse(Secrets.isIn("nothing of the kind", ["another", secret]))
    assert.isFalse(Secrets.isIn("nothing", []))
  })

  it("shorter than six letters are words", () => {
    assert.isFalse(Secrets.isIn("money", ["money"]))
    assert.isTrue(Secrets.isIn("moneys", ["moneys"]))
  })

  it("are found in every way of printing a value", () => {
    const seen = (value: unknown) => Secrets.seenIn(value, [secret])
    assert.strictEqual(seen(secret), "the text")
    assert.strictEqual(seen(new Error(secret)), "the text")
    assert.strictEqual(seen({ toString: () => "it", deep: { a: [secret] } }), "the JSON")
    assert.strictEqual(seen({ toString: () => "it", big: 1n, deep: secret }), "the JSON")
    const hidden = Object.defineProperty({ toString: () => "it" }, "hidden", { value: secret, enumerable: false })
    assert.strictEqual(seen(hidden), "the inspection")
    const deep: { toJSON?: () => string; self?: unknown; at?: string } = { at: secret, toJSON: () => "it" }
    assert.strictEqual(seen(deep), "the inspection")
    const circular: { self?: unknown } = {}
    circular.self = circular
    assert.isUndefined(seen(circular))
    assert.isUndefined(seen(undefined))
    assert.isUndefined(seen(new Error("nothing", { cause: "nothing either" })))
    assert.isDefined(seen(new Error("nothing", { cause: { at: secret } })))
  })

  it("are found where only one way of printing shows them", () => {
    const seen = (value: unknown) => Secrets.seenIn(value, [secret])
    const nested = { a: { b: { c: { d: { e: { f: secret } } } } } }
    assert.strictEqual(seen({ ...nested, toJSON: () => "it" }), "the inspection")
    /** An error that shows nothing of itself unless it is asked for it. */
    const shy = (properties: Readonly<Record<string, unknown>>, options?: ErrorOptions) => {
      const error = new Error("nothing", options)
      for (const [name, value] of Object.entries({ toString: () => "it", ...properties }))
        Object.defineProperty(error, name, { value })
      return Object.defineProperty(error, inspect.custom, { value: () => "it" })
    }
    assert.isUndefined(seen(shy({})))
    assert.strictEqual(seen(shy({ message: secret })), "the message")
    assert.strictEqual(seen(shy({}, { cause: secret })), "the cause")
    assert.strictEqual(seen(shy({}, { cause: { ...nested, toJSON: () => "it" } })), "the cause")
    assert.strictEqual(seen(shy({ stack: `at ${secret}` })), "the stack")
    assert.strictEqual(seen(shy({ name: secret, stack: "at nothing" })), "the printed cause")
  })

  it("are found once where a value holds itself twice", () => {
    const part = { at: "nothing" }
    assert.isUndefined(Secrets.seenIn({ a: part, b: part, c: null, d: undefined }, [secret]))
    assert.strictEqual(Secrets.seenIn([null, { toString: () => "it", at: secret }], [secret]), "the JSON")
  })
})

describe("masking", () => {
  it("hides the longest first, and leaves words alone", () => {
    const mask = masking(["abcdef", "abcdefgh", "abcdef", "abc"])
    assert.strictEqual(mask("abcdefgh abcdef abc abcdef"), "<secret 1> <secret 2> abc <secret 2>")
  })

  it("hides nothing where nothing is secret", () => {
    assert.strictEqual(masking([])("as it was"), "as it was")
    assert.strictEqual(masking(["short"])("short"), "short")
    assert.strictEqual(masking(["longer"])("longer"), "<secret 1>")
  })
})
