/** CUR-03, CUR-06: codes and decimals as they are written, and nothing that only looks like them. */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { About } from "../About.ts"
import { canMint } from "../About.ts"
import { Broken, words } from "../Broken.ts"
import * as AmountText from "../gen/AmountText.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Json from "../Json.ts"
import * as Law from "../Law.ts"
import * as Payload from "../Payload.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

/** Currencies that the protocol does not take: those with other exponents first. */
const undeclared = ({ manifest }: About): ReadonlyArray<Currency.Currency> => {
  const known = (["JPY", "KWD", "CLF", "GBP", "HKD", "XAF"] as const).filter(
    (code) => !manifest.currencies.includes(code)
  )
  return known.length > 0 ? known : Currency.all.filter((code) => !manifest.currencies.includes(code))
}

const aliases: { readonly [code: string]: ReadonlyArray<string> } = {
  CNY: ["RMB", "CNH", "¥", "￥", "元", "CN¥", "yuan", "156"],
  USD: ["$", "US$", "USDC", "USDT", "USN", "840", "dollar"],
  EUR: ["€", "EURO", "EURC", "XEU", "978", "euro"]
}

/** What some reader takes for a currency's code. */
const lookalikes = (code: string): ReadonlyArray<string> =>
  [
    code.toLowerCase(),
    code.slice(0, 1) + code.slice(1).toLowerCase(),
    ` ${code}`,
    `${code} `,
    `${code}\u200b`,
    Array.from(code, (letter) => String.fromCodePoint(letter.codePointAt(0)! + 0xfee0)).join(""),
    code.replace("C", "С").replace("E", "Е").replace("S", "Ѕ"),
    code.slice(0, 2),
    `${code}X`,
    "XXX",
    "XAU",
    "",
    "constructor",
    ...(aliases[code] ?? [])
  ].filter((text) => text !== code)

/** A readable credential that names a look-alike where it should name the currency pays nothing. */
const onlyItsCode = Effect.fnUntraced(function* (price: Money.Money) {
  const charge = yield* Shop.charge(price)
  const payload = yield* Payload.of({ currencies: [price.currency] }, charge)
  for (const code of lookalikes(price.currency)) {
    const lookalike = payload.text.replaceAll(JSON.stringify(price.currency), JSON.stringify(code))
    if (lookalike === payload.text) return
    yield* met("a code that looks like one")
    const result = yield* Shop.pay(yield* Payload.seal(payload, lookalike, charge), charge)
    if (Result.isFailure(result)) continue
    return yield* new Broken({
      expected: `a credential for ${JSON.stringify(code)} does not pay ${Money.print(price)}`,
      actual: "it was accepted",
      facts: [`its payload says ${JSON.stringify(code)} where ${price.currency} would be right`]
    })
  }
})

export const unsupported = Law.property({
  id: "CUR-03",
  severity: "critical",
  clause: "Manifest.currencies, Currency",
  statement: "refuses currencies that it does not declare, and codes that only look like one that it does",
  why: "An amount is taken in a currency that nobody agreed on: 100 yen become 100 yuan, or 1.00.",
  gen: (about) =>
    Gen.record({
      price: MandateGen.price(about),
      other: Gen.constantFrom(...undeclared(about))
    }),
  interesting: ["a currency that is not declared"],
  weight: 0.04,
  run: ({ price, other }) =>
    Effect.gen(function* () {
      const { about } = yield* World
      const charge = yield* Shop.charge(price)
      const minted = yield* Shop.mint({}, charge)
      const foreign = Money.of(other, price.minor)
      yield* met("a currency that is not declared")
      const facts = [`the mandate is for ${price.currency}, the charge is ${Money.print(foreign)}`]
      const sold = yield* Shop.sell({ entries: minted.entries, money: foreign })
      if (Result.isSuccess(sold) || sold.failure.reason._tag !== "CurrencyNotAllowed") {
        return yield* new Broken({
          expected: "a price in a currency that the manifest does not declare is refused with currency_not_allowed",
          actual: `it was ${words(sold)}`,
          facts
        })
      }
      const paid = yield* Shop.pay(minted, yield* Shop.charge(foreign))
      if (Result.isSuccess(paid)) {
        return yield* new Broken({
          expected: "the plug-in itself refuses a charge in a currency that it does not declare",
          actual: "it was accepted",
          facts
        })
      }
      const scored = about.manifest.currencies.filter((code) => code in aliases)
      for (const currency of about.wire === undefined ? [] : [...new Set([price.currency, ...scored])]) {
        yield* onlyItsCode(Money.of(currency, price.minor))
      }
      yield* Shop.nothingMoved("currencies that are not supported")
    })
})

/** The amount in another spelling: a number stays one where JSON has such a number. */
const respelled = (amount: StrictJson.ExactJson, { respell }: AmountText.Way): StrictJson.ExactJson | undefined => {
  const text = amount instanceof StrictJson.JsonNumber ? amount.source : amount
  if (typeof text !== "string") return undefined
  const other = respell(text)
  if (other === text) return undefined
  return amount instanceof StrictJson.JsonNumber && /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(other)
    ? new StrictJson.JsonNumber(other)
    : other
}

export const plainDecimals = Law.property({
  id: "CUR-06",
  severity: "critical",
  needs: {
    wire: true,
    terms: ["perCharge"],
    unless: ({ wire }) => (wire?.amounts.length === 0 ? "the credential has no amounts in major units" : undefined)
  },
  clause: "Money.parse",
  statement: "reads amounts as plain decimals only: no grouping, no comma, no sign, no exponent, no digits but 0 to 9",
  why: "1,000 is a thousand to one reader and one to another; the agent sends the one, and the owner meant the other.",
  gen: (about) => Gen.tuple(MandateGen.limit(about), Gen.nat(9)),
  interesting: AmountText.kinds,
  weight: 0.06,
  run: ([limit, which]) =>
    Effect.gen(function* () {
      const { about } = yield* World
      // A charge so small that an amount read wrong would still cover it.
      const charge = yield* Shop.charge(Money.of(limit.currency, 1n))
      const budget = canMint(about, "budget") ? { budget: [limit] } : {}
      const payload = yield* Payload.of({ perCharge: [limit], ...budget }, charge)
      const amounts = Payload.amounts(payload)
      const [pointer, amount] = amounts[which % Math.max(1, amounts.length)] ?? []
      if (pointer === undefined || amount === undefined) return
      for (const way of AmountText.ways) {
        const other = respelled(amount, way)
        const changed = other === undefined ? undefined : Json.replaced(payload.json, pointer, other)
        if (other === undefined || changed === undefined) continue
        yield* met(way.kind)
        const [before, after] = [StrictJson.stringify(amount), StrictJson.stringify(other)]
        yield* Payload.refused(payload, StrictJson.stringify(changed), charge, `${way.kind} in an amount`, [
          `${pointer} was ${before} and is ${after}`
        ])
      }
      yield* Shop.nothingMoved("amounts that are no plain decimals")
    })
})
