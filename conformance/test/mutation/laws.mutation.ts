// What Stryker runs for the laws: each reference keeps each law, and each mutant dies under each law that it is pinned to. One
// test is one law on one subject, so that a change to a law asks only the subjects which it is about; a small budget, because it is
// asked some thousand times.
import * as Catalogue from "@paylayer/conformance/Catalogue"
import * as Conformance from "@paylayer/conformance/Conformance"
import { explain } from "@paylayer/conformance/Explain"
import * as Mutants from "@paylayer/conformance/Mutants"
import * as Reference from "@paylayer/conformance/reference/Reference"
import type { Subject } from "@paylayer/conformance/Subject"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

const judge = (subject: Subject, law: string) =>
  Effect.map(Conformance.check(subject, { only: [law], seed: 1, runs: 40 }), ({ laws: [report] }) => report!)

describe("mutants", () => {
  for (const { name, killedBy, subject } of Mutants.mutants) {
    for (const law of killedBy) {
      it.live(`${name} dies under ${law}`, () =>
        Effect.map(judge(subject, law), (report) => assert.strictEqual(report.verdict._tag, "fail"))
      )
    }
  }
})

describe("references", () => {
  for (const subject of Reference.all) {
    for (const { id } of Catalogue.laws) {
      it.live(`${subject.name} keeps ${id}`, () =>
        Effect.map(judge(subject, id), (report) =>
          assert.include(["pass", "not-applicable"], report.verdict._tag, explain(report))
        )
      )
    }
  }
})
