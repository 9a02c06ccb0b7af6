/** DET: what detection may say, and when. */
import { fromEntries } from "@paylayer/core/RequestHeaders"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Broken } from "../Broken.ts"
import * as HeaderGen from "../gen/HeaderGen.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"
import { conflicting } from "./DetectionAmbiguity.ts"
import { foreign, nearMisses } from "./DetectionForeign.ts"
import { recognises, surroundings, versions } from "./DetectionOwn.ts"

const total = Law.property({
  id: "DET-01",
  severity: "high",
  clause: "PaymentProtocol.detect",
  statement: "answers None, Found or Ambiguous for every request, without failing",
  why: "One crafted header takes the whole service down, for every agent and every protocol.",
  gen: ({ manifest }) => HeaderGen.bag(manifest),
  interesting: ["a candidate", "none of its headers"],
  run: (entries) =>
    Effect.gen(function* () {
      const { about } = yield* World
      const headers = fromEntries(entries)
      const own = about.manifest.triggers.some(({ header }) => headers[header] !== undefined)
      yield* met(own ? "a candidate" : "none of its headers")
      const detection: { readonly _tag: string; readonly credential?: { readonly secret?: unknown } } =
        yield* Shop.detect(headers)
      if (!["None", "Found", "Ambiguous"].includes(detection._tag)) {
        return yield* new Broken({ expected: "None, Found or Ambiguous", actual: `detect answered ${detection._tag}` })
      }
      if (detection._tag === "Found" && !Redacted.isRedacted(detection.credential?.secret)) {
        return yield* new Broken({ expected: "the credential's secret is Redacted", actual: "it is not" })
      }
      if (!own && detection._tag !== "None") {
        return yield* new Broken({
          expected: "None where no header of the manifest's triggers is sent",
          actual: `detect answered ${detection._tag}`
        })
      }
    })
})

/**
 * Names reach a plug-in in lower case already, so what is left to it is the scheme. The whole way is tried, from the wire.
 */
const caseless = Law.property({
  id: "DET-04",
  severity: "medium",
  clause: "Manifest.triggers, PaymentProtocol.detect",
  statement:
    "finds its credential whatever the case of header names and schemes, and leaves the credential's case alone",
  why: "A proxy or client library that writes names or schemes in another case makes a paying agent look like one that has not paid.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Gen.array(Gen.boolean(), { minLength: 60, maxLength: 60 })),
  interesting: ["another case"],
  weight: 0.4,
  run: ([price, upper]) =>
    Effect.gen(function* () {
      const { about } = yield* World
      const minted = yield* Shop.mint({}, yield* Shop.charge(price))
      const recased = (text: string) =>
        Array.from(text, (letter, index) => (upper[index] === true ? letter.toUpperCase() : letter.toLowerCase())).join(
          ""
        )
      const schemes = new Set(about.manifest.triggers.flatMap(({ scheme }) => scheme?.toLowerCase() ?? []))
      const entries = minted.entries.map(([name, value]): HeaderGen.Entry => {
        const space = value.indexOf(" ")
        const scheme = space === -1 ? "" : value.slice(0, space)
        return [recased(name), schemes.has(scheme.toLowerCase()) ? recased(scheme) + value.slice(space) : value]
      })
      const plain = yield* Shop.credential(minted)
      if (
        entries.some(
          ([name, value], index) => name !== minted.entries[index]?.[0] || value !== minted.entries[index]?.[1]
        )
      ) {
        yield* met("another case")
      }
      const other = yield* Shop.detect(fromEntries(entries))
      if (other._tag !== "Found") {
        return yield* new Broken({
          expected: "the credential is found in another case too",
          actual: `detect answered ${other._tag}`
        })
      }
      if (Redacted.value(other.credential.secret) !== Redacted.value(plain.secret)) {
        return yield* new Broken({ expected: "the credential as it was sent", actual: "its case was changed" })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [
  total,
  recognises,
  foreign,
  caseless,
  surroundings,
  conflicting,
  nearMisses,
  versions
]
