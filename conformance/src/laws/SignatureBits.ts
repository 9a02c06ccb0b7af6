/** SIG: credentials that were changed, cut, stretched or garbled. */
import type * as PaymentError from "@paylayer/core/PaymentError"
import * as Effect from "effect/Effect"
import * as Expect from "../Expect.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import type { Minted } from "../Provider.ts"
import type { Money } from "@paylayer/core/Money"
import * as Shop from "../Shop.ts"
import * as Tampering from "../Tampering.ts"
import { met, World } from "../World.ts"

/** Reasons that are said of a credential that nobody issued; an opaque one is unknown to its provider. */
export const disbelief: ReadonlyArray<PaymentError.Reason["_tag"]> = [
  "PaymentRequired",
  "CredentialMalformed",
  "SignatureInvalid",
  "UnsupportedVersion",
  "CredentialAmbiguous",
  "CredentialRevoked"
]

/** Nothing may be bought with this credential, and the answer must say that it was not believed. */
export const disbelieved = Effect.fnUntraced(function* (minted: Minted, money: Money, what: string) {
  const { delivered } = yield* World
  const result = yield* Shop.sell({ entries: minted.entries, money })
  yield* Expect.refused(result, `${what} is refused as no credential, as malformed or as not signed`, {
    as: disbelief,
    facts: [what]
  })
  const settlements = (yield* Shop.settlements).length
  yield* Expect.counted(
    `after ${what}`,
    { settlements: 0, deliveries: 0 },
    { settlements, deliveries: delivered.length }
  )
})

const flip = (of: Tampering.Flip["of"], ...places: ReadonlyArray<Tampering.Flip["place"]>): Gen.Gen<Tampering.Flip> =>
  Gen.record({
    part: Gen.nat(2),
    place: Gen.constantFrom(...places),
    at: Gen.noBias(Gen.nat(10_000)),
    bit: Gen.nat(7),
    of: Gen.constant(of)
  })

/** Somewhere in the text, somewhere under its encoding, and in the spare bits at its end. */
const flips = Gen.tuple(
  flip("letter", "first", "inside", "inside"),
  flip("byte", "first", "last", "inside", "inside"),
  flip("letter", "last")
)

export const everyBit = Law.property({
  id: "SIG-01",
  severity: "critical",
  needs: { signed: true },
  clause: "PaymentProtocol.validate",
  statement:
    "refuses a credential with any one bit changed, in the signature or in what it signs, and under their encoding",
  why: "A signature of which only a part is looked at can be forged, and one that can be written in two ways is used twice.",
  gen: (about) => Gen.tuple(MandateGen.price(about), flips),
  interesting: ["a letter was changed", "a byte was changed", "the last letter of a part was changed"],
  weight: 0.5,
  run: ([money, all]) =>
    Effect.gen(function* () {
      const minted = yield* Shop.mint({}, yield* Shop.charge(money))
      for (const how of all) {
        const changed = yield* Tampering.resent(minted, (credential) => Tampering.flipped(credential, how))
        yield* met(`a ${how.of} was changed`)
        if (how.of === "letter" && how.place === "last") yield* met("the last letter of a part was changed")
        const where = how.place === "inside" ? `place ${how.at}` : `the ${how.place} place`
        const what = `a credential with bit ${how.bit} of one ${how.of} changed (at ${where} of part ${how.part}, counted from the end)`
        yield* disbelieved(changed, money, what)
      }
    })
})

/** What is done to a credential, in words, and how. */
interface Deformation {
  readonly what: string
  readonly change: (credential: string) => string
}

const inside = (text: string, at: number): Deformation => ({
  what: `a credential with ${JSON.stringify(text)} inside`,
  change: (credential) => {
    const place = 1 + (at % Math.max(1, credential.length - 1))
    return credential.slice(0, place) + text + credential.slice(place)
  }
})

const behind = (text: string): Deformation => ({
  what: `a credential with ${text.length > 20 ? `${text.length} letters` : JSON.stringify(text)} behind`,
  change: (credential) => credential + text
})

const cut = (letters: number): Deformation => ({
  what: `a credential without its last ${letters === 1 ? "letter" : `${letters} letters`}`,
  change: (credential) => credential.slice(0, -letters)
})

const whole = (what: string, change: Deformation["change"]): Deformation => ({ what, change })

const deformation: Gen.Gen<Deformation> = Gen.oneof(
  { weight: 3, arbitrary: Gen.constantFrom("A", "=", "==", ".", ".A", "~", "%00", "A".repeat(43), "\\").map(behind) },
  { weight: 3, arbitrary: Gen.oneof(Gen.integer({ min: 1, max: 8 }), Gen.integer({ min: 9, max: 200 })).map(cut) },
  {
    weight: 2,
    arbitrary: Gen.tuple(
      Gen.constantFrom("=", " ", "\t", ".", "%41", "\u0000", "\n", "\u00e9", "\ufeff", "AAAA", "+", "/"),
      Gen.noBias(Gen.nat(10_000))
    ).map(([text, at]) => inside(text, at))
  },
  {
    weight: 2,
    arbitrary: Gen.constantFrom(
      behind("A".repeat(10_000)),
      behind("A".repeat(200_000)),
      whole("100000 letters in the place of a credential", () => "A".repeat(100_000))
    )
  },
  {
    weight: 2,
    arbitrary: Gen.constantFrom(
      whole("an empty credential", () => ""),
      whole("a credential without its last part", (credential) => Tampering.unsigned(credential)[0] ?? ""),
      whole(
        "a credential without its last part and separator",
        (credential) => Tampering.unsigned(credential)[1] ?? ""
      ),
      whole("a credential twice", (credential) => `${credential}.${credential}`),
      whole("a credential in other cases", (credential) =>
        Array.from(credential, (letter) =>
          letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
        ).join("")
      ),
      whole("null in the place of a credential", () => "null"),
      whole("{} in the place of a credential", () => "{}"),
      whole("dots in the place of a credential", () => "..")
    )
  }
)

export const deformed = Law.property({
  id: "SIG-06",
  severity: "high",
  clause: "PaymentProtocol.detect, PaymentProtocol.validate",
  statement: "refuses an empty, cut, stretched, huge or garbled credential with a typed error, and moves nothing",
  why: "A credential that still counts without its end can be forged, and one that makes the plug-in throw stops the shop.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Gen.array(deformation, { minLength: 3, maxLength: 3 })),
  interesting: ["deformed"],
  weight: 0.5,
  run: ([money, all]) =>
    Effect.gen(function* () {
      const minted = yield* Shop.mint({}, yield* Shop.charge(money))
      for (const { what, change } of all) {
        const changed = yield* Tampering.resent(minted, change)
        yield* met("deformed")
        yield* disbelieved(changed, money, what)
      }
    })
})
