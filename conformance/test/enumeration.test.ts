// Laws that go through every step try each step once, thin steps out evenly where there are too many, and replay one alone.
import { Broken } from "@paylayer/conformance/Broken"
import * as Conformance from "@paylayer/conformance/Conformance"
import * as Interrupt from "@paylayer/conformance/Interrupt"
import * as Law from "@paylayer/conformance/Law"
import * as Reference from "@paylayer/conformance/reference/Reference"
import { World } from "@paylayer/conformance/World"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

const stated = { id: "RES-02", severity: "high", clause: "none", statement: "counts steps", why: "Tests." } as const

/** A law with some steps, which says at which of them it was interrupted, and fails from some step on. */
const stepping = (tried: Array<number | undefined>, failing = Number.POSITIVE_INFINITY) =>
  Law.interrupt({
    ...stated,
    run: () =>
      Effect.gen(function* () {
        const { settings } = yield* World
        tried.push(settings.interruptAt)
        yield* Interrupt.target(Effect.forEach(Array.from({ length: 30 }), () => Effect.yieldNow))
        if ((settings.interruptAt ?? 0) >= failing) return yield* new Broken({ expected: "less", actual: "more" })
      })
  })

const judge = (law: Law.Law, options: Conformance.Options) =>
  Effect.map(
    Conformance.check(Reference.voucher, { seed: 1, laws: [law], ...options }),
    ({ laws: [report] }) => report!.verdict
  )

describe("an enumeration", () => {
  it.live("tries every step once, after the case that nobody disturbs", () =>
    Effect.gen(function* () {
      const tried: Array<number | undefined> = []
      const verdict = yield* judge(stepping(tried), {})
      const [undisturbed, ...steps] = tried
      assert.isUndefined(undisturbed)
      assert.isAbove(steps.length, 30)
      assert.deepStrictEqual(
        steps,
        steps.map((_, index) => index + 1)
      )
      assert.deepStrictEqual(verdict, {
        _tag: "pass",
        runs: steps.length,
        met: { "interrupt at a step": steps.length }
      })
    })
  )

  it.live("is thinned out evenly, from the first step to the last", () =>
    Effect.gen(function* () {
      const all: Array<number | undefined> = []
      yield* judge(stepping(all), {})
      const tried: Array<number | undefined> = []
      const verdict = yield* judge(stepping(tried), { runs: 3 })
      const steps = tried.slice(1).map(Number)
      assert.strictEqual(verdict._tag === "pass" && verdict.runs, 6)
      assert.lengthOf(steps, 6)
      assert.strictEqual(steps[0], 1)
      assert.strictEqual(steps.at(-1), all.length - 1)
      const gaps = steps.slice(1).map((step, index) => step - steps[index]!)
      assert.isAtMost(Math.max(...gaps) - Math.min(...gaps), 1)
    })
  )

  it.live("stops at the first step that breaks, names it, and tries it alone again", () =>
    Effect.gen(function* () {
      const tried: Array<number | undefined> = []
      const verdict = yield* judge(stepping(tried, 7), {})
      assert.strictEqual(verdict._tag, "fail")
      if (verdict._tag !== "fail") return
      assert.lengthOf(tried, 8)
      assert.match(verdict.failure.input ?? "", /interrupt at step 7 of \d+/)
      assert.strictEqual(verdict.failure.foundOnRun, 7)
      assert.isAbove(verdict.failure.runs, 30)
      assert.strictEqual(verdict.failure.shrinks, 0)
      const again: Array<number | undefined> = []
      const replayed = yield* judge(stepping(again, 7), { replay: verdict.failure.replay })
      assert.deepStrictEqual(again, [undefined, 7])
      assert.strictEqual(replayed._tag === "fail" && replayed.failure.replay, verdict.failure.replay)
    })
  )

  it.live("without a step checks nothing", () =>
    Effect.gen(function* () {
      const verdict = yield* judge(Law.interrupt({ ...stated, run: () => Effect.void }), {})
      assert.deepStrictEqual(verdict, { _tag: "vacuous", missing: ["a step at which to interrupt"], runs: 1 })
    })
  )

  it.live("is not begun where the undisturbed case breaks", () =>
    Effect.gen(function* () {
      const law = Law.crash({ ...stated, run: () => new Broken({ expected: "a", actual: "b" }) })
      const verdict = yield* judge(law, {})
      assert.strictEqual(verdict._tag, "fail")
      if (verdict._tag !== "fail") return
      assert.strictEqual(verdict.failure.replay, "RES-02~1.0g1~1")
      assert.deepStrictEqual([verdict.failure.foundOnRun, verdict.failure.runs], [1, 1])
      assert.notProperty(verdict.failure, "input")
    })
  )
})
