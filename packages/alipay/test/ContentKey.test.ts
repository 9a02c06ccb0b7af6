import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { inspect } from "node:util"
import * as ContentKey from "../src/ContentKey.ts"
import { vector } from "./vectors.ts"

const read = (text: string) => ContentKey.read(Redacted.make(text))
const key = Result.getOrThrow(read(vector("content.key")))
const other = Result.getOrThrow(read(Buffer.alloc(16, 9).toString("base64")))

describe("encrypted content", () => {
  it("is what OpenSSL writes, and reads", () => {
    assert.strictEqual(ContentKey.encrypt(key, vector("content.txt")), vector("content.aes"))
    assert.deepStrictEqual(ContentKey.decrypt(key, vector("content-answer.aes")), Result.succeed(vector("answer.txt")))
  })

  it("comes back as it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        assert.deepStrictEqual(ContentKey.decrypt(key, ContentKey.encrypt(key, text)), Result.succeed(text))
      })
    )
  })

  it("that is cut, altered, under another key or no Base64 is refused or other text, and never a throw", () => {
    const ciphertext = vector("content-answer.aes")
    for (const wrong of [
      "",
      " ",
      "A",
      ciphertext.slice(1),
      ciphertext.slice(0, -4),
      `${ciphertext}\n`,
      "é".repeat(4)
    ]) {
      assert.isTrue(Result.isFailure(ContentKey.decrypt(key, wrong)), wrong)
    }
    assert.notDeepEqual(ContentKey.decrypt(other, ciphertext), Result.succeed(vector("answer.txt")))
    fc.assert(
      fc.property(fc.base64String(), (text) => {
        assert.isDefined(ContentKey.decrypt(key, text))
      })
    )
  })
})

describe("a content key", () => {
  it("is 16 bytes in Base64, and is never shown", () => {
    for (const bytes of [0, 15, 17, 24, 32]) {
      assert.isTrue(Result.isFailure(read(Buffer.alloc(bytes).toString("base64"))), String(bytes))
    }
    assert.isTrue(Result.isFailure(read("not base64 at all !!")))
    assert.isTrue(Result.isSuccess(read(` ${vector("content.key")}\n`)))
    assert.notInclude(inspect(key, { depth: 9, showHidden: true }), vector("content.key"))
  })
})
