/**
 * From the terms that a law asks for to the terms that the sandbox grants: those of an Intent Authorization Credential.
 */
import { type Order, ProviderError } from "@paylayer/conformance/Provider"
import type { Terms } from "@paylayer/conformance/Terms"
import type { Currency } from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as Crypto from "node:crypto"
import type * as Sandbox from "../src/Terms.ts"

const year = 365 * 24 * 3_600_000

/** More than any case spends: a delegation always has a budget. */
const plenty = "999999999999.99"

const fail = (message: string) => Result.fail(new ProviderError({ message }))

/** A delegation is in one currency: the one that the terms name, or that of the order. */
const currencyOf = (terms: Terms, { charge }: Order): Result.Result<Currency, ProviderError> => {
  const amounts = [...(terms.perCharge ?? []), ...(terms.minimum ?? []), ...(terms.budget ?? [])]
  const named = new Set([...(terms.currencies ?? []), ...amounts.map(({ currency }) => currency)])
  const [only = charge.money.currency] = named
  return named.size > 1
    ? fail(`a delegation is in one currency, not in ${[...named].join(", ")}`)
    : Result.succeed(only)
}

const decimal = (amounts: ReadonlyArray<Money.Money> | undefined): string | undefined =>
  amounts?.[0] === undefined ? undefined : Money.decimalString(amounts[0])

/** The account number of a payer: 16 digits, the same for the same label. */
export const accountOf = (label = "payer-1"): string => {
  const digits = BigInt(`0x${Crypto.hash("sha256", label)}`) % 10n ** 12n
  return `2088${String(digits).padStart(12, "0")}`
}

const present = <A extends object>(members: { readonly [K in keyof A]: A[K] | undefined }): A =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as A

/** Without an end, a mandate lasts longer than any case. */
export const granted = (terms: Terms, order: Order, now: number): Result.Result<Sandbox.Terms, ProviderError> =>
  Result.map(currencyOf(terms, order), (currency) => {
    const { notBefore, expiresAt } = terms
    const end = expiresAt ?? DateTime.makeUnsafe((notBefore?.epochMilliseconds ?? now) + year)
    return {
      currency,
      delegator_identity: accountOf(terms.payer),
      max_total_amount: decimal(terms.budget) ?? plenty,
      validity_end_time: DateTime.formatIso(end),
      ...(notBefore !== undefined && { validity_start_time: DateTime.formatIso(notBefore) }),
      ext: {
        commerce: present({
          max_single_amount: decimal(terms.perCharge),
          min_single_amount: decimal(terms.minimum),
          allowed_merchants: terms.merchants?.allowed,
          forbidden_merchants: terms.merchants?.forbidden,
          allowed_categories: terms.categories?.allowed,
          forbidden_categories: terms.categories?.forbidden
        }),
        ...(terms.uses !== undefined && { vendor_private: { times_limit: terms.uses } })
      }
    }
  })
