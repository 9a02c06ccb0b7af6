/** VAL-04, VAL-05, VAL-06: a credential whose readable part is not exactly what it should be. */
import * as Mandate from "@paylayer/core/Mandate"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { canMint } from "../About.ts"
import { Broken, words } from "../Broken.ts"
import * as JsonGen from "../gen/JsonGen.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Json from "../Json.ts"
import * as Law from "../Law.ts"
import * as Payload from "../Payload.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

const MandateJson = Schema.toCodecJson(Mandate.Mandate)

const lastName = (pointer: string): string => pointer.slice(pointer.lastIndexOf("/") + 1)

export const mistyped = Law.property({
  id: "VAL-04",
  severity: "high",
  needs: { wire: true },
  clause: "PaymentProtocol.validate",
  statement:
    "refuses a credential with a required field or an amount of another type as malformed, and names the field",
  why: "What one reader takes for a list or for nothing, another takes for a name or a date: the agent chooses which.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Gen.nat(99)),
  interesting: ["another type"],
  weight: 0.1,
  run: ([price, field]) =>
    Effect.gen(function* () {
      const { about } = yield* World
      const charge = yield* Shop.charge(price)
      const limited = canMint(about, "perCharge") ? { perCharge: [price] } : { currencies: [price.currency] }
      const payload = yield* Payload.of(limited, charge)
      const pointers = [...payload.wire.required, ...Payload.amounts(payload).map(([pointer]) => pointer)]
      for (const next of [0, 1, 2]) {
        const pointer = pointers[(field + next) % pointers.length]!
        const original = Json.at(payload.json, pointer)
        if (original === undefined) continue
        for (const other of JsonGen.mistyped(original)) {
          const changed = Json.replaced(payload.json, pointer, other)
          if (changed === undefined) continue
          yield* met("another type")
          const what = `${pointer} as ${JsonGen.typeOf(other)}`
          const facts = [
            `${pointer} was ${JsonGen.typeOf(original)} and is ${StrictJson.stringify(other).slice(0, 60)}`
          ]
          const { reason } = yield* Payload.refused(payload, StrictJson.stringify(changed), charge, what, facts)
          if (!reason.detail.includes(lastName(pointer))) {
            return yield* new Broken({
              expected: `a credential with ${what} is refused, naming it`,
              actual: `the answer was: ${reason.detail}`,
              facts
            })
          }
        }
      }
      yield* Shop.nothingMoved("malformed credentials")
    })
})

/** The payload with one more field in the object at `pointer`. */
const added = (json: StrictJson.ExactJson, pointer: string, name: string, first: boolean) => {
  const object = pointer === "" ? json : Json.at(json, pointer)
  if (object === undefined || JsonGen.typeOf(object) !== "object") return undefined
  const members = Object.entries(object as { readonly [name: string]: StrictJson.ExactJson })
  const own = members.find(([known]) => known.trim().toLowerCase() === name.trim().toLowerCase())
  const extra = [name, own?.[1] ?? "x"] as const
  const more = Object.fromEntries(first ? [extra, ...members] : [...members, extra])
  return pointer === "" ? more : Json.replaced(json, pointer, more)
}

const parents = (required: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...new Set(required.map((pointer) => pointer.slice(0, pointer.lastIndexOf("/"))))
]

const whatWasRead = (mandate: Mandate.Mandate) =>
  Effect.map(Effect.orDie(Schema.encodeEffect(MandateJson)(mandate)), (json) => JSON.stringify(json))

export const unknownFields = Law.property({
  id: "VAL-05",
  severity: "high",
  needs: { wire: true },
  clause: "Provider.wire.unknownFields, PaymentProtocol.validate",
  statement:
    "does with a field that it does not know what is declared: refuses the credential, or reads it as if it were not there",
  why: "A limit under a name that is nearly right is passed over in silence, and the agent spends without it.",
  gen: (about) => {
    const required = about.wire?.required ?? [""]
    return Gen.record({
      price: MandateGen.price(about),
      fields: Gen.array(
        Gen.tuple(Gen.constantFrom(...parents(required)), JsonGen.unknownName(required.map(lastName)), Gen.boolean()),
        { minLength: 1, maxLength: 3 }
      )
    })
  },
  interesting: ["a field that nobody knows"],
  weight: 0.3,
  run: ({ price, fields }) =>
    Effect.gen(function* () {
      const charge = yield* Shop.charge(price)
      const payload = yield* Payload.of({ currencies: [price.currency] }, charge)
      const plain = yield* Shop.validate(yield* Payload.seal(payload, payload.text, charge), charge)
      if (Result.isFailure(plain)) {
        return yield* new Broken({ expected: "the credential is good as it is", actual: `it was ${words(plain)}` })
      }
      for (const [pointer, name, first] of fields) {
        const changed = added(payload.json, pointer, name, first)
        if (changed === undefined) continue
        yield* met("a field that nobody knows")
        const text = StrictJson.stringify(changed)
        const what = `the unknown field ${JSON.stringify(name)} at ${pointer || "/"}`
        if (payload.wire.unknownFields === "refused") {
          yield* Payload.refused(payload, text, charge, what)
          continue
        }
        const read = yield* Shop.validate(yield* Payload.seal(payload, text, charge), charge)
        if (Result.isFailure(read)) {
          return yield* new Broken({ expected: `${what} is ignored`, actual: `the credential was ${words(read)}` })
        }
        const [with_, without] = [yield* whatWasRead(read.success), yield* whatWasRead(plain.success)]
        if (with_ !== without) {
          return yield* new Broken({
            expected: `${what} changes nothing`,
            actual: `the mandate was ${without} and is ${with_}`
          })
        }
      }
    })
})

export const hostile = Law.property({
  id: "VAL-06",
  severity: "high",
  needs: { wire: true },
  clause: "StrictJson, PaymentProtocol.validate",
  statement: "refuses a credential whose JSON two readers may read differently, or not at all, as malformed",
  why: "The issuer signs what its reader saw and the plug-in charges by what its own sees, or one credential takes the service down.",
  gen: (about) => Gen.record({ price: MandateGen.price(about), at: Gen.nat(20), choice: Gen.nat(119) }),
  interesting: JsonGen.ways,
  weight: 0.15,
  run: ({ price, at, choice }) =>
    Effect.gen(function* () {
      const { about } = yield* World
      const charge = yield* Shop.charge(price)
      const payload = yield* Payload.of({ currencies: [price.currency] }, charge)
      for (const way of JsonGen.ways) {
        const spoiled = JsonGen.spoilings[way](payload.text, payload.json, at, choice)
        yield* met(way)
        const facts = [`the payload of ${about.manifest.displayName} was sealed with ${way}`]
        yield* Payload.refused(payload, spoiled, charge, `${way} in its JSON`, facts)
      }
      yield* Shop.nothingMoved("hostile JSON")
    })
})
