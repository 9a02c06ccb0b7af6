/** RES: what is taken is given back, whatever stops the work. */
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import { Broken } from "../Broken.ts"
import * as Interrupt from "../Interrupt.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { World } from "../World.ts"

const interrupted = Law.interrupt({
  id: "RES-02",
  severity: "critical",
  clause: "PaymentProtocol.settle, PaymentProtocol.release, Ledger",
  statement: "leaves no hold, no money without a record and no record without money, wherever it is interrupted",
  why: "An agent that hangs up at the wrong moment loses its money, or gets what it did not pay for.",
  run: () =>
    Effect.gen(function* () {
      const { about, ledger, provider } = yield* World
      const money = Money.of(about.manifest.currencies[0], 15_00n)
      const minted = yield* Shop.mint({}, yield* Shop.charge(money))
      yield* Interrupt.target(Shop.sell({ entries: minted.entries, money }))
      const moved = yield* Shop.settlements
      const entries = yield* Effect.orDie(ledger.list())
      const settled = entries.filter(({ state }) => state === "settled")
      const facts = [
        `${moved.length} settlements at the provider; in the ledger: ${entries.map(({ state }) => state).join(", ") || "nothing"}`
      ]
      if (moved.length !== settled.length) {
        return yield* new Broken({
          expected: "the ledger and the provider agree on what was settled",
          actual: `the provider settled ${moved.length}, the ledger has ${settled.length}`,
          facts
        })
      }
      const open = entries.filter(({ state }) => Ledger.isOpen(state))
      if (open.length > 0) {
        return yield* new Broken({ expected: "no charge is left open", actual: `${open.length} are`, facts })
      }
      const held = yield* provider.holds
      if (held.length > 0) {
        return yield* new Broken({
          expected: "nothing is held any more",
          actual: `${held.length} holds are left`,
          facts
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [interrupted]
