// Every mutant dies under the laws that it is pinned to.
import * as Conformance from "@paylayer/conformance/Conformance"
import * as Mutants from "@paylayer/conformance/Mutants"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

describe("mutants", () => {
  for (const mutant of Mutants.mutants) {
    it.live(`${mutant.name} dies: it ${mutant.defect}`, () =>
      Effect.gen(function* () {
        for (const seed of [1, 2, 3]) {
          const { missedBy } = yield* Mutants.kill(mutant, { seed })
          assert.deepStrictEqual(missedBy, [], `seed ${seed}`)
        }
      })
    )
  }

  it.live("the race of check-then-act-limit is found in less than 200 runs", () =>
    Effect.gen(function* () {
      const mutant = Mutants.mutants.find(({ name }) => name === "check-then-act-limit")!
      for (let seed = 1; seed <= 10; seed++) {
        const report = yield* Conformance.check(mutant.subject, { only: ["RAC-02"], seed })
        const [law] = report.laws
        assert.strictEqual(law?.verdict._tag, "fail", `seed ${seed}`)
        if (law?.verdict._tag === "fail") assert.isBelow(law.verdict.failure.foundOnRun, 200)
      }
    })
  )
})
