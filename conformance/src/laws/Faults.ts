/** FLT: the provider fails, and nobody loses money by it. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as About from "../About.ts"
import { Broken, words } from "../Broken.ts"
import * as Fault from "../Fault.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

const settling = (about: About.About) => About.faultsAt(about, "settle").filter(Fault.committed)

const replyLost = Law.property({
  id: "FLT-02",
  severity: "critical",
  kind: "fault",
  needs: {
    unless: (about) => (settling(about).length === 0 ? "the double cannot lose the answer of settle" : undefined)
  },
  clause: "PaymentProtocol.settle, PaymentProtocol.lookup, PaymentError.moved",
  statement: "never says that nothing moved when the answer of a settlement is lost, and never settles it again",
  why: "The agent is told that it was not charged, pays again and has paid twice.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Gen.constantFrom(...settling(about))),
  interesting: ["the answer was lost"],
  run: ([money, kind]) =>
    Effect.gen(function* () {
      const { about, provider } = yield* World
      const minted = yield* Shop.mint({}, yield* Shop.charge(money))
      yield* provider.fault({ call: "settle", kind, delayMillis: 60_000 })
      const again = about.manifest.use === "many" ? { idempotencyKey: "again" } : {}
      const result = yield* Shop.sell({ entries: minted.entries, money, ...again })
      if ((yield* provider.unmet) === 0) yield* met("the answer was lost")
      const facts = [Fault.print({ call: "settle", kind })]
      if (Result.isFailure(result) && result.failure.moved === "no") {
        // What is declined for good must never be charged afterwards: the answer may still be on its way.
        yield* Effect.sleep("5 minutes")
        const moved = (yield* Shop.settlements).length
        if (moved > 0) {
          return yield* new Broken({
            expected: "a settlement whose answer is lost is unknown, or settled",
            actual: `the agent hears ${words(result)}, and the provider settled it`,
            facts
          })
        }
        return
      }
      yield* Shop.sell({ entries: minted.entries, money, ...again })
      yield* Effect.sleep("5 minutes")
      const moved = (yield* Shop.settlements).length
      if (moved !== 1) {
        return yield* new Broken({
          expected: "one settlement, also after the same request again",
          actual: `${moved} settlements`,
          facts
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [replyLost]
