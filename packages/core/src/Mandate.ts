/**
 * A mandate: the terms a credential carries. What is absent does not limit.
 */
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import type { Charge } from "./Charge.ts"
import { Currency } from "./Currency.ts"
import * as Money from "./Money.ts"
import * as PaymentError from "./PaymentError.ts"

/** Which names are let in. `forbidden` wins; an absent `allowed` lets everything in, an empty one nothing. */
export const Scope = Schema.Struct({
  allowed: Schema.optionalKey(Schema.Array(Schema.String)),
  forbidden: Schema.optionalKey(Schema.Array(Schema.String))
})
export type Scope = (typeof Scope)["Type"]

/** How the principal wants to pay: from the balance, on credit, or in Huabei instalments. */
export const PaymentPreference = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("balance") }),
  Schema.Struct({ kind: Schema.Literal("credit") }),
  Schema.Struct({
    kind: Schema.Literal("huabei-instalments"),
    months: Schema.optionalKey(Schema.Literals([3, 6, 12])),
    feeBearer: Schema.optionalKey(Schema.Literals(["payer", "merchant"]))
  })
])
export type PaymentPreference = (typeof PaymentPreference)["Type"]

export const Mandate = Schema.Struct({
  /** The provider's number for it, or the credential's fingerprint. */
  id: Schema.String,
  /** Who pays, as one stable name: idempotency keys are scoped to it. */
  payer: Schema.String,
  principal: Schema.optionalKey(Schema.String),
  agent: Schema.optionalKey(Schema.String),
  session: Schema.optionalKey(Schema.String),
  /** The currencies it may be charged in. */
  currencies: Schema.optionalKey(Schema.Array(Currency)),
  /** The most one charge may take, by currency. With an entry for one currency, the others are not covered. */
  perCharge: Schema.optionalKey(Schema.Array(Money.Money)),
  /** The least one charge must take, by currency. */
  minimum: Schema.optionalKey(Schema.Array(Money.Money)),
  /** The most all charges together may take, by currency, counted gross. */
  budget: Schema.optionalKey(Schema.Array(Money.Money)),
  /** How many charges it may be used for. */
  uses: Schema.optionalKey(Schema.Int),
  /** The window, half-open: valid at `notBefore`, no longer at `expiresAt`. */
  notBefore: Schema.optionalKey(Schema.DateTimeUtcFromString),
  expiresAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  merchants: Schema.optionalKey(Scope),
  categories: Schema.optionalKey(Scope),
  preference: Schema.optionalKey(Schema.Array(PaymentPreference))
})
export interface Mandate extends Schema.Schema.Type<typeof Mandate> {}

const lets = (scope: Scope | undefined, name: string | undefined): boolean => {
  if (scope === undefined) return true
  if (name === undefined) return scope.allowed === undefined
  return scope.forbidden?.includes(name) !== true && (scope.allowed === undefined || scope.allowed.includes(name))
}

const inCurrency = (amounts: ReadonlyArray<Money.Money>, charge: Charge) =>
  amounts.find((amount) => amount.currency === charge.money.currency)

const uncovered = (charge: Charge, covered: ReadonlyArray<string>) =>
  new PaymentError.CurrencyNotAllowed({
    detail: `the mandate covers ${covered.join(", ") || "no currency"}, not ${charge.money.currency}`
  })

/**
 * Why a charge is outside the terms at a moment, or nothing. One charge alone is looked at: budgets and uses are counted by
 * the ledger and by the provider. Several faults at once are reported in this order: window, merchant, category, currency,
 * limits.
 */
export const refusal = (mandate: Mandate, charge: Charge, nowMillis: number): PaymentError.Reason | undefined => {
  if (mandate.expiresAt !== undefined && nowMillis >= mandate.expiresAt.epochMilliseconds) {
    return new PaymentError.CredentialExpired({
      detail: `the mandate ended at ${DateTime.formatIso(mandate.expiresAt)}`
    })
  }
  if (mandate.notBefore !== undefined && nowMillis < mandate.notBefore.epochMilliseconds) {
    return new PaymentError.CredentialNotYetValid({
      detail: `the mandate begins at ${DateTime.formatIso(mandate.notBefore)}`
    })
  }
  if (!lets(mandate.merchants, charge.merchant)) {
    return new PaymentError.MerchantNotAllowed({ detail: `the mandate does not cover merchant ${charge.merchant}` })
  }
  if (!lets(mandate.categories, charge.category)) {
    return new PaymentError.CategoryNotAllowed({
      detail: `the mandate does not cover category ${charge.category ?? "(none)"}`
    })
  }
  if (mandate.currencies !== undefined && !mandate.currencies.includes(charge.money.currency)) {
    return uncovered(charge, mandate.currencies)
  }
  return outsideLimits(mandate, charge)
}

const outsideLimits = (mandate: Mandate, charge: Charge): PaymentError.Reason | undefined => {
  if (mandate.perCharge !== undefined) {
    const limit = inCurrency(mandate.perCharge, charge)
    if (limit === undefined)
      return uncovered(
        charge,
        mandate.perCharge.map((money) => money.currency)
      )
    if (charge.money.minor > limit.minor) {
      return new PaymentError.LimitExceeded({
        detail: `${Money.print(charge.money)} is above the limit of ${Money.print(limit)} for one charge`
      })
    }
  }
  const least = mandate.minimum === undefined ? undefined : inCurrency(mandate.minimum, charge)
  if (least !== undefined && charge.money.minor < least.minor) {
    return new PaymentError.LimitExceeded({
      detail: `${Money.print(charge.money)} is below the least of ${Money.print(least)} for one charge`
    })
  }
  if (mandate.budget !== undefined) {
    const budget = inCurrency(mandate.budget, charge)
    if (budget === undefined)
      return uncovered(
        charge,
        mandate.budget.map((money) => money.currency)
      )
    if (charge.money.minor > budget.minor) {
      return new PaymentError.BudgetExceeded({
        detail: `${Money.print(charge.money)} is above the whole budget of ${Money.print(budget)}`
      })
    }
  }
  return undefined
}
