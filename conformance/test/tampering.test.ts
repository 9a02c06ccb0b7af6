// What is done to credentials changes them, what is done to JSON does not change its meaning, and what mutants are made with is
// harmless without a defect.
import * as Conformance from "@paylayer/conformance/Conformance"
import * as RewritingGen from "@paylayer/conformance/gen/RewritingGen"
import * as Gen from "@paylayer/conformance/Gen"
import * as LimitsDefects from "@paylayer/conformance/mutants/LimitsDefects"
import * as ReplayDefects from "@paylayer/conformance/mutants/ReplayDefects"
import * as Reference from "@paylayer/conformance/reference/Reference"
import * as Subject from "@paylayer/conformance/Subject"
import * as Tampering from "@paylayer/conformance/Tampering"
import { isBad } from "@paylayer/conformance/Verdict"
import * as StrictJson from "@paylayer/core/StrictJson"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { believing, misreading } from "../src/internal/misreading.ts"

const credentials = ["eyJ2IjoxLCJpZCI6InYifQ.dBjftJeZ4CVP-mBJYFXdXg", "alipay_agent_token_AAAA.e30xLg~AQIDBA"]

const flip: Gen.Gen<Tampering.Flip> = Gen.record({
  part: Gen.nat(4),
  place: Gen.constantFrom("first" as const, "last" as const, "inside" as const),
  at: Gen.nat(10_000),
  bit: Gen.nat(7),
  of: Gen.constantFrom("letter" as const, "byte" as const)
})

describe("tampering", () => {
  it("always gives another credential of the same length", () => {
    for (const how of Gen.sample(flip, 1, 500)) {
      for (const credential of credentials) {
        const changed = Tampering.flipped(credential, how)
        assert.notStrictEqual(changed, credential)
        assert.strictEqual(changed.length, credential.length)
      }
    }
  })

  it("leaves text alone in which nothing is Base64URL", () => {
    assert.strictEqual(Tampering.flipped("- .", { part: 0, place: "last", at: 0, bit: 0, of: "byte" }), "- .")
  })

  it("cuts the last part off, with its separator and without", () => {
    assert.deepStrictEqual(Tampering.unsigned("head.payload.signature"), ["head.payload.", "head.payload"])
    assert.deepStrictEqual(Tampering.unsigned(""), ["", ""])
  })
})

describe("rewriting", () => {
  it("keeps the meaning and changes the text", () => {
    const text = '{"b":"x\\n\\u00e9\\ud83d\\ude00","a":[1,{"d":15.10,"c":null}],"e":true}'
    const json = Result.getOrThrow(StrictJson.parseExact(text))
    for (const rewriting of Gen.sample(RewritingGen.rewriting, 1, 200)) {
      const written = RewritingGen.rewrite(json, rewriting)
      assert.notStrictEqual(written, StrictJson.stringify(json))
      assert.deepStrictEqual(Result.getOrThrow(StrictJson.parseExact(written)), json)
      assert.include(written, "15.10")
    }
  })
})

describe("what mutants are made with, without a defect", () => {
  const harmless = [
    Subject.mapPlugin(
      Reference.voucher,
      misreading((mandate) => mandate),
      "reads as it is written"
    ),
    Subject.mapPlugin(
      Reference.voucher,
      believing(() => undefined),
      "believes nothing else"
    ),
    Subject.mapPlugin(
      Reference.voucher,
      LimitsDefects.renaming((mandate) => mandate),
      "keeps every name"
    ),
    Subject.mapPlugin(
      Reference.ticket,
      ReplayDefects.binding((charge) => [charge.binding]),
      "binds the whole request"
    )
  ]
  for (const subject of harmless) {
    it.live(`${subject.name} and keeps the laws`, () =>
      Effect.gen(function* () {
        const { laws } = yield* Conformance.check(subject, {
          only: ["LIM", "SIG", "EXP", "RPL"],
          profile: "quick",
          seed: 1
        })
        assert.deepStrictEqual(
          laws.filter(({ verdict }) => isBad(verdict) || verdict._tag === "inconclusive").map(({ id }) => id),
          []
        )
      })
    )
  }
})
