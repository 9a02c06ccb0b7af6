/** Defects in amounts and currencies. */
import type { Charge } from "@paylayer/core/Charge"
import type { Currency } from "@paylayer/core/Currency"
import type { Credential } from "@paylayer/core/Detection"
import type { Mandate } from "@paylayer/core/Mandate"
import type { Money } from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Mutant from "../Mutant.ts"
import * as Reference from "../reference/Reference.ts"
import * as VoucherCode from "../reference/VoucherCode.ts"
import * as VoucherProvider from "../reference/VoucherProvider.ts"
import * as Rereading from "./Rereading.ts"

const taken = ["CNY", "USD", "EUR"] as const satisfies ReadonlyArray<Currency>

const costing = (charge: Charge, money: Partial<Money>): Charge => ({ ...charge, money: { ...charge.money, ...money } })

/** The same mandate without the terms that are compared with an amount. */
const boundless = ({ id, payer, expiresAt }: Mandate): Mandate => ({
  id,
  payer,
  ...(expiresAt === undefined ? {} : { expiresAt })
})

/** Tries a charge as it is, and where it is refused for that reason, in other ways. */
const insisting = (
  credential: Credential,
  validate: ReturnType<typeof Rereading.steps>["validate"],
  charges: readonly [Charge, ...ReadonlyArray<Charge>],
  reason: PaymentError.Reason["_tag"]
): Effect.Effect<{ readonly mandate: Mandate; readonly as: Charge }, PaymentError.PaymentError> => {
  const [first, second, ...rest] = charges
  const tried = Effect.map(validate(credential, first), (mandate) => ({ mandate, as: first }))
  return second === undefined
    ? tried
    : Effect.catchIf(
        tried,
        (error) => error.reason._tag === reason,
        () => insisting(credential, validate, [second, ...rest], reason)
      )
}

/** A plug-in that takes a charge for another one where it would be refused, and settles the one that was asked. */
const mistaking = (
  name: string,
  defect: string,
  killedBy: Rereading.KilledBy,
  reason: PaymentError.Reason["_tag"],
  others: (charge: Charge) => ReadonlyArray<Charge>
) =>
  Mutant.make({
    name,
    defect,
    killedBy,
    change: (plugin) => {
      const { validate, verify } = Rereading.steps(plugin)
      return {
        ...plugin,
        validate: (credential, charge) =>
          Effect.map(insisting(credential, validate, [charge, ...others(charge)], reason), ({ mandate }) => mandate),
        verify: (mandate, charge) => verify(boundless(mandate), charge)
      }
    }
  })

const inOtherCurrencies = (charge: Charge): ReadonlyArray<Charge> =>
  taken.map((currency) => costing(charge, { currency }))

const takesAnyCurrency = mistaking(
  "ignores-currency",
  "compares the number with the mandate's, and not the currency",
  ["CUR-04", "CUR-03"],
  "CurrencyNotAllowed",
  inOtherCurrencies
)

const comparesDoubles = mistaking(
  "compares-floats",
  "compares a charge with its limit as floating-point numbers",
  ["CUR-02"],
  "LimitExceeded",
  (charge) => {
    const less = charge.money.minor - 1n
    return Number(less) === Number(charge.money.minor) ? [costing(charge, { minor: less })] : []
  }
)

/** The receipt says what was asked, whatever was taken. */
const settlingAs = (name: string, defect: string, killedBy: Rereading.KilledBy, as: (charge: Charge) => Charge) =>
  Mutant.make({
    name,
    defect,
    killedBy,
    change: (plugin) => ({
      ...plugin,
      settle: (authorization, charge) =>
        Effect.map(plugin.settle(authorization, as(charge)), (receipt): Receipt => ({
          ...receipt,
          money: charge.money
        }))
    })
  })

const exponentTwo = Mutant.make({
  name: "exponent-always-two",
  defect: "takes every currency for one of two decimals, so that 100 yen are 1.00",
  killedBy: ["CUR-01"],
  of: Reference.ticket,
  change: (plugin) => ({
    ...plugin,
    settle: (authorization, charge) =>
      Effect.map(plugin.settle(authorization, charge), (receipt) =>
        charge.money.currency === "JPY"
          ? { ...receipt, money: { ...receipt.money, minor: receipt.money.minor * 100n } }
          : receipt
      )
  })
})

const homeCurrency = Mutant.make({
  name: "receipt-in-home-currency",
  defect: "writes every receipt in its own currency",
  killedBy: ["CUR-01"],
  change: (plugin) => ({
    ...plugin,
    settle: (authorization, charge) =>
      Effect.map(plugin.settle(authorization, charge), (receipt) => ({
        ...receipt,
        money: { ...receipt.money, currency: "CNY" as const }
      }))
  })
})

/** Whether the code is rightly signed, if its currencies are taken for some others. */
const signedForOthers = (code: string): boolean => {
  const [payload = "", mac] = code.split(".")
  const lists = [undefined, ...taken.map((currency) => [currency]), taken]
  return lists.some((currencies) => {
    const text = Rereading.members(Buffer.from(payload, "base64url").toString(), (all) => ({ ...all, currencies }))
    return mac === VoucherCode.mac(Buffer.from(text).toString("base64url"), VoucherProvider.key)
  })
}

const unsignedCurrency = Mutant.make({
  name: "ignores-currency-in-signature",
  defect: "checks the signature over everything but the currencies",
  killedBy: ["CUR-04", "SIG-02"],
  change: (plugin) => ({
    ...plugin,
    validate: (credential, charge) => {
      const code = Redacted.value(credential.secret) as string
      const [payload = ""] = code.split(".")
      return plugin.validate(
        signedForOthers(code)
          ? Rereading.coded(credential, Rereading.signed(Buffer.from(payload, "base64url").toString()))
          : credential,
        charge
      )
    }
  })
})

/** Units of each currency for one of the first, as somebody once wrote them down. */
const rates: { readonly [code: string]: bigint } = { CNY: 8n, USD: 1n, EUR: 1n }

const converts = Mutant.make({
  name: "converts-silently",
  defect: "takes the mandate's currency at a rate of its own where the price names another one",
  killedBy: ["CUR-05"],
  change: (plugin) => {
    const { validate, verify } = Rereading.steps(plugin)
    const converted = new Map<string, Charge>()
    const rate = (currency: string) => rates[currency] ?? 1n
    return {
      ...plugin,
      validate: (credential, charge) => {
        const others = taken.map((currency) =>
          costing(charge, { currency, minor: (charge.money.minor * rate(currency)) / rate(charge.money.currency) + 1n })
        )
        return Effect.map(
          insisting(credential, validate, [charge, ...others], "CurrencyNotAllowed"),
          ({ as, mandate }) => {
            converted.set(charge.id, as)
            return mandate
          }
        )
      },
      verify: (mandate, charge) => verify(mandate, converted.get(charge.id) ?? charge),
      settle: (authorization, charge) =>
        Effect.map(plugin.settle(authorization, converted.get(charge.id) ?? charge), (receipt): Receipt => ({
          ...receipt,
          money: charge.money
        }))
    }
  }
})

const finalRefusal = Mutant.make({
  name: "other-currency-is-final",
  defect: "says that it declined where the price names the mandate's currency as a second choice",
  killedBy: ["CUR-05"],
  change: (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      Effect.catchIf(
        Rereading.steps(plugin).validate(credential, charge),
        ({ reason }) => reason._tag === "CurrencyNotAllowed",
        () => PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "not covered" }))
      )
  })
})

const readingAmounts = (name: string, defect: string, law: "CUR-01" | "CUR-06", change: (amount: string) => string) =>
  Rereading.ofText(name, defect, [law], (text) => Rereading.amounts(text, change))

const readingCodes = (name: string, defect: string, codes: RegExp, change: (code: string) => string) =>
  Rereading.ofText(name, defect, ["CUR-03"], (text) => text.replace(codes, change))

const decimals = (number: number, otherwise: string): string =>
  Number.isFinite(number) ? number.toFixed(2) : otherwise

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  exponentTwo,
  homeCurrency,
  readingAmounts("rounds-third-decimal", "rounds an amount with a third decimal", "CUR-01", (amount) =>
    /^\d+\.\d{3,}$/.test(amount) ? decimals(Number(amount), amount) : amount
  ),
  readingAmounts("cuts-third-decimal", "passes over a third decimal", "CUR-01", (amount) =>
    amount.replace(/^(\d+\.\d\d)\d+$/, "$1")
  ),
  settlingAs("floats-when-settling", "takes the minor units through a floating-point number", ["CUR-02"], (charge) =>
    costing(charge, { minor: BigInt(Number(charge.money.minor)) })
  ),
  comparesDoubles,
  readingCodes("currency-in-any-case", "takes cny for CNY", /"[a-z]{3}"/gi, (code) => code.toUpperCase()),
  readingCodes("rmb-is-cny", "takes RMB and CNH for CNY", /"(?:RMB|CNH)"/g, () => '"CNY"'),
  readingCodes("trims-currency", "passes over white space around a currency's code", /" *([A-Z]{3}) *"/g, (code) =>
    code.replaceAll(" ", "")
  ),
  takesAnyCurrency,
  unsignedCurrency,
  converts,
  finalRefusal,
  readingAmounts(
    "reads-amount-as-number",
    "reads an amount as whatever a program takes for a number",
    "CUR-06",
    (amount) => decimals(Number(amount), amount)
  ),
  readingAmounts("reads-leading-number", "reads an amount up to where it stops being a number", "CUR-06", (amount) =>
    decimals(Number.parseFloat(amount), amount)
  ),
  readingAmounts("comma-is-point", "takes a decimal comma for a point", "CUR-06", (amount) => amount.replace(",", ".")),
  readingAmounts("drops-grouping", "passes over what groups the digits of an amount", "CUR-06", (amount) =>
    amount.replace(/[ ,_'\u00a0\u202f]/g, "")
  ),
  readingAmounts("foreign-digits", "reads full-width digits as 0 to 9", "CUR-06", (amount) => amount.normalize("NFKC")),
  readingAmounts("drops-sign", "passes over the sign of an amount", "CUR-06", (amount) => amount.replace(/^[+-]/, ""))
]
