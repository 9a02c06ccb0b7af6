/** CUR-02, CUR-04, CUR-05: an amount belongs to its currency, to the last minor unit. */
import * as Money from "@paylayer/core/Money"
import type { Price } from "@paylayer/core/Price"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { canMint } from "../About.ts"
import { Broken, words } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as MoneyGen from "../gen/MoneyGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import type { Terms } from "../Terms.ts"
import { met, World } from "../World.ts"

/** Odd and beyond 2^53, so that no double holds it, with room for one more unit. */
const beyondDoubles = MoneyGen.hugeMinor.map((minor) => {
  const odd = minor % 2n === 0n ? minor - 1n : minor
  if (odd <= 2n ** 53n) return 2n ** 53n + 1n
  return odd >= Money.maximum ? Money.maximum - 2n : odd
})

export const huge = Law.property({
  id: "CUR-02",
  severity: "critical",
  clause: "Money, PaymentProtocol.settle",
  statement:
    "is exact beyond 2^53 minor units: it settles such an amount to the last unit or refuses it, and never confuses two",
  why: "Floating-point numbers of that size are even: a limit is passed by a unit, and the books and the provider disagree.",
  gen: (about) => Gen.tuple(MandateGen.currency(about), beyondDoubles, Gen.constantFrom(-1n, 1n)),
  interesting: ["beyond 2^53"],
  weight: 0.3,
  run: ([currency, minor, difference]) =>
    Effect.gen(function* () {
      const { about } = yield* World
      const limit = Money.of(currency, difference === 1n ? minor - 1n : minor)
      const above = Money.of(currency, limit.minor + 1n)
      const terms: Terms = canMint(about, "perCharge") ? { perCharge: [limit] } : {}
      const charge = yield* Shop.charge(limit)
      const minted = yield* Shop.mint(terms, charge)
      yield* met("beyond 2^53")
      const facts = [`limit ${Money.print(limit)}, charge ${Money.print(above)}`]
      if (terms.perCharge !== undefined || about.manifest.use === "once") {
        const more = yield* Shop.pay(minted, yield* Shop.charge(above))
        if (Result.isSuccess(more)) {
          return yield* new Broken({
            expected: "one minor unit above the limit is refused",
            actual: "it was accepted",
            facts
          })
        }
      }
      const result = yield* Shop.pay(minted, charge)
      if (Result.isFailure(result)) return yield* Shop.nothingMoved("a charge that is too large")
      const moved = yield* Shop.settlements
      const [first] = moved
      if (moved.length !== 1 || first === undefined || !Money.equals(first.money, limit)) {
        return yield* new Broken({
          expected: `exactly ${Money.print(limit)} is moved, once`,
          actual: `the provider moved ${moved.map(({ money }) => Money.print(money)).join(", ") || "nothing"}`
        })
      }
      if (!Money.equals(result.success.receipt.money, limit)) {
        return yield* new Broken({
          expected: `the receipt says ${Money.print(limit)}`,
          actual: `it says ${Money.print(result.success.receipt.money)}`
        })
      }
    })
})

/** What a charge in another currency than the mandate's may be refused with. */
const currencyReasons: ReadonlyArray<string> = ["CurrencyNotAllowed", "BindingMismatch", "SignatureInvalid"]

export const bound = Law.property({
  id: "CUR-04",
  severity: "critical",
  clause: "Mandate.currencies, Mandate.perCharge, Mandate.budget",
  statement:
    "refuses a charge of the same number in another currency than the mandate's, also where the currency was changed under the signature",
  why: "A mandate for 100 yen pays 100 dollars.",
  gen: (about) =>
    Gen.record({
      price: MandateGen.price(about),
      other: Gen.constantFrom(...MandateGen.currencies(about), "JPY" as const, "KWD" as const, "GBP" as const),
      by: Gen.constantFrom("currencies" as const, "perCharge" as const, "budget" as const)
    }).filter(({ price, other }) => price.currency !== other),
  interesting: ["another currency"],
  weight: 0.2,
  run: ({ price, other, by }) =>
    Effect.gen(function* () {
      const { about, provider } = yield* World
      const swapped = Money.of(other, price.minor)
      const wanted: Terms = by === "currencies" ? { currencies: [price.currency] } : { [by]: [price] }
      const terms: Terms = canMint(about, by) ? wanted : {}
      const charge = yield* Shop.charge(price)
      const minted = yield* Shop.mint(terms, charge)
      yield* met("another currency")
      const facts = [`the mandate is for ${Money.print(price)} by its ${by}, the charge is ${Money.print(swapped)}`]
      const result = yield* Shop.pay(minted, yield* Shop.charge(swapped))
      if (Result.isSuccess(result) || !currencyReasons.includes(result.failure.reason._tag)) {
        return yield* new Broken({
          expected: "the same number in another currency is refused, because of the currency",
          actual: `it was ${words(result)}`,
          facts
        })
      }
      for (const { covers, name } of about.abilities.signed) {
        if (covers !== "currency") continue
        const tampered = yield* Shop.mintWith(
          (order) => provider.mintTampered({ ...terms, currencies: [price.currency] }, order, name),
          charge
        )
        yield* met("a currency changed under the signature")
        for (const money of [price, swapped]) {
          const paid = yield* Shop.pay(tampered, yield* Shop.charge(money))
          if (Result.isSuccess(paid)) {
            return yield* new Broken({
              expected: `a credential whose ${name} was changed and not signed again is refused`,
              actual: `it paid ${Money.print(money)}`,
              facts: [`the mandate was signed for ${price.currency}`]
            })
          }
        }
      }
      yield* Shop.nothingMoved("charges in another currency")
    })
})

/** A price in some currencies of the protocol, one amount each, and the mandate's currency with the most that it may take. */
const priceList = (about: Parameters<typeof MandateGen.currencies>[0]) =>
  Gen.tuple(
    Gen.shuffledSubarray([...MandateGen.currencies(about)], { minLength: 1 }),
    MandateGen.currency(about),
    Gen.array(Gen.bigInt({ min: 1n, max: 1_000_00n }), { minLength: 8, maxLength: 8 })
  ).map(([listed, mandate, amounts]) => ({
    mandate,
    price: listed.map((currency, index) => Money.of(currency, amounts[index % amounts.length]!))
  }))

export const unconverted = Law.property({
  id: "CUR-05",
  severity: "critical",
  clause: "Price, PaymentProtocol.settle, Receipt.money",
  statement:
    "settles the amount that the price names in the mandate's currency, and nothing where the price does not name it",
  why: "Somebody's money is converted at a rate that nobody agreed on.",
  gen: priceList,
  interesting: ["the price names the mandate's currency"],
  weight: 0.3,
  run: ({ mandate, price }) =>
    Effect.gen(function* () {
      const { about, paywall, timeline } = yield* World
      const named = price.find(({ currency }) => currency === mandate)
      const plenty = Money.of(mandate, 1_000_000_000_00n)
      const terms: Terms = canMint(about, "perCharge") ? { perCharge: [plenty] } : {}
      const minted = yield* Shop.mint(terms, yield* Shop.charge(named ?? Money.of(mandate, 1_00n)))
      const sale = {
        request: Shop.request(minted.entries),
        price: price as unknown as Price,
        merchant: about.merchant
      }
      const result = yield* paywall
        .sell(sale, () => Effect.sync(() => timeline.add("handler runs")))
        .pipe(
          Effect.catchTag("Refusal", ({ error }) => Effect.fail(error)),
          Effect.result
        )
      const moved = yield* Shop.settlements
      const facts = [
        `the price is ${price.map(Money.print).join(" or ")}, the mandate is in ${mandate}`,
        `the provider moved ${moved.map(({ money }) => Money.print(money)).join(", ") || "nothing"}`
      ]
      if (named === undefined) {
        yield* met("the price does not name the mandate's currency")
        if (Result.isSuccess(result) || result.failure.reason._tag !== "CurrencyNotAllowed" || moved.length > 0) {
          return yield* new Broken({
            expected: "it is refused with currency_not_allowed, and nothing moves",
            actual: `it was ${words(result)}`,
            facts
          })
        }
        return
      }
      yield* met("the price names the mandate's currency")
      if (price[0]?.currency !== mandate) yield* met("as a second choice")
      const [only] = moved
      if (Result.isFailure(result) || only === undefined || moved.length > 1 || !Money.equals(only.money, named)) {
        return yield* new Broken({
          expected: `exactly ${Money.print(named)} is settled`,
          actual: `it was ${words(result)}`,
          facts
        })
      }
      const receipt = result.success.receipt?.money
      if (receipt !== undefined && !Money.equals(receipt, named)) {
        return yield* new Broken({
          expected: `the receipt says ${Money.print(named)}`,
          actual: `it says ${Money.print(receipt)}`,
          facts
        })
      }
    })
})
