/** CMP: plug-ins do not get in each other's way. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Broken } from "../Broken.ts"
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
      sent: Gen.constantFrom("its own" as const, "another's" as const, "none" as const),
      first: Gen.boolean(),
      ordinary: Gen.subarray([...HeaderGen.ordinary]),
      foreign: Gen.constantFrom(...Decoy.credentials)
    }),
  interesting: ["its own credential", "another's credential", "none credential"],
  weight: 0.5,
  run: ({ price, sent, first, ordinary, foreign }) =>
    Effect.gen(function* () {
      const { paywallOf, protocol } = yield* World
      yield* met(`${sent} credential`)
      const outcome = Effect.fnUntraced(function* (among: boolean) {
        const protocols = !among ? [protocol] : first ? [Decoy.protocol, protocol] : [protocol, Decoy.protocol]
        const paywall = yield* paywallOf(protocols)
        const minted = yield* Shop.mint({}, yield* Shop.charge(price))
        const own = sent === "its own" ? minted.entries : sent === "none" ? [] : [foreign]
        const result = yield* Shop.sell({ entries: [...ordinary, ...own], money: price }, paywall)
        return Result.isSuccess(result) ? "served" : result.failure.code
      })
      const alone = yield* outcome(false)
      const among = yield* outcome(true)
      const wanted = {
        "its own": ["served", "served"],
        none: ["payment_required", "payment_required"],
        "another's": ["payment_required", Decoy.code]
      }[sent]
      if (alone !== wanted[0] || among !== wanted[1]) {
        return yield* new Broken({
          expected: `with ${sent} credential: alone ${wanted[0]}, among others ${wanted[1]}`,
          actual: `alone ${alone}, among others ${among}`
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [others]
