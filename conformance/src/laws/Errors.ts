/** ERR: what goes wrong is said, typed and true. */
import * as PaymentError from "@paylayer/core/PaymentError"
import { fromEntries } from "@paylayer/core/RequestHeaders"
import type { Mandate } from "@paylayer/core/Mandate"
import * as Effect from "effect/Effect"
import * as About from "../About.ts"
import { Broken } from "../Broken.ts"
import type * as Fault from "../Fault.ts"
import * as HeaderGen from "../gen/HeaderGen.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

const calls = ["verify", "settle", "lookup"] as const

const faults = (about: About.About): ReadonlyArray<Fault.Fault> =>
  calls.flatMap((call) => About.faultsAt(about, call).map((kind): Fault.Fault => ({ call, kind })))

const noDefect = Law.property({
  id: "ERR-02",
  severity: "high",
  clause: "PaymentProtocol",
  statement: "fails with a PaymentError and never dies, whatever is sent and whatever the provider does",
  why: "A defect tells nobody whether money moved, and may take other requests down with it.",
  gen: (about) =>
    Gen.record({
      price: MandateGen.price(about),
      entries: HeaderGen.bag(about.manifest),
      fault:
        faults(about).length === 0
          ? Gen.constant(undefined)
          : Gen.option(Gen.constantFrom(...faults(about)), { nil: undefined })
    }),
  interesting: ["a candidate was found"],
  weight: 1.5,
  run: ({ price, entries, fault }) =>
    Effect.gen(function* () {
      const { protocol, provider, seen } = yield* World
      const charge = yield* Shop.charge(price)
      const detection = yield* Shop.detect(fromEntries(entries))
      if (detection._tag === "Found") {
        yield* met("a candidate was found")
        const result = yield* Effect.result(
          protocol.validate(detection.credential, charge) as Effect.Effect<Mandate, PaymentError.PaymentError>
        )
        if (result._tag === "Failure" && !PaymentError.isPaymentError(result.failure)) {
          return yield* new Broken({ expected: "a PaymentError", actual: "validate failed with something else" })
        }
      }
      if (fault !== undefined) yield* provider.fault(fault)
      const minted = yield* Shop.mint({}, charge)
      yield* Shop.sell({ entries: minted.entries, money: price })
      const [died] = seen.died
      if (died !== undefined) {
        return yield* new Broken({
          expected: "the plug-in fails with a PaymentError",
          actual: `it died in ${died.step} with ${died.defect instanceof Error ? died.defect.name : typeof died.defect}`
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [noDefect]
