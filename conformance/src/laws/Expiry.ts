/** EXP: windows of time, read off the Clock. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import { Broken, words } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { met } from "../World.ts"
import * as Windows from "./ExpiryWindows.ts"

const triple = Law.property({
  id: "EXP-01",
  severity: "high",
  needs: { terms: ["expiresAt"] },
  clause: "Mandate.expiresAt",
  statement: "accepts a credential until just before its end, and refuses it at its end and after",
  why: "An agent goes on spending after its owner's permission has ended.",
  gen: (about) =>
    Gen.tuple(
      MandateGen.price(about),
      Gen.integer({ min: 2, max: 800 }),
      Gen.constantFrom(-60_000, -1, 0, 1, 1_000, 86_400_000)
    ),
  interesting: ["before", "at the end", "after"],
  run: ([price, seconds, offset]) =>
    Effect.gen(function* () {
      const begin = yield* Clock.currentTimeMillis
      // Whole seconds, since that is all that some formats have.
      const end = Math.ceil(begin / 1_000) * 1_000 + Math.max(seconds, 61) * 1_000
      const minted = yield* Shop.mint({ expiresAt: DateTime.makeUnsafe(end) }, yield* Shop.charge(price))
      yield* TestClock.setTime(end + offset)
      yield* met(offset < 0 ? "before" : offset === 0 ? "at the end" : "after")
      const result = yield* Shop.pay(minted, yield* Shop.charge(price))
      const facts = [
        `the credential ends ${offset === 0 ? "now" : `${Math.abs(offset)} ms ${offset < 0 ? "from now" : "ago"}`}`
      ]
      if (offset < 0 && Result.isFailure(result)) {
        return yield* new Broken({ expected: "it is accepted", actual: `it was ${words(result)}`, facts })
      }
      if (offset < 0) return
      if (Result.isSuccess(result) || result.failure.reason._tag !== "CredentialExpired") {
        return yield* new Broken({
          expected: "it is refused with credential_expired",
          actual: `it was ${words(result)}`,
          facts
        })
      }
      yield* Shop.nothingMoved("a credential that has ended")
    })
})

export const laws: ReadonlyArray<Law.Law> = [triple, Windows.begins, Windows.endsMeanwhile, Windows.onlyTheClock]
