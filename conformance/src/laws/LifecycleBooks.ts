/** LIF: what goes out of one pocket comes into the other. */
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as About from "../About.ts"
import * as Books from "../Books.ts"
import { Broken, words } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Mishap from "../Mishap.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

/** One request: all goes well, or its handler fails, or something else does. */
interface Step {
  readonly money: Money.Money
  readonly handler: "works" | "fails"
  readonly mishap: Mishap.Mishap | undefined
}

const step = (about: About.About): Gen.Gen<Step> =>
  Gen.record({
    money: MandateGen.price(about),
    handler: Gen.constantFrom("works" as const, "works" as const, "fails" as const),
    // A hold that the provider did not give back when it was told to is the provider's: it ends by itself.
    mishap: Mishap.maybe(about, ["verify", "settle"])
  })

const failing = PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "the handler failed" }))

const takeBack = Effect.fnUntraced(function* (receipt: Receipt) {
  const { protocol, provider } = yield* World
  const { refund } = protocol
  if (refund === undefined || receipt.money.minor < 2n) return
  yield* met("refunded")
  const part = Money.of(receipt.money.currency, receipt.money.minor / 2n + 1n)
  const given = yield* Effect.result(refund(receipt, part, "refund-1"))
  const again = yield* Effect.result(refund(receipt, part, "refund-1"))
  const tooMuch = yield* Effect.result(refund(receipt, part, "refund-2"))
  const back = (yield* provider.movements).filter(({ kind }) => kind === "refund")
  if (back.length !== 1 || !Money.equals(back[0]!.money, part) || Result.isFailure(given) || Result.isFailure(again)) {
    return yield* new Broken({
      expected: "a refund gives back its money once, however often it is asked for, and never more than was taken",
      actual: `the provider gave back ${back.map(({ money }) => Money.print(money)).join(" and ") || "nothing"}`,
      facts: [
        `${Money.print(receipt.money)} were taken; ${Money.print(part)} were to go back`,
        `first ${words(given)}, the same again ${words(again)}, the same under another id ${words(tooMuch)}`
      ]
    })
  }
})

const conserved = Law.property({
  id: "LIF-03",
  severity: "critical",
  kind: "model",
  clause: "PaymentProtocol.settle, PaymentProtocol.release, PaymentProtocol.refund, Receipt",
  statement:
    "takes exactly what the ledger has as settled: nothing for a handler that failed, no fee, no rounding, and gives back what it says",
  why: "The merchant's books do not add up, or agents pay for what they never got.",
  gen: (about) => Gen.array(step(about), { minLength: 1, maxLength: 4 }),
  interesting: ["settled", "the handler failed"],
  weight: 0.3,
  run: (steps) =>
    Effect.gen(function* () {
      const { provider } = yield* World
      let served: Receipt | undefined
      for (const { handler, mishap, money } of steps) {
        const charge = yield* Shop.charge(money)
        const minted = yield* mishap === undefined ? Shop.mint({}, charge) : Mishap.mint(mishap, {}, charge)
        const purchase = { entries: minted.entries, money }
        const result = yield* Shop.sell(handler === "works" ? purchase : { ...purchase, handler: failing })
        if (handler === "fails") yield* met("the handler failed")
        yield* provider.clearFaults
        if (Result.isSuccess(result) && result.success.receipt !== undefined) {
          served = result.success.receipt
          yield* met("settled")
        } else if (mishap === undefined && handler === "works") {
          return yield* new Broken({ expected: "a charge that fits is settled", actual: `it was ${words(result)}` })
        }
      }
      yield* Books.agree()
      if (served !== undefined) yield* takeBack(served)
    })
})

export const laws: ReadonlyArray<Law.Law> = [conserved]
