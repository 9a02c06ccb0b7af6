/** DET-02, DET-05, DET-08: a protocol finds what is its own, whatever stands around it. */
import { fromEntries } from "@paylayer/core/RequestHeaders"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { Broken, words } from "../Broken.ts"
import * as Entries from "../Entries.ts"
import * as HeaderGen from "../gen/HeaderGen.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

export const recognises = Law.property({
  id: "DET-02",
  severity: "high",
  clause: "PaymentProtocol.detect, Manifest.triggers, Credential.secret",
  statement: "finds every credential that its provider issues, as a whole, where its manifest says that it looks",
  why: "An agent that pays is told to pay, or two agents are taken for one because only a part of their credentials is read.",
  gen: (about) => Gen.tuple(MandateGen.terms(about), MandateGen.terms(about)),
  interesting: ["two credentials", "a credential cut short"],
  weight: 0.3,
  run: (orders) =>
    Effect.gen(function* () {
      const { about, protocol } = yield* World
      const secrets = new Set<string>()
      for (const { terms, price } of orders) {
        const minted = yield* Shop.mint(terms, yield* Shop.charge(price))
        if (!Entries.isCandidate(protocol, minted.entries)) {
          return yield* new Broken({
            expected: "the request of an agent that pays has one of the manifest's triggers",
            actual: "it has none, so a host never asks the protocol",
            facts: [
              `the triggers are ${Entries.triggers(about.manifest)}`,
              `sent were ${minted.entries.map(([name]) => name).join(", ")}`
            ]
          })
        }
        const secret = Redacted.value((yield* Shop.credential(minted)).secret)
        secrets.add(secret)
        const short = minted.entries.map(([name, value]): HeaderGen.Entry => [
          name,
          value.includes(secret) ? value.slice(0, -1) : value
        ])
        const cut = yield* Shop.detect(fromEntries(short))
        if (short.some(([, value], index) => value !== minted.entries[index]?.[1])) yield* met("a credential cut short")
        if (cut._tag === "Found" && Redacted.value(cut.credential.secret) === secret) {
          return yield* new Broken({
            expected: "the secret is the whole credential",
            actual: "the credential without its last character has the same secret"
          })
        }
      }
      yield* met("two credentials")
      if (secrets.size < orders.length) {
        return yield* new Broken({
          expected: "two credentials have two secrets",
          actual: "they have one, and the ledger takes them for one credential"
        })
      }
    })
})

const padding = Gen.constantFrom("", " ", "  ", "\t", " \t ")

export const surroundings = Law.property({
  id: "DET-05",
  severity: "medium",
  clause: "PaymentProtocol.detect",
  statement:
    "finds the same credential whatever other headers are sent, in whatever order, with whatever white space around it",
  why: "An agent pays through one client and cannot pay through another, or a proxy's header decides who pays.",
  gen: (about) =>
    Gen.record({
      price: MandateGen.price(about),
      ordinary: Gen.subarray([...HeaderGen.ordinary]),
      strange: Gen.array(Gen.tuple(Gen.constantFrom("x-forwarded-for", "x-trace", "dnt", "zz"), HeaderGen.hostile), {
        maxLength: 3
      }),
      echo: Gen.boolean(),
      order: Gen.array(Gen.nat(99), { minLength: 16, maxLength: 16 }),
      around: Gen.tuple(padding, padding),
      between: Gen.constantFrom(" ", "  ", "   ")
    }),
  interesting: ["other headers", "another order", "white space"],
  weight: 0.2,
  run: ({ price, ordinary, strange, echo, order, around: [before, after], between }) =>
    Effect.gen(function* () {
      const { about } = yield* World
      const minted = yield* Shop.mint({}, yield* Shop.charge(price))
      const secret = Redacted.value((yield* Shop.credential(minted)).secret)
      const read = new Set([...about.manifest.triggers.map(({ header }) => header), ...(about.manifest.reads ?? [])])
      const others = [...ordinary, ...strange, ...(echo ? [["x-copy", secret] as const] : [])].filter(
        ([name]) => !read.has(name)
      )
      const schemes = about.manifest.triggers.flatMap(({ scheme }) => scheme?.toLowerCase() ?? [])
      const own = minted.entries.map(([name, value]): HeaderGen.Entry => {
        const [scheme = "", ...rest] = value.split(" ")
        const spaced = schemes.includes(scheme.toLowerCase()) ? scheme + between + rest.join(" ") : value
        return [name, before + spaced + after]
      })
      const inOrder = [...own, ...others]
      const entries = inOrder
        .map((entry, index) => [order[index % order.length]!, entry] as const)
        .toSorted(([one], [other]) => one - other)
        .map(([, entry]) => entry)
      if (others.length > 0) yield* met("other headers")
      if (entries.some((entry, index) => entry !== inOrder[index])) yield* met("another order")
      if (before + after !== "") yield* met("white space")
      const found = yield* Shop.detect(fromEntries(entries))
      const facts = [`headers in this order: ${entries.map(([name]) => name).join(", ")}`]
      if (found._tag !== "Found") {
        return yield* new Broken({
          expected: "the credential is found among other headers too",
          actual: `detect answered ${found._tag}`,
          facts
        })
      }
      if (Redacted.value(found.credential.secret) !== secret) {
        return yield* new Broken({
          expected: "the credential that is found without the other headers and the white space",
          actual: "another one was found",
          facts
        })
      }
    })
})

export const versions = Law.property({
  id: "DET-08",
  severity: "medium",
  needs: { forgery: "other-version" },
  clause: "PaymentProtocol.detect, PaymentError.UnsupportedVersion",
  statement:
    "takes a credential of a version that it does not speak for its own, and refuses it as unsupported_version",
  why: "An agent with a newer credential is told to pay, pays again and again, and never learns what is wrong.",
  gen: MandateGen.price,
  interesting: ["another version"],
  weight: 0.2,
  run: (price) =>
    Effect.gen(function* () {
      const { provider } = yield* World
      const charge = yield* Shop.charge(price)
      const terms = { currencies: [price.currency] }
      const minted = yield* Shop.mintWith((order) => provider.mintForged(terms, order, "other-version"), charge)
      yield* met("another version")
      const found = yield* Shop.detect(fromEntries(minted.entries))
      if (found._tag !== "Found") {
        return yield* new Broken({
          expected: "a credential of another version is found, and refused when it is read",
          actual: `detect answered ${found._tag}, so the agent is told that it sent none`
        })
      }
      const result = yield* Shop.sell({ entries: minted.entries, money: price })
      if (Result.isSuccess(result) || result.failure.reason._tag !== "UnsupportedVersion") {
        return yield* new Broken({
          expected: "a credential of another version is refused with unsupported_version",
          actual: `it was ${words(result)}`
        })
      }
      yield* Shop.nothingMoved("a credential of another version")
    })
})
