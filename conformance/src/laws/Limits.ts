/** LIM: what a mandate lets an agent spend. */
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Broken, words } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Law from "../Law.ts"
import * as Movement from "../Movement.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"
import * as Edges from "./LimitEdges.ts"
import * as Keeping from "./LimitKeeping.ts"
import * as Captures from "./LimitCaptures.ts"
import * as Refunds from "./LimitRefunds.ts"
import * as Sums from "./LimitSums.ts"

/** For payments of one bill: the limit is what was paid, exactly. */
const paidExactly: Law.Case<void> = () =>
  Effect.gen(function* () {
    const { about } = yield* World
    const paid = Money.of(about.manifest.currencies[0], 15_00n)
    const minted = yield* Shop.mint({}, yield* Shop.charge(paid))
    for (const minor of [paid.minor - 1n, paid.minor + 1n]) {
      const result = yield* Shop.pay(minted, yield* Shop.charge(Money.of(paid.currency, minor)))
      if (Result.isSuccess(result)) {
        return yield* new Broken({
          expected: `a payment of ${Money.print(paid)} buys nothing else`,
          actual: `it bought ${Money.print(Money.of(paid.currency, minor))}`
        })
      }
    }
    yield* Shop.nothingMoved("charges of another amount than was paid")
  })

const boundary = Law.property({
  id: "LIM-01",
  severity: "critical",
  needs: { terms: ["perCharge"] },
  clause: "Mandate.perCharge",
  statement: "accepts a charge of exactly the limit and one minor unit below, and refuses one minor unit above",
  why: "An agent takes more in one charge than its owner allowed, or is refused what it was allowed.",
  gen: MandateGen.limit,
  interesting: ["at the limit", "one below", "one above"],
  weight: 0.3,
  run: (limit) =>
    Effect.gen(function* () {
      for (const [difference, name] of [
        [-1n, "one below"],
        [0n, "at the limit"],
        [1n, "one above"]
      ] as const) {
        const money = Money.of(limit.currency, limit.minor + difference)
        const charge = yield* Shop.charge(money)
        const before = (yield* Shop.settlements).length
        const result = yield* Shop.pay(yield* Shop.mint({ perCharge: [limit] }, charge), charge)
        const moved = (yield* Shop.settlements).length - before
        yield* met(name)
        const facts = [`limit ${Money.print(limit)}, charge ${Money.print(money)}, settlements made: ${moved}`]
        if (difference <= 0n && (Result.isFailure(result) || moved !== 1)) {
          return yield* new Broken({
            expected: "a charge within the limit is settled",
            actual: `it was ${words(result)}`,
            facts
          })
        }
        if (difference > 0n && (Result.isSuccess(result) || moved !== 0)) {
          return yield* new Broken({
            expected: "a charge above the limit is refused",
            actual: `it was ${words(result)}`,
            facts
          })
        }
        if (difference > 0n && Result.isFailure(result) && result.failure.reason._tag !== "LimitExceeded") {
          return yield* new Broken({
            expected: "it is refused with limit_exceeded",
            actual: `it was ${words(result)}`,
            facts
          })
        }
      }
    }),
  complement: paidExactly
})

const cumulative = Law.property({
  id: "LIM-02",
  severity: "critical",
  kind: "model",
  needs: { terms: ["budget"] },
  clause: "Mandate.budget",
  statement: "never settles more than the budget, whatever is charged in whatever order",
  why: "An agent spends past what its owner allowed.",
  gen: (about) => MandateGen.budgetAndCharges(about, { minLength: 1, maxLength: 8 }),
  interesting: ["the budget was too small", "everything fitted"],
  weight: 0.5,
  run: ({ budget, charges }) =>
    Effect.gen(function* () {
      const [first] = charges
      const minted = yield* Shop.mint({ budget: [budget] }, yield* Shop.charge(first ?? budget))
      let refused = 0
      for (const money of charges) {
        if (Result.isFailure(yield* Shop.sell({ entries: minted.entries, money }))) refused++
      }
      yield* met(refused > 0 ? "the budget was too small" : "everything fitted")
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

export const laws: ReadonlyArray<Law.Law> = [
  boundary,
  cumulative,
  Sums.monotone,
  Sums.complete,
  Keeping.isolated,
  Keeping.givenBack,
  Edges.windowEdges,
  Keeping.onlySettling,
  Edges.smallest,
  Refunds.inParts,
  Captures.less
]
