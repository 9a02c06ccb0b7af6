/** FLT: a failure that moved nothing costs nothing, and what was begun can be ended. */
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as About from "../About.ts"
import * as Books from "../Books.ts"
import { Broken, words } from "../Broken.ts"
import * as Crash from "../Crash.ts"
import * as Fault from "../Fault.ts"
import * as FaultGen from "../gen/FaultGen.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Repetition from "../Repetition.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

const calls = ["verify", "settle"] as const
const beforeCommit = ({ kind }: Fault.Fault) => !Fault.committed(kind)

/** A budget that holds the price once: whatever is not given back is missed. */
const justEnough = (about: About.About, money: Money.Money) =>
  About.canMint(about, "budget") ? { budget: [money] } : {}

const nothingHappened = Law.property({
  id: "FLT-01",
  severity: "critical",
  kind: "fault",
  needs: {
    unless: (about) =>
      FaultGen.some(about, calls, beforeCommit) ? undefined : "the double cannot fail before it commits"
  },
  clause: "PaymentProtocol.verify, PaymentProtocol.settle, PaymentError.moved",
  statement:
    "serves nobody and takes nothing when the provider fails before it commits, and the same request can be tried again",
  why: "An agent gets the resource for nothing, or is shut out of its own budget by somebody else's outage.",
  gen: (about) => Gen.tuple(MandateGen.price(about), FaultGen.fault(about, calls, beforeCommit)),
  interesting: ["the provider failed"],
  weight: 0.6,
  run: ([money, fault]) =>
    Effect.gen(function* () {
      const { about, provider } = yield* World
      const { entries } = yield* Shop.mint(justEnough(about, money), yield* Shop.charge(money))
      const purchase = { entries, money, ...Repetition.marked(about) }
      yield* provider.fault(fault)
      const answer = yield* Shop.sell(purchase)
      if ((yield* provider.unmet) === 0) yield* met("the provider failed")
      yield* provider.clearFaults
      yield* Effect.sleep("5 minutes")
      const moved = (yield* Shop.settlements).length
      const facts = [`${Fault.print(fault)}, and nothing was done`]
      const served = Result.isSuccess(answer)
      if (moved !== (served ? 1 : 0)) {
        return yield* new Broken({
          expected: "whoever is served has paid, and whoever is refused has not",
          actual: `the request was ${served ? "served" : words(answer)}, and ${moved} settlements were made`,
          facts
        })
      }
      const again = yield* Repetition.insist(purchase)
      const after = (yield* Shop.settlements).length
      if (Result.isFailure(again) || after !== 1) {
        return yield* new Broken({
          expected: "the same request is served when the provider works again, for one settlement",
          actual: `it was ${words(again)}, and ${after} settlements were made`,
          facts
        })
      }
      yield* Books.agree()
    })
})

const crashed = Law.crash({
  id: "FLT-07",
  severity: "critical",
  clause: "Ledger, PaymentProtocol.authorization, PaymentProtocol.lookup",
  statement: "neither settles twice nor loses a settlement when the process dies at any step and starts again",
  why: "A restart at the wrong moment charges the agent twice, or nobody knows that it paid.",
  run: () =>
    Effect.gen(function* () {
      const { about, ledger } = yield* World
      const money = Money.of(about.manifest.currencies[0], 15_00n)
      const { entries } = yield* Shop.mint(justEnough(about, money), yield* Shop.charge(money))
      const purchase = { entries, money, ...Repetition.marked(about) }
      yield* Crash.target(Shop.sell(purchase))
      // Whoever was at it is gone for good.
      yield* Effect.sleep("10 minutes")
      const again = yield* Repetition.insist(purchase)
      // A world looked up after the restart has the new process.
      const { paywall } = yield* World
      yield* Effect.orDie(paywall.recover())
      yield* Books.agree()
      const moved = yield* Shop.settlements
      if (moved.length > 1) {
        return yield* new Broken({
          expected: "one settlement, also after the restart",
          actual: `${moved.length} were made`
        })
      }
      const receipt = Result.isSuccess(again) ? again.success.receipt : undefined
      if (receipt !== undefined && receipt.reference !== moved[0]?.reference) {
        return yield* new Broken({
          expected: "whoever is served after the restart gets the receipt of the settlement",
          actual: moved[0] === undefined ? "nothing was settled" : `it names another one, ${receipt.reference}`
        })
      }
      const states = (yield* Effect.orDie(ledger.list())).map(({ state }) => state)
      if (states.includes("settling") || states.includes("unknown")) {
        return yield* new Broken({
          expected: "what was being settled when the process died is known after the same request",
          actual: `the charge is ${states.join(", ")}, and the request was ${words(again)}`,
          facts: [`settlements made: ${moved.length}`]
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [nothingHappened, crashed]
