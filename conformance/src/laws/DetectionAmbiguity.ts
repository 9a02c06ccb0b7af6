/** DET-06: two credentials in one request. */
import type { Money } from "@paylayer/core/Money"
import { fromEntries } from "@paylayer/core/RequestHeaders"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { Broken, words } from "../Broken.ts"
import * as Decoy from "../Decoy.ts"
import * as Entries from "../Entries.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Secrets from "../Secrets.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

type Way = "header after header" | "joined with a comma" | "in two places" | "of two protocols"

const ways: ReadonlyArray<Way> = ["header after header", "joined with a comma", "in two places", "of two protocols"]

/** The second credential in each other place where it is found alone: places that the manifest names. */
const elsewhere = Effect.fnUntraced(function* (first: Entries.Entries, second: string) {
  const { about } = yield* World
  const places: Array<Entries.Entries> = []
  for (const trigger of about.manifest.triggers) {
    const entry = Entries.under(trigger, second)
    if (first.some(([name]) => name.toLowerCase() === trigger.header)) continue
    const alone = yield* Shop.detect(fromEntries([entry]))
    if (alone._tag === "Found" && Redacted.value(alone.credential.secret) === second) places.push([entry])
  }
  return places
})

const seconds = ["another good one", "the same, cut short"] as const

/** One request with two credentials: neither of them may pay. */
const neitherPays = Effect.fnUntraced(function* (
  entries: Entries.Entries,
  secrets: ReadonlyArray<string>,
  way: Way,
  price: Money
) {
  const { paywall, paywallOf, protocol } = yield* World
  const facts = [`two credentials, ${way}, in ${entries.map(([name]) => name).join(", ")}`]
  if (way !== "of two protocols") {
    const found = yield* Shop.detect(fromEntries(entries))
    if (found._tag !== "Ambiguous") {
      return yield* new Broken({
        expected: "detect answers Ambiguous for two credentials",
        actual: `it answered ${found._tag}`,
        facts
      })
    }
    if (Secrets.isIn(found.found.join(" "), secrets)) {
      return yield* new Broken({
        expected: "Ambiguous says where the credentials stood",
        actual: "it says what they are",
        facts
      })
    }
  }
  const host = way === "of two protocols" ? yield* paywallOf([protocol, Decoy.protocol]) : paywall
  const result = yield* Shop.sell({ entries, money: price }, host)
  if (Result.isSuccess(result) || result.failure.reason._tag !== "CredentialAmbiguous") {
    return yield* new Broken({
      expected: "the request is refused with credential_ambiguous",
      actual: `it was ${words(result)}`,
      facts
    })
  }
})

export const conflicting = Law.property({
  id: "DET-06",
  severity: "critical",
  clause: "Detection.Ambiguous",
  statement: "calls two credentials in one request ambiguous, wherever they stand, and lets neither of them pay",
  why: "A proxy checks the first credential and the paywall charges the second: limits are checked on one mandate and spent on another.",
  gen: (about) => Gen.record({ price: MandateGen.price(about), swapped: Gen.boolean() }),
  interesting: ["header after header", "joined with a comma", "of two protocols", ...seconds],
  weight: 0.15,
  run: ({ price, swapped }) =>
    Effect.gen(function* () {
      const charge = yield* Shop.charge(price)
      const first = yield* Shop.mint({}, charge)
      const secret = Redacted.value((yield* Shop.credential(first)).secret)
      const good = yield* Shop.mint({}, charge)
      const goodSecret = Redacted.value((yield* Shop.credential(good)).secret)
      for (const second of seconds) {
        const otherSecret = second === "another good one" ? goodSecret : secret.slice(0, -1)
        const other =
          second === "another good one" ? good.entries : Entries.respelled(first.entries, secret, otherSecret)
        const places: { readonly [W in Way]: ReadonlyArray<Entries.Entries> } = {
          "header after header": [other],
          "joined with a comma": [other],
          "in two places": yield* elsewhere(first.entries, otherSecret),
          "of two protocols": Decoy.credentials
            .filter(([name]) => !first.entries.some(([own]) => own.toLowerCase() === name))
            .map((entry) => [entry])
        }
        for (const way of ways) {
          const combine = way === "joined with a comma" ? Entries.joined : Entries.beside
          for (const added of places[way]) {
            yield* met(way)
            yield* met(second)
            const entries = swapped ? combine(added, first.entries) : combine(first.entries, added)
            yield* neitherPays(entries, [secret, otherSecret], way, price)
          }
        }
      }
      yield* Shop.nothingMoved("a request with two credentials")
    })
})
