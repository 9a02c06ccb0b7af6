// The levels are frozen, and the pages that are made of the catalogue are fresh.
import * as Catalogue from "@paylayer/conformance/Catalogue"
import * as Requirements from "@paylayer/conformance/Requirements"
import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import * as Laws from "../../../scripts/laws.ts"

const digest = (ids: ReadonlyArray<string>) => createHash("sha256").update(ids.join(" ")).digest("hex").slice(0, 16)

describe("the levels of contract 1.0", () => {
  // A plug-in that conforms goes on conforming. New laws go into requirements of a new contract, not into these.
  it("never change", () => {
    assert.deepStrictEqual(
      (["core", "guarded", "resilient"] as const).map((level) => {
        const ids = Requirements.lawsOf(level)
        return [level, ids.length, digest(ids)]
      }),
      [
        ["core", 27, "22f62003d919da96"],
        ["guarded", 52, "8b701449ad0fd8d1"],
        ["resilient", 62, "89ea2f82c19c2b18"]
      ]
    )
  })

  it("ask for laws that there are", () => {
    assert.deepStrictEqual(
      Requirements.scored.filter((id) => Catalogue.find(id) === undefined),
      []
    )
  })
})

describe("docs/laws.md", () => {
  it("is fresh: run pnpm laws", () => {
    assert.strictEqual(readFileSync(Laws.page, "utf8"), Laws.laws())
  })

  it("names every law once", () => {
    const ids = [...Laws.laws().matchAll(/^### (.+)$/gm)].map(([, id]) => id)
    assert.deepStrictEqual(ids.toSorted(), Catalogue.laws.map(({ id }) => id).toSorted())
  })
})
