import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import * as BeijingTime from "../src/BeijingTime.ts"

const intl = new Intl.DateTimeFormat("sv-SE", { timeZone: "+08:00", dateStyle: "short", timeStyle: "medium" })

describe("BeijingTime", () => {
  it("agrees with known times", () => {
    // date -u -d '2026-01-31 00:00:00' +%s
    assert.strictEqual(BeijingTime.format(1_769_817_600_000), "2026-01-31 08:00:00")
    assert.strictEqual(BeijingTime.format(0), "1970-01-01 08:00:00")
    assert.strictEqual(BeijingTime.format(999), "1970-01-01 08:00:00")
    assert.strictEqual(BeijingTime.format(-1), "1970-01-01 07:59:59")
  })

  it("agrees with Intl at +08:00, at any time from 1970 to 9999", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_271_999_999 }), (millis) => {
        assert.strictEqual(BeijingTime.format(millis), intl.format(millis))
      }),
      { numRuns: 2_000 }
    )
  })

  it("reads back what it writes, to the second", () => {
    fc.assert(
      fc.property(fc.integer({ min: -62_167_248_000, max: 253_402_271_999 }), (seconds) => {
        assert.deepStrictEqual(BeijingTime.parse(BeijingTime.format(seconds * 1_000)), Result.succeed(seconds * 1_000))
      }),
      { numRuns: 2_000 }
    )
  })

  it("refuses dates that no calendar has, and other forms", () => {
    for (const text of [
      "2026-02-29 00:00:00",
      "2100-02-29 00:00:00",
      "2026-02-30 00:00:00",
      "2026-04-31 00:00:00",
      "2026-00-10 00:00:00",
      "2026-13-01 00:00:00",
      "2026-01-00 00:00:00",
      "2026-01-32 00:00:00",
      "2026-01-01 24:00:00",
      "2026-01-01 00:60:00",
      "2026-01-01 00:00:60",
      "2026-1-1 00:00:00",
      "2026-01-01T00:00:00",
      "2026-01-01 00:00:00Z",
      "2026-01-01 00:00:00\n",
      "２026-01-01 00:00:00",
      "2026-01-01",
      ""
    ]) {
      assert.isTrue(Result.isFailure(BeijingTime.parse(text)), text)
    }
    assert.isTrue(Result.isSuccess(BeijingTime.parse("2024-02-29 23:59:59")))
    assert.isTrue(Result.isSuccess(BeijingTime.parse("2000-02-29 00:00:00")))
  })
})
