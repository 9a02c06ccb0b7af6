/** DET-03, DET-07: a protocol leaves alone what is not its own, however near it comes. */
import type { Trigger } from "@paylayer/core/Manifest"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import { fromEntries } from "@paylayer/core/RequestHeaders"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Broken } from "../Broken.ts"
import * as Entries from "../Entries.ts"
import * as ForeignGen from "../gen/ForeignGen.ts"
import type { Entry } from "../gen/HeaderGen.ts"
import * as LookalikeGen from "../gen/LookalikeGen.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

/**
 * Whether a protocol says that a header is its own. A whole header may be, with all that it holds; of `authorization`, which all
 * share, only a scheme or a prefix.
 */
const isOwn = (protocol: AnyProtocol, entry: Entry): boolean => {
  const { manifest } = protocol
  const [first, ...rest] = manifest.triggers.filter(
    ({ header, scheme, prefix }) => header !== "authorization" || scheme !== undefined || prefix !== undefined
  )
  if (first === undefined) return false
  return Entries.isCandidate({ ...protocol, manifest: { ...manifest, triggers: [first, ...rest] } }, [entry])
}

/** Whatever is found in headers that are not the protocol's is one too many. */
const nothingFound = (entries: Entries.Entries, what: string) =>
  Effect.gen(function* () {
    const { about } = yield* World
    const found = yield* Shop.detect(fromEntries(entries))
    if (found._tag === "None") return
    return yield* new Broken({
      expected: `detect answers None for ${what}`,
      actual: `it answered ${found._tag}`,
      facts: [
        `the manifest's triggers are ${Entries.triggers(about.manifest)}`,
        ...entries.map(([name, value]) => `sent was ${name}: ${value.slice(0, 60)}`)
      ]
    })
  })

export const foreign = Law.property({
  id: "DET-03",
  severity: "high",
  clause: "PaymentProtocol.detect, Manifest.triggers",
  statement: "does not claim the requests of other protocols, nor its own credential where another protocol's belongs",
  why: "A host that installs two protocols refuses everybody as ambiguous, or charges an agent by a protocol that it did not choose.",
  gen: (about) =>
    Gen.record({
      price: MandateGen.price(about),
      foreign: Gen.array(ForeignGen.entry, { minLength: 1, maxLength: 6 }),
      carriers: Gen.array(ForeignGen.carrier, { minLength: 1, maxLength: 3 })
    }),
  interesting: ["another protocol's request", "its own credential in another protocol's place"],
  weight: 0.3,
  run: ({ price, foreign, carriers }) =>
    Effect.gen(function* () {
      const { protocol } = yield* World
      const others = foreign.filter((entry) => !isOwn(protocol, entry))
      for (const entry of others) yield* nothingFound([entry], "another protocol's request")
      if (others.length > 0) {
        yield* met("another protocol's request")
        yield* nothingFound(others, "a request with the headers of other protocols")
      }
      const minted = yield* Shop.mint({}, yield* Shop.charge(price))
      const secret = Redacted.value((yield* Shop.credential(minted)).secret)
      for (const [name, before] of carriers) {
        const entry: Entry = [name, before + secret]
        if (isOwn(protocol, entry)) continue
        yield* met("its own credential in another protocol's place")
        yield* nothingFound([entry], "its own credential in another protocol's place")
      }
    })
})

interface Near {
  readonly part: "name" | "scheme" | "prefix"
  readonly trigger: Trigger
  readonly near: LookalikeGen.Lookalike
}

/** Near misses of one kind, of every part that the trigger has. */
const nearTo = (trigger: Trigger, likeness: LookalikeGen.Likeness): Gen.Gen<Near> => {
  const parts = [
    ["name", trigger.header],
    ["scheme", trigger.scheme],
    ["prefix", trigger.prefix]
  ] as const
  return Gen.oneof(
    ...parts.flatMap(([part, text]) =>
      text === undefined ? [] : [LookalikeGen.of(text, likeness).map((near): Near => ({ part, trigger, near }))]
    )
  )
}

const entryOf = ({ part, trigger, near }: Near, secret: string): Entry => {
  const { scheme, prefix = "" } = trigger
  switch (part) {
    case "name":
      return Entries.under({ ...trigger, header: near.text }, secret)
    case "scheme":
      return Entries.under({ ...trigger, scheme: near.text }, secret)
    case "prefix":
      return Entries.under(
        { header: trigger.header, ...(scheme === undefined ? {} : { scheme }) },
        near.text + (secret.startsWith(prefix) ? secret.slice(prefix.length) : secret)
      )
  }
}

export const nearMisses = Law.property({
  id: "DET-07",
  severity: "high",
  clause: "PaymentProtocol.detect, Manifest.triggers",
  statement: "finds nothing where a header's name, its scheme or its prefix is only nearly the one that it looks for",
  why: "A header that the host's firewall, proxy and logs do not know pays all the same, and what they protect goes past them.",
  gen: (about) =>
    Gen.tuple(
      MandateGen.price(about),
      Gen.tuple(
        ...LookalikeGen.likenesses.map((likeness) =>
          Gen.constantFrom(...about.manifest.triggers).chain((trigger) => nearTo(trigger, likeness))
        )
      )
    ),
  interesting: LookalikeGen.likenesses,
  weight: 0.5,
  run: ([price, nears]) =>
    Effect.gen(function* () {
      const { protocol } = yield* World
      const minted = yield* Shop.mint({}, yield* Shop.charge(price))
      const secret = Redacted.value((yield* Shop.credential(minted)).secret)
      for (const near of nears) {
        const entries = [entryOf(near, secret)]
        if (Entries.isCandidate(protocol, entries)) continue
        yield* met(near.near.likeness)
        yield* nothingFound(entries, `a ${near.part} with ${near.near.likeness}`)
      }
    })
})
