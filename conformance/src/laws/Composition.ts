/** CMP: plug-ins do not get in each other's way. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Broken, words } from "../Broken.ts"
import * as Decoy from "../Decoy.ts"
import * as HeaderGen from "../gen/HeaderGen.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

const others = Law.property({
  id: "CMP-01",
  severity: "high",
  clause: "Paywall.layer, Manifest.triggers",
  statement: "gives the same answer whether or not other protocols are installed, before it or after it",
  why: "Installing a second protocol stops the first from being paid, or lets its agents in for nothing.",
  gen: (about) =>
    Gen.record({
      price: MandateGen.price(about),
      genuine: Gen.boolean(),
      first: Gen.boolean(),
      ordinary: Gen.subarray([...HeaderGen.ordinary])
    }),
  interesting: ["a genuine credential", "no credential"],
  weight: 0.5,
  run: ({ price, genuine, first, ordinary }) =>
    Effect.gen(function* () {
      const { paywallOf, protocol } = yield* World
      yield* met(genuine ? "a genuine credential" : "no credential")
      const outcome = Effect.fnUntraced(function* (among: boolean) {
        const protocols = !among ? [protocol] : first ? [Decoy.protocol, protocol] : [protocol, Decoy.protocol]
        const paywall = yield* paywallOf(protocols)
        const minted = yield* Shop.mint({}, yield* Shop.charge(price))
        const entries = genuine ? [...ordinary, ...minted.entries] : ordinary
        const result = yield* Shop.sell({ entries, money: price }, paywall)
        return Result.isSuccess(result) ? "served" : words(result)
      })
      const alone = yield* outcome(false)
      const together = yield* outcome(true)
      if (alone !== together || (alone === "served") !== genuine) {
        return yield* new Broken({
          expected: genuine ? "served, alone and among others" : "the same refusal, alone and among others",
          actual: `alone ${alone}, among others ${together}`
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [others]
