/**
 * The readable part of a credential, changed and rightly signed again: what an issuer with a defect, or a hostile one, would send.
 */
import type { Charge } from "@paylayer/core/Charge"
import type { PaymentError } from "@paylayer/core/PaymentError"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Broken, words } from "./Broken.ts"
import * as Json from "./Json.ts"
import { type Minted, ProviderError, type Wire } from "./Provider.ts"
import * as Shop from "./Shop.ts"
import type { Terms } from "./Terms.ts"
import { World } from "./World.ts"

export interface Payload {
  readonly wire: Wire
  readonly text: string
  readonly json: StrictJson.ExactJson
}

/** The payload of a credential with these terms. */
export const of = Effect.fnUntraced(function* (
  terms: Terms,
  charge: Charge
): Effect.fn.Return<Payload, ProviderError, World> {
  const { wire } = (yield* World).provider
  if (wire === undefined) return yield* new ProviderError({ message: "wire is not there" })
  const text = yield* wire.payload(terms, yield* Shop.order(charge))
  const json = yield* Effect.fromResult(StrictJson.parseExact(text)).pipe(
    Effect.mapError(({ message }) => new ProviderError({ message: `wire.payload is no JSON: ${message}` }))
  )
  return { wire, text, json }
})

/** The amounts that are in a payload, with their pointers. */
export const amounts = ({
  json,
  wire
}: Payload): ReadonlyArray<readonly [pointer: string, amount: StrictJson.ExactJson]> =>
  wire.amounts.flatMap((pointer) => {
    const amount = Json.at(json, pointer)
    return amount === undefined ? [] : [[pointer, amount] as const]
  })

/** A credential with this payload. */
export const seal = (
  { wire }: Payload,
  payload: string | Uint8Array,
  charge: Charge
): Effect.Effect<Minted, ProviderError, World> => Shop.mintWith((order) => wire.seal(payload, order), charge)

/** A payload that is to be refused as malformed. */
export const refused = Effect.fnUntraced(function* (
  from: Payload,
  changed: string | Uint8Array,
  charge: Charge,
  what: string,
  facts: ReadonlyArray<string> = []
): Effect.fn.Return<PaymentError, Broken | ProviderError, World> {
  const result = yield* Shop.pay(yield* seal(from, changed, charge), charge)
  if (Result.isSuccess(result) || result.failure.reason._tag !== "CredentialMalformed") {
    return yield* new Broken({
      expected: `a credential with ${what} is refused as credential_malformed`,
      actual: `it was ${words(result)}`,
      facts
    })
  }
  return result.failure
})
