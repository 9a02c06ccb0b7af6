import { assert, describe, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { promisify } from "node:util"

const run = promisify(execFile)

describe("pnpm demo", () => {
  it("ends by itself with exit code 0, every step as it must be, equal books, and a payout that adds up", async () => {
    // execFile rejects for any other exit code.
    const { stdout } = await run(process.execPath, ["packages/demo/src/demo.ts"], { timeout: 60_000 })
    const rows = stdout.split("\n").filter((line) => /^[✓✗] /u.test(line))
    assert.isAtLeast(rows.length, 20)
    assert.deepStrictEqual(
      rows.filter((row) => !row.startsWith("✓")),
      []
    )
    const books = /^The provider moved (.+), the ledger settled (.+): equal, to the fen$/m.exec(stdout)
    assert.isNotNull(books)
    assert.strictEqual(books![1], books![2])
    assert.match(books![1]!, /^CNY 17\.60 \+ EUR 0\.14 \+ USD 0\.15 \(18\)$/)
    const sums = [...stdout.matchAll(/^ {2}(...) +([\d.]+) taken − +([\d.]+) fee = +([\d.]+) paid out$/gm)]
    assert.deepStrictEqual(
      sums.map(([, currency, taken]) => `${currency} ${taken}`),
      ["CNY 17.60", "EUR 0.14", "USD 0.15"]
    )
    const cents = (amount: string) => Math.round(Number(amount) * 100)
    for (const [, , taken, fee, paid] of sums) assert.strictEqual(cents(taken!) - cents(fee!), cents(paid!))
    assert.strictEqual(stdout.trim().split("\n").at(-1), "3 payouts, booked twice over: they add up")
  })
})
