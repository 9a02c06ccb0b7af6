/** SIG: who signed, how, and what is done before that is known. */
import type { Money } from "@paylayer/core/Money"
import { Mandate } from "@paylayer/core/Mandate"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as About from "../About.ts"
import { Broken } from "../Broken.ts"
import * as Expect from "../Expect.ts"
import * as Fault from "../Fault.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as RewritingGen from "../gen/RewritingGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import { type Forgery, type Minted, ProviderError } from "../Provider.ts"
import * as Shop from "../Shop.ts"
import * as Tampering from "../Tampering.ts"
import type { Terms } from "../Terms.ts"
import { met, World } from "../World.ts"
import { disbelieved } from "./SignatureBits.ts"

/** The terms of a mandate, without the names that may follow from the credential's own text. */
const termsOf = (mandate: Mandate): string =>
  JSON.stringify(Schema.encodeSync(Schema.toCodecJson(Mandate))({ ...mandate, id: "", payer: "" }))

export const meaning = Law.property({
  id: "SIG-03",
  severity: "high",
  needs: { wire: true, signed: true },
  clause: "PaymentProtocol.validate",
  statement: "reads the same terms from a signed credential whatever its order of fields, white space and escapes",
  why: "A limit that is found by where it stands is not found where it stands elsewhere, and does not limit.",
  gen: (about) => Gen.tuple(MandateGen.terms(about), RewritingGen.rewriting),
  interesting: ["another order", "white space", "escapes"],
  weight: 0.4,
  run: ([{ terms, price }, rewriting]) =>
    Effect.gen(function* () {
      const { provider } = yield* World
      const { wire } = provider
      if (wire === undefined) return yield* new ProviderError({ message: "wire is not there" })
      const charge = yield* Shop.charge(price)
      const covering = "perCharge" in terms || "budget" in terms ? terms : { ...terms, currencies: [price.currency] }
      const payload = yield* wire.payload(covering, yield* Shop.order(charge))
      const json = yield* Effect.fromResult(StrictJson.parseExact(payload)).pipe(
        Effect.mapError(({ message }) => new ProviderError({ message: `wire.payload is no JSON: ${message}` }))
      )
      if (rewriting.order !== "as it is") yield* met("another order")
      if (rewriting.space !== "") yield* met("white space")
      if (rewriting.escapes) yield* met("escapes")
      const facts = [
        `order: ${rewriting.order}; white space: ${JSON.stringify(rewriting.space)}; escapes: ${rewriting.escapes ? "yes" : "no"}`
      ]
      const plain = yield* Shop.mintWith((order) => wire.seal(payload, order), charge)
      const other = yield* Shop.mintWith((order) => wire.seal(RewritingGen.rewrite(json, rewriting), order), charge)
      const read = yield* Expect.accepted(yield* Shop.validate(plain, charge), "the credential is valid", facts)
      const result = yield* Shop.validate(other, charge)
      const again = yield* Expect.accepted(result, "the same terms, written differently and signed, are valid", facts)
      if (termsOf(read) !== termsOf(again)) {
        return yield* new Broken({
          expected: `the terms ${termsOf(read)}`,
          actual: `written differently they are read as ${termsOf(again)}`,
          facts
        })
      }
    })
})

const withoutSignature: ReadonlyArray<Forgery> = ["unsigned", "key-confusion"]

/** What can be tried with every credential that has parts: the last one is missing, with what parts it from the others or without. */
const cutOff = Effect.fnUntraced(function* (minted: Minted, money: Money) {
  for (const index of [0, 1]) {
    const cut = yield* Tampering.resent(minted, (credential) => Tampering.unsigned(credential)[index] ?? "")
    yield* disbelieved(cut, money, "a credential without its last part")
  }
})

const nothingSigned: Law.Case<void> = () =>
  Effect.gen(function* () {
    const { about } = yield* World
    const money = { currency: about.manifest.currencies[0], minor: 15_00n }
    yield* cutOff(yield* Shop.mint({}, yield* Shop.charge(money)), money)
  })

export const algorithms = Law.property({
  id: "SIG-04",
  severity: "critical",
  needs: {
    unless: ({ abilities }) =>
      withoutSignature.some((forgery) => abilities.forgeries.includes(forgery))
        ? undefined
        : "the credential does not say how it is signed"
  },
  clause: "PaymentProtocol.validate",
  statement: "refuses a credential that is not signed and says so, or that turns the public key into a secret",
  why: "Anybody writes mandates for anybody's account.",
  gen: (about) =>
    Gen.tuple(
      MandateGen.terms(about),
      Gen.constantFrom(...withoutSignature.filter((forgery) => about.abilities.forgeries.includes(forgery)))
    ),
  interesting: ["forged"],
  weight: 0.2,
  run: ([{ terms, price }, forgery]) =>
    Effect.gen(function* () {
      const { provider } = yield* World
      const charge = yield* Shop.charge(price)
      const minted = yield* Shop.mintWith((order) => provider.mintForged(terms, order, forgery), charge)
      yield* met("forged")
      yield* disbelieved(minted, price, `a credential of which nobody's key made the signature (${forgery})`)
      yield* cutOff(yield* Shop.mint(terms, charge), price)
    }),
  complement: nothingSigned
})

/** A mandate that was ended buys nothing any more, whether it was used before or not. */
const revoked = Effect.fnUntraced(function* (
  { terms, price }: { readonly terms: Terms; readonly price: Money },
  before: boolean
) {
  const { about, delivered, provider } = yield* World
  const minted = yield* Shop.mint(before ? {} : terms, yield* Shop.charge(price))
  const used = before && about.manifest.use === "many"
  if (used) {
    yield* Expect.accepted(yield* Shop.sell({ entries: minted.entries, money: price }), "a good mandate is served")
  }
  yield* provider.revoke(minted.mandate)
  yield* met("a revoked mandate")
  const facts = [`the mandate was revoked ${used ? "after it was used once" : "before it was used"}`]
  const result = yield* Shop.sell({ entries: minted.entries, money: price })
  yield* Expect.refused(result, "a revoked mandate is refused with credential_revoked", {
    as: ["CredentialRevoked"],
    facts
  })
  yield* Expect.counted(
    "a revoked mandate adds nothing",
    { settlements: used ? 1 : 0, deliveries: used ? 1 : 0 },
    { settlements: (yield* Shop.settlements).length, deliveries: delivered.length },
    facts
  )
})

const onlyRevoked: Law.Case<void> = () =>
  Effect.gen(function* () {
    const { about } = yield* World
    yield* revoked({ terms: {}, price: { currency: about.manifest.currencies[0], minor: 15_00n } }, true)
  })

export const keys = Law.property({
  id: "SIG-05",
  severity: "critical",
  needs: { forgery: "unknown-key" },
  clause: "PaymentProtocol.validate, PaymentProtocol.verify",
  statement:
    "refuses a credential that a key signed which nobody trusts, and one that was revoked, even after it was used",
  why: "Whoever has any key at all writes mandates, and an owner cannot take a mandate back.",
  gen: (about) => Gen.tuple(MandateGen.terms(about), Gen.boolean()),
  interesting: ["an unknown key", "a revoked mandate"],
  weight: 0.25,
  run: ([drawn, afterUse]) =>
    Effect.gen(function* () {
      const { provider } = yield* World
      const charge = yield* Shop.charge(drawn.price)
      const minted = yield* Shop.mintWith((order) => provider.mintForged(drawn.terms, order, "unknown-key"), charge)
      yield* met("an unknown key")
      yield* disbelieved(minted, drawn.price, "a credential that an unknown key signed")
      yield* revoked(drawn, afterUse)
    }),
  complement: onlyRevoked
})

const asking = ["verify", "settle", "lookup"] as const

export const firstThingsFirst = Law.property({
  id: "SIG-08",
  severity: "high",
  needs: {
    signed: true,
    unless: (about) =>
      About.faultsAt(about, "verify").length === 0 ? "the double cannot tell whether it was asked" : undefined
  },
  clause: "PaymentProtocol.validate, Ledger.open",
  statement: "asks nobody and writes nothing down before the credential is found to be genuine",
  why: "Anybody can fill the merchant's ledger, and make it call its provider, with credentials that nobody signed.",
  gen: (about) =>
    Gen.tuple(MandateGen.price(about), Gen.constantFrom(...about.abilities.signed.map(({ name }) => name))),
  interesting: ["a genuine credential", "a changed credential"],
  weight: 0.3,
  run: ([money, field]) =>
    Effect.gen(function* () {
      const { about, ledger, provider } = yield* World
      const charge = yield* Shop.charge(money)
      const genuine = yield* Shop.mint({}, charge)
      const changed = yield* Shop.mintWith((order) => provider.mintTampered({}, order, field), charge)
      // A fault that nobody meets is a call that nobody made.
      for (const call of asking) {
        const kind = About.faultsAt(about, call).find((each) => !each.startsWith("hang"))
        if (kind !== undefined) yield* provider.fault({ call, kind } satisfies Fault.Fault)
      }
      const armed = yield* provider.unmet
      const untouched = Effect.fnUntraced(function* (after: string) {
        const asked = armed - (yield* provider.unmet)
        if (asked !== 0) {
          return yield* new Broken({
            expected: "the provider is not asked before the signature is known to be good",
            actual: `it was asked ${asked === 1 ? "once" : `${asked} times`}`,
            facts: [after]
          })
        }
        const entries = yield* Effect.orDie(ledger.list())
        if (entries.length > 0) {
          return yield* new Broken({
            expected: "nothing is written to the ledger",
            actual: `it has ${entries.map(({ state }) => `a charge that is ${state}`).join(", ")}`,
            facts: [after]
          })
        }
      })
      yield* met("a genuine credential")
      yield* Expect.accepted(yield* Shop.validate(genuine, charge), "a genuine credential is valid")
      yield* untouched("a genuine credential was validated")
      yield* met("a changed credential")
      const result = yield* Shop.sell({ entries: changed.entries, money })
      yield* Expect.refused(result, "a changed credential is refused", { facts: [`${field} was changed`] })
      yield* untouched(`a credential with another ${field} was sent`)
    })
})
