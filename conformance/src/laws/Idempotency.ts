/** IDM: the same thing asked for again is the same thing. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Broken, words } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

const sameReceipt = Law.property({
  id: "IDM-01",
  severity: "critical",
  clause: "PaymentProtocol.settle",
  statement: "settles one charge once however often it is asked to, and gives the same receipt each time",
  why: "A retry after a lost answer charges the agent again.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Gen.integer({ min: 1, max: 9 })),
  interesting: ["asked again"],
  weight: 0.4,
  run: ([price, more]) =>
    Effect.gen(function* () {
      const { protocol } = yield* World
      const charge = yield* Shop.charge(price)
      const paid = yield* Shop.pay(yield* Shop.mint({}, charge), charge)
      if (Result.isFailure(paid)) {
        return yield* new Broken({ expected: "the charge is settled", actual: `it was ${words(paid)}` })
      }
      for (let index = 0; index < more; index++) {
        yield* met("asked again")
        const again = yield* Effect.result(protocol.settle(paid.success.authorization, charge))
        const moved = (yield* Shop.settlements).length
        if (Result.isFailure(again) || again.success.reference !== paid.success.receipt.reference || moved !== 1) {
          return yield* new Broken({
            expected: "the same receipt, and no second movement",
            actual: `it was ${words(again)}, and ${moved} settlements were made`
          })
        }
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [sameReceipt]
