// What mutants of one defect are built with has no defect of its own: without theirs they keep every law.
import * as Conformance from "@paylayer/conformance/Conformance"
import * as Rereading from "@paylayer/conformance/mutants/Rereading"
import { isBad } from "@paylayer/conformance/Verdict"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

const harmless = [
  Rereading.ofText("reads-the-same", "nothing", ["VAL-06"], (text) => text),
  Rereading.ofText("reads-the-same-members", "nothing", ["VAL-06"], (text) => Rereading.members(text, (all) => all)),
  Rereading.ofText("reads-the-same-amounts", "nothing", ["CUR-06"], (text) =>
    Rereading.amounts(text, (amount) => amount)
  ),
  Rereading.remade("makes-the-same", "nothing", ["VAL-01"], (mandate) => ({ ...mandate }))
]

describe("mutants without their defect", () => {
  for (const { name, subject } of harmless) {
    it.live(`${name} keeps the laws of reading`, () =>
      Effect.gen(function* () {
        const { laws } = yield* Conformance.check(subject, {
          only: ["VAL", "CUR", "DET-08"],
          seed: 1,
          profile: "quick"
        })
        assert.deepStrictEqual(
          laws.filter(({ verdict }) => isBad(verdict)).map(({ id }) => id),
          []
        )
      })
    )
  }
})
