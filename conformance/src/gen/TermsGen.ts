/**
 * Mandates with every term that a double can give, and a charge that they cover.
 */
import * as Money from "@paylayer/core/Money"
import type { About } from "../About.ts"
import * as Gen from "../Gen.ts"
import type { TermName, Terms } from "../Terms.ts"
import * as MandateGen from "./MandateGen.ts"

/** Times are in whole seconds from now, since most credentials know no shorter ones. */
export interface Drawn {
  readonly price: Money.Money
  readonly category: string
  readonly terms: Omit<Terms, "notBefore" | "expiresAt">
  readonly beginsSecondsAgo: number | undefined
  readonly endsInSeconds: number | undefined
}

const names = ["alpha", "beta-2", "商户", "a b"]

export const full = (about: About): Gen.Gen<Drawn> => {
  const some = <A>(name: TermName, gen: Gen.Gen<A>): Gen.Gen<A | undefined> =>
    about.abilities.terms.includes(name) ? Gen.option(gen, { nil: undefined, freq: 3 }) : Gen.constant(undefined)
  const scope = (own: string) =>
    Gen.oneof(
      Gen.subarray(names).map((others) => ({ allowed: [...others, own] })),
      Gen.subarray(names, { minLength: 1 }).map((others) => ({ forbidden: others }))
    )
  const category = "5734"
  return MandateGen.price(about).chain((price) => {
    const money = (minor: Gen.Gen<bigint>) => minor.map((units) => [Money.of(price.currency, units)])
    const above = money(Gen.bigInt({ min: price.minor, max: price.minor + 1_000_000n }))
    return Gen.record({
      currencies: some("currencies", Gen.constant([price.currency])),
      perCharge: some("perCharge", above),
      minimum: some("minimum", money(Gen.bigInt({ min: 1n, max: price.minor }))),
      budget: some("budget", above),
      uses: some("uses", Gen.integer({ min: 1, max: 1_000 })),
      merchants: some("merchants", scope(about.merchant)),
      categories: some("categories", scope(category)),
      notBefore: some("notBefore", Gen.integer({ min: 1, max: 86_400 })),
      expiresAt: some("expiresAt", Gen.integer({ min: 1, max: 86_400 }))
    }).map(({ notBefore, expiresAt, ...terms }) => ({
      price,
      category,
      terms: Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined)) as Drawn["terms"],
      beginsSecondsAgo: notBefore,
      endsInSeconds: expiresAt
    }))
  })
}
