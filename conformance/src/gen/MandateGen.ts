/**
 * Terms of mandates, and the charges that are tried against them.
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import type { About } from "../About.ts"
import * as Gen from "../Gen.ts"
import type { Terms } from "../Terms.ts"
import * as MoneyGen from "./MoneyGen.ts"

/** The currencies that cases are drawn in: those of the manifest, the scored ones first. */
export const currencies = ({ manifest }: About): ReadonlyArray<Currency> => manifest.currencies

/** One currency of the protocol. */
export const currency = (about: About): Gen.Gen<Currency> => Gen.constantFrom(...currencies(about))

/** A payable amount in a currency of the protocol. */
export const price = (about: About): Gen.Gen<Money.Money> => MoneyGen.payable(currencies(about))

/** A limit of at least two minor units, so that there is something below it. */
export const limit = (about: About): Gen.Gen<Money.Money> =>
  price(about).map((money) => (money.minor > 1n ? money : Money.of(money.currency, 2n)))

/** A budget, and charges in its currency that fit alone; together they often do not. */
export const budgetAndCharges = (
  about: About,
  count: { readonly minLength: number; readonly maxLength: number }
): Gen.Gen<{ readonly budget: Money.Money; readonly charges: ReadonlyArray<Money.Money> }> =>
  Gen.tuple(currency(about), Gen.bigInt({ min: 4n, max: 200_00n })).chain(([code, units]) =>
    Gen.array(
      Gen.oneof(Gen.bigInt({ min: 1n, max: units }), Gen.constantFrom(units / 2n, units / 2n + 1n, units)),
      count
    ).map((charges) => ({
      budget: Money.of(code, units),
      charges: charges.map((minor) => Money.of(code, minor))
    }))
  )

/** A budget, and charges that fit alone; most often no two of them fit together. */
export const contended = (
  about: About,
  count: { readonly minLength: number; readonly maxLength: number }
): Gen.Gen<{ readonly budget: Money.Money; readonly charges: ReadonlyArray<Money.Money> }> =>
  Gen.tuple(currency(about), Gen.bigInt({ min: 4n, max: 200_00n })).chain(([code, units]) =>
    Gen.array(
      Gen.oneof(
        { weight: 4, arbitrary: Gen.bigInt({ min: units / 2n + 1n, max: units }) },
        { weight: 1, arbitrary: Gen.bigInt({ min: 1n, max: units / 2n }) }
      ),
      count
    ).map((charges) => ({
      budget: Money.of(code, units),
      charges: charges.map((minor) => Money.of(code, minor))
    }))
  )

/** Any terms that the double can mint, together with a price that they cover. */
export const terms = (about: About): Gen.Gen<{ readonly terms: Terms; readonly price: Money.Money }> => {
  const can = (name: keyof Terms) => about.abilities.terms.includes(name)
  const maybe = <A>(name: keyof Terms, gen: Gen.Gen<A>) =>
    can(name) ? Gen.option(gen, { nil: undefined }) : Gen.constant(undefined)
  return price(about).chain((money) => {
    const above = Gen.bigInt({ min: 0n, max: 100_00n }).map((more) => [Money.of(money.currency, money.minor + more)])
    return Gen.record({
      perCharge: maybe("perCharge", above),
      budget: maybe("budget", above),
      uses: maybe("uses", Gen.integer({ min: 1, max: 5 }))
    }).map((drawn) => ({
      price: money,
      terms: Object.fromEntries(Object.entries(drawn).filter(([, value]) => value !== undefined)) as Terms
    }))
  })
}
