/** LIF: the steps of a payment, in their order and with their effects. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Broken, words } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

const verifyMovesNothing = Law.property({
  id: "LIF-04",
  severity: "critical",
  clause: "PaymentProtocol.verify",
  statement: "moves nothing and uses nothing up in verify, however often it is asked",
  why: "Looking at an offer costs the agent money.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Gen.integer({ min: 1, max: 5 })),
  interesting: ["verified"],
  weight: 0.4,
  run: ([price, times]) =>
    Effect.gen(function* () {
      const { about } = yield* World
      const charge = yield* Shop.charge(price)
      const before = about.abilities.terms.includes("budget") ? { budget: [price] } : {}
      const minted = yield* Shop.mint(before, charge)
      for (let index = 0; index < times; index++) {
        const authorized = yield* Shop.authorize(minted, charge)
        if (Result.isFailure(authorized)) {
          return yield* new Broken({
            expected: "a charge that fits is verified",
            actual: `it was ${words(authorized)}`
          })
        }
        yield* met("verified")
      }
      yield* Shop.nothingMoved("verify")
      const settled = yield* Shop.pay(minted, charge)
      if (Result.isFailure(settled)) {
        return yield* new Broken({
          expected: "the whole budget is there after it was verified",
          actual: `the charge was ${words(settled)}`,
          facts: [`verified ${times + 1} times`]
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [verifyMovesNothing]
