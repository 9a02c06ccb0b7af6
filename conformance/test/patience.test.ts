// The kit gives a plug-in the time that it takes, and has a verdict on one that gets nowhere.
import * as Conformance from "@paylayer/conformance/Conformance"
import * as Reference from "@paylayer/conformance/reference/Reference"
import * as Subject from "@paylayer/conformance/Subject"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

describe("the kit", () => {
  for (const reference of Reference.all) {
    it.live(`lets the process die at every write of a slow ${reference.name}`, () =>
      Effect.gen(function* () {
        const slow = Subject.mapPlugin(reference, (plugin) => ({
          ...plugin,
          settle: (authorization, charge) => Effect.delay(plugin.settle(authorization, charge), "3 seconds")
        }))
        const { laws } = yield* Conformance.check(slow, { only: ["FLT-07"], seed: 1 })
        const [law] = laws
        assert.strictEqual(law?.verdict._tag, "pass")
        // What is paid before is answered before a slow confirmation is written down.
        const { flow } = yield* Effect.map(Conformance.about(reference), ({ manifest }) => manifest)
        const writes = flow === "prepaid-then-confirm" ? 2 : 4
        if (law?.verdict._tag === "pass") assert.strictEqual(law.verdict.runs, writes)
      })
    )

    it.live(`has a verdict on races of a ${reference.name} that takes no step`, () =>
      Effect.gen(function* () {
        const nowhere = Subject.mapPlugin(reference, (plugin) => ({
          ...plugin,
          detect: () => {
            throw new TypeError("no")
          }
        }))
        const { laws } = yield* Conformance.check(nowhere, { only: ["RAC-03", "IDM-07"], seed: 1, runs: 40 })
        assert.lengthOf(laws, 2)
        for (const { verdict } of laws) assert.notStrictEqual(verdict._tag, "pass")
      })
    )
  }
})
