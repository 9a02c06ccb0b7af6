// A process that dies at a write of the ledger leaves what it wrote, and nothing else runs.
import { Broken } from "@paylayer/conformance/Broken"
import * as Conformance from "@paylayer/conformance/Conformance"
import * as Crash from "@paylayer/conformance/Crash"
import * as Law from "@paylayer/conformance/Law"
import * as Reference from "@paylayer/conformance/reference/Reference"
import * as Shop from "@paylayer/conformance/Shop"
import { World } from "@paylayer/conformance/World"
import * as Money from "@paylayer/core/Money"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"

describe("a crash", () => {
  it.live("is tried at every write, and what was written survives", () =>
    Effect.gen(function* () {
      const states: Array<string> = []
      const law = Law.crash({
        id: "FLT-07",
        severity: "critical",
        clause: "Ledger",
        statement: "survives a crash",
        why: "Tests.",
        run: () =>
          Effect.gen(function* () {
            const { ledger, provider } = yield* World
            const money = Money.of("CNY", 100n)
            const minted = yield* Shop.mint({}, yield* Shop.charge(money))
            const died = yield* Crash.target(Shop.sell({ entries: minted.entries, money }))
            const entries = yield* Effect.orDie(ledger.list())
            const moved = (yield* provider.movements).length
            states.push(`${died ? "died" : "lived"} ${entries.map(({ state }) => state).join()} ${moved}`)
            const again = yield* Shop.sell({ entries: minted.entries, money })
            if (again._tag === "Failure") {
              return yield* new Broken({ expected: "a new process serves", actual: again.failure.code })
            }
          })
      })
      const report = yield* Conformance.check(Reference.voucher, { seed: 1, laws: [law] })
      assert.strictEqual(report.laws[0]?.verdict._tag, "pass")
      assert.deepStrictEqual(states, [
        "lived settled 1",
        "died  0",
        "died opened 0",
        "died authorized 0",
        "died settling 1"
      ])
    })
  )
})
