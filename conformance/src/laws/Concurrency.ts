/** RAC: the same laws with several agents at once. */
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import { Broken } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Law from "../Law.ts"
import * as Movement from "../Movement.ts"
import * as Race from "../Race.ts"
import * as Shop from "../Shop.ts"
import { met } from "../World.ts"

const lostUpdate = Law.schedule({
  id: "RAC-02",
  severity: "critical",
  needs: { terms: ["budget"] },
  clause: "Mandate.budget, Ledger.open",
  statement: "never settles more than the budget when charges race",
  why: "Two requests at the same time both see the same money left, and both take it.",
  gen: (about) => MandateGen.contended(about, { minLength: 2, maxLength: 3 }),
  interesting: ["together above the budget"],
  run: ({ budget, charges }) =>
    Effect.gen(function* () {
      const minted = yield* Shop.mint({ budget: [budget] }, yield* Shop.charge(charges[0] ?? budget))
      if (charges.reduce((sum, { minor }) => sum + minor, 0n) > budget.minor) yield* met("together above the budget")
      yield* Race.all(charges.map((money) => Shop.sell({ entries: minted.entries, money })))
      const settled = Movement.sum(yield* Shop.settlements, budget.currency)
      if (settled > budget.minor) {
        return yield* new Broken({
          expected: "what is settled stays within the budget",
          actual: "more was settled",
          facts: [`budget ${Money.print(budget)}, settled ${Money.print(Money.of(budget.currency, settled))}`]
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [lostUpdate]
