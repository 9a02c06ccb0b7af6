/** VAL: what a credential has to be before its terms count. */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Broken, words } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Json from "../Json.ts"
import * as Law from "../Law.ts"
import { ProviderError } from "../Provider.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"
import { canonical, roundTrip } from "./ValidationRoundTrip.ts"
import { hostile, mistyped, unknownFields } from "./ValidationShape.ts"

const required = Law.property({
  id: "VAL-03",
  severity: "high",
  needs: { wire: true },
  clause: "PaymentProtocol.validate",
  statement: "refuses a credential without one of its required fields as malformed, and names the field",
  why: "A limit or an expiry that is missing is read as none at all, and the agent spends without one.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Gen.constantFrom(...(about.wire?.required ?? [""]))),
  interesting: ["a field is missing"],
  run: ([price, pointer]) =>
    Effect.gen(function* () {
      const { provider } = yield* World
      const { wire } = provider
      if (wire === undefined) return yield* new ProviderError({ message: "wire is not there" })
      const charge = yield* Shop.charge(price)
      const payload = yield* wire.payload({ currencies: [price.currency] }, yield* Shop.order(charge))
      const json = yield* Effect.fromResult(StrictJson.parseExact(payload)).pipe(
        Effect.mapError(({ message }) => new ProviderError({ message: `wire.payload is no JSON: ${message}` }))
      )
      const without = Json.without(json, pointer)
      if (without === undefined) return yield* new ProviderError({ message: `wire.payload has no ${pointer}` })
      yield* met("a field is missing")
      const minted = yield* Shop.mintWith((order) => wire.seal(StrictJson.stringify(without), order), charge)
      const result = yield* Shop.pay(minted, charge)
      const expected = `a credential without ${pointer} is refused as credential_malformed, naming it`
      if (Result.isSuccess(result) || result.failure.reason._tag !== "CredentialMalformed") {
        return yield* new Broken({ expected, actual: `it was ${words(result)}` })
      }
      const name = pointer.slice(pointer.lastIndexOf("/") + 1)
      if (!result.failure.reason.detail.includes(name)) {
        return yield* new Broken({ expected, actual: `the answer was: ${result.failure.reason.detail}` })
      }
      yield* Shop.nothingMoved("a malformed credential")
    })
})

export const laws: ReadonlyArray<Law.Law> = [roundTrip, canonical, required, mistyped, unknownFields, hostile]
