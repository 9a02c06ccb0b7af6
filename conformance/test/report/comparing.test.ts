// Reports beside each other, and what one report comes to.
import * as Difference from "@paylayer/conformance/report/Difference"
import * as Matrix from "@paylayer/conformance/report/Matrix"
import * as Tally from "@paylayer/conformance/report/Tally"
import { assert, describe, it } from "@effect/vitest"
import { fail, mixed, report } from "./samples.ts"

describe("the difference of two reports", () => {
  it("is worse when a required law is broken that was kept", () => {
    const { after, before, changes, worse } = Difference.difference(report(), report({ "LIM-02": fail }))
    assert.isTrue(worse)
    assert.deepStrictEqual([before, after], ["resilient", "core"])
    assert.deepStrictEqual(
      changes.map(({ id, kind, what }) => [id, kind, what]),
      [["LIM-02", "worse", "kept, now broken"]]
    )
  })

  it("is not worse the other way, nor between equals", () => {
    assert.isFalse(Difference.difference(report({ "LIM-02": fail }), report()).worse)
    assert.include(Difference.print(Difference.difference(mixed, mixed)), "No law changed.")
  })

  it("says which laws are gone, and that a lost level is worse", () => {
    const whole = report()
    const { reached: _, ...part } = { ...whole, laws: whole.laws.slice(1) }
    const found = Difference.difference(whole, part)
    assert.strictEqual(found.changes[0]?.kind, "gone")
    assert.isTrue(found.worse)
  })
})

describe("the matrix", () => {
  it("has a row for each law and a column for each protocol", () => {
    const text = Matrix.text([report(), { ...mixed, subject: "birch" }])
    const row = text.split("\n").find((line) => line.startsWith("LIM-02"))
    assert.match(row ?? "", /✓ +✗$/)
    assert.match(text, /level reached +resilient +none/)
    assert.strictEqual(text.split("\n").filter((line) => /^[A-Z]{3}-/.test(line)).length, mixed.laws.length)
  })

  it("says what was not run", () => {
    const part = { ...report(), laws: report().laws.slice(0, 1) }
    assert.match(Matrix.text([report(), part]).split("\n")[2] ?? "", /✓ +·$/)
    assert.include(Matrix.markdown([part]), "| --- |")
  })
})

describe("what a report comes to", () => {
  it("is unchecked, not conformant, where no law was put to the test", () => {
    const exempt = report().laws.map((law) => ({
      ...law,
      verdict: { _tag: "exempt" as const, reason: "no", clause: "no" }
    }))
    assert.strictEqual(Tally.outcome({ laws: exempt }), "unchecked")
    assert.strictEqual(Tally.outcome({ laws: [] }), "unchecked")
    assert.strictEqual(Tally.outcome(report()), "conformant")
    assert.strictEqual(Tally.outcome(mixed), "broken")
  })

  it("names what stands between a plug-in and each level", () => {
    const [core, guarded, resilient] = Tally.ladder(mixed)
    assert.deepStrictEqual([core?.state, guarded?.state, resilient?.state], ["broken", "broken", "broken"])
    assert.deepStrictEqual(core?.broken, ["CUR-03"])
    assert.deepStrictEqual(guarded?.broken, ["CUR-03", "LIM-02"])
    assert.deepStrictEqual(guarded?.open, ["SIG-01"])
  })
})
