/** RPL: a credential buys what it was given for, and once where it is used once. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Broken, words } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"
import * as Elsewhere from "./ReplayElsewhere.ts"

/** A credential that is used many times is repeated under one idempotency key: without it, another charge is meant. */
const twice = Law.property({
  id: "RPL-01",
  severity: "critical",
  clause: "Manifest.use, Ledger.open",
  statement: "settles once and delivers once when the same request is sent again",
  why: "An agent that resends a request pays twice, or is served twice for one payment.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Gen.integer({ min: 2, max: 4 })),
  interesting: ["sent again"],
  weight: 0.4,
  run: ([money, times]) =>
    Effect.gen(function* () {
      const { about, delivered } = yield* World
      const minted = yield* Shop.mint({}, yield* Shop.charge(money))
      const again = about.manifest.use === "many" ? { idempotencyKey: "again" } : {}
      const first = yield* Shop.sell({ entries: minted.entries, money, ...again })
      if (Result.isFailure(first)) {
        return yield* new Broken({ expected: "the first request is served", actual: `it was ${words(first)}` })
      }
      for (let index = 1; index < times; index++) {
        yield* met("sent again")
        yield* Shop.sell({ entries: minted.entries, money, ...again })
      }
      const settled = (yield* Shop.settlements).length
      if (settled !== 1 || delivered.length !== 1) {
        return yield* new Broken({
          expected: "one settlement and one delivery",
          actual: `${settled} settlements and ${delivered.length} deliveries`,
          facts: [`the request was sent ${times} times`]
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [twice, Elsewhere.otherResource, Elsewhere.otherMerchant]
