/** ERR: what an error says is of the contract, and true. */
import type { Charge } from "@paylayer/core/Charge"
import { Mandate } from "@paylayer/core/Mandate"
import * as PaymentError from "@paylayer/core/PaymentError"
import { Receipt } from "@paylayer/core/Receipt"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Broken, words } from "../Broken.ts"
import * as Fault from "../Fault.ts"
import * as FaultGen from "../gen/FaultGen.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Mishap from "../Mishap.ts"
import type { Minted } from "../Provider.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

const codec = Schema.toCodecJson(PaymentError.PaymentError)
const receipts = Schema.toCodecJson(Receipt)
const isMandate = Schema.is(Mandate)

/** What keeps a value from being written down and read back as what it was, or nothing. */
const lost = <A>(schema: Schema.Codec<A, Schema.Json>, value: unknown): string | undefined => {
  const written = Schema.encodeResult(schema)(value as A)
  if (Result.isFailure(written)) return "it cannot be written down"
  const read = Schema.decodeResult(schema)(written.success)
  return Result.isFailure(read) ? "it cannot be read back" : undefined
}

const wrongError = (error: unknown): string | undefined => {
  if (!PaymentError.isPaymentError(error)) {
    return `it failed with ${error instanceof Error ? error.name : typeof error}`
  }
  const tag: string = error.reason?._tag
  if (!Object.hasOwn(PaymentError.catalogue, tag))
    return `it failed for a reason that the contract does not know: ${tag}`
  const why = lost(codec, error)
  return why === undefined ? undefined : `it failed with ${tag}, and ${why}`
}

const typed = Law.property({
  id: "ERR-01",
  severity: "high",
  clause: "PaymentError, PaymentProtocol.authorization, Receipt",
  statement: "fails with the errors of the contract alone, and gives values that can be written down and read back",
  why: "The host cannot tell a refusal from an outage, and answers 500 to both; a restart cannot read the ledger.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Mishap.maybe(about)),
  interesting: ["an error was seen", "a receipt was seen"],
  run: ([money, mishap]) =>
    Effect.gen(function* () {
      const { protocol, seen } = yield* World
      const charge = yield* Shop.charge(money)
      const minted = yield* mishap === undefined ? Shop.mint({}, charge) : Mishap.mint(mishap, {}, charge)
      yield* Shop.sell({ entries: minted.entries, money })
      const facts = mishap === undefined ? [] : [Mishap.print(mishap)]
      for (const error of seen.errors) {
        yield* met("an error was seen")
        const actual = wrongError(error)
        if (actual !== undefined) {
          return yield* new Broken({ expected: "the plug-in fails with a PaymentError of the contract", actual, facts })
        }
      }
      for (const { authorization, receipt } of seen.settled) {
        yield* met("a receipt was seen")
        const wrong = isMandate(authorization.mandate)
          ? (lost(protocol.authorization, authorization) ?? lost(receipts, receipt))
          : "its mandate is none"
        if (wrong !== undefined) {
          return yield* new Broken({
            expected: "an authorization and a receipt can be written to the ledger and read back",
            actual: wrong,
            facts
          })
        }
      }
    })
})

/** What an agent hears of its purchase, if anything. */
type Hearing = Effect.Effect<Option.Option<Result.Result<unknown, PaymentError.PaymentError>>, Broken, World>

/** From whom it hears it: the plug-in's own steps, and the paywall. */
const ways: { readonly [way: string]: (minted: Minted, charge: Charge) => Hearing } = {
  "the plug-in": (minted, charge) => Effect.timeoutOption(Shop.pay(minted, charge), "2 minutes"),
  "the paywall": ({ entries }, { money }) => Effect.asSome(Shop.sell({ entries, money }))
}

const moved = Law.property({
  id: "ERR-06",
  severity: "critical",
  kind: "fault",
  needs: {
    unless: (about) => (FaultGen.some(about, ["verify", "settle"]) ? undefined : "the double cannot fail")
  },
  clause: "PaymentError.moved",
  statement: "says that money moved, or that none did, only when the provider's books say so",
  why: "A caller who hears “no” pays again, and one who hears “yes” never does.",
  gen: (about) =>
    Gen.record({
      money: MandateGen.price(about),
      first: FaultGen.some(about, ["settle"]) ? FaultGen.fault(about, ["settle"]) : FaultGen.fault(about, ["verify"]),
      second: Gen.option(FaultGen.fault(about, ["verify", "settle"]), { nil: undefined, freq: 2 })
    }),
  interesting: ["an error was heard"],
  run: ({ money, first, second }) =>
    Effect.gen(function* () {
      const { provider } = yield* World
      const faults = second === undefined ? [first] : [first, second]
      for (const [way, buy] of Object.entries(ways)) {
        const charge = yield* Shop.charge(money)
        const minted = yield* Shop.mint({}, charge)
        for (const fault of faults) yield* provider.fault({ ...fault, delayMillis: 30_000 })
        const heard = yield* buy(minted, charge)
        yield* provider.clearFaults
        // Nothing is heard of a call that hangs, and whoever is served hears no error.
        if (Option.isNone(heard) || Result.isSuccess(heard.value)) continue
        const error = heard.value.failure
        // What is no error of the contract says nothing; ERR-01 sees to it.
        if (!PaymentError.isPaymentError(error)) continue
        yield* met("an error was heard")
        // A provider may be late.
        yield* Effect.sleep("10 minutes")
        const movements = (yield* provider.movements).filter(({ mandate }) => mandate === minted.mandate)
        const really = movements.some(({ kind }) => kind !== "refund") ? "yes" : "no"
        if (error.moved === "unknown" || error.moved === really) continue
        return yield* new Broken({
          expected: `money moved: ${really}, as the provider has it, or unknown`,
          actual: `${way} answered that the charge was ${words(heard.value)}`,
          facts: [
            faults.map(Fault.print).join("; "),
            `the provider's books: ${movements.map(({ kind }) => kind).join(", ") || "nothing"}`
          ]
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [typed, moved]
