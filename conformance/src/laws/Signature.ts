/** SIG: nothing counts that nobody signed. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Broken } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import type { Covers, SignedField } from "../Provider.ts"
import * as Shop from "../Shop.ts"
import type { Terms } from "../Terms.ts"
import type { Money } from "@paylayer/core/Money"
import type { About } from "../About.ts"
import { met, World } from "../World.ts"
import * as Bits from "./SignatureBits.ts"
import * as Forgery from "./SignatureForgery.ts"

/** What a signature has to cover; a credential that is used once is bound to its resource too. */
const needed = ({ manifest }: About): ReadonlyArray<Covers> => [
  "amount",
  "currency",
  "payee",
  "payer",
  "nonce",
  "expiry",
  ...(manifest.use === "once" ? (["resource"] as const) : [])
]

/** Terms that put something into every field that can be signed. */
const everything = ({ abilities, merchant }: About, money: Money): Terms => {
  const all: Terms = {
    currencies: [money.currency],
    perCharge: [money],
    budget: [money],
    merchants: { allowed: [merchant] },
    payer: "payer-1"
  }
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => abilities.terms.includes(name as keyof Terms))
  ) as Terms
}

const tampered = Law.property({
  id: "SIG-02",
  severity: "critical",
  needs: { signed: true },
  clause: "PaymentProtocol.validate, PaymentProtocol.verify",
  statement: "refuses a credential with any one signed field changed, and signs every field that decides about money",
  why: "An agent raises its own limit, pays from another's account or pays another merchant.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Gen.constantFrom<SignedField>(...about.abilities.signed)),
  interesting: ["a field was changed"],
  run: ([price, field]) =>
    Effect.gen(function* () {
      const { about, provider } = yield* World
      const covered = new Set(about.abilities.signed.map(({ covers }) => covers))
      const uncovered = needed(about).filter((covers) => !covered.has(covers))
      if (uncovered.length > 0) {
        return yield* new Broken({
          expected: `the signature covers ${needed(about).join(", ")}`,
          actual: `no signed field covers ${uncovered.join(", ")}`
        })
      }
      const charge = yield* Shop.charge(price)
      const terms = everything(about, price)
      const minted = yield* Shop.mintWith((order) => provider.mintTampered(terms, order, field.name), charge)
      yield* met("a field was changed")
      const result = yield* Shop.pay(minted, charge)
      if (Result.isSuccess(result)) {
        return yield* new Broken({
          expected: "a changed credential is refused",
          actual: "it was accepted",
          facts: [`${field.name} (${field.covers}) was changed and not signed again`]
        })
      }
      yield* Shop.nothingMoved(`a credential with another ${field.name}`)
    })
})

export const laws: ReadonlyArray<Law.Law> = [
  Bits.everyBit,
  tampered,
  Forgery.meaning,
  Forgery.algorithms,
  Forgery.keys,
  Bits.deformed,
  Forgery.firstThingsFirst
]
