// The table of safety questions points at tests that exist.
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"

const page = new URL("safety.md", import.meta.url)

describe("the safety table", () => {
  it("has an answer to 18 questions, each shown by a test of that name", () => {
    const rows = readFileSync(page, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("| ") && !/^\| (question|---)/.test(line))
    assert.strictEqual(rows.length, 18)
    for (const row of rows) {
      const shown = [...row.matchAll(/\["([^"]+)"\]\(([^)]+)\)/g)]
      assert.isNotEmpty(shown, row)
      for (const [, promise = "", file = ""] of shown)
        assert.include(readFileSync(new URL(file, page), "utf8"), `"${promise}"`, file)
    }
  })
})
