/**
 * Terms: what a law asks a provider's double to put into a mandate. What is absent does not limit.
 */
import type { Mandate } from "@paylayer/core/Mandate"

/** The fields of a mandate that a double can be asked for. */
export const all = [
  "currencies",
  "perCharge",
  "minimum",
  "budget",
  "uses",
  "notBefore",
  "expiresAt",
  "merchants",
  "categories",
  "payer"
] as const
export type TermName = (typeof all)[number]

/**
 * The terms of one mandate. `payer` is a label: two mandates with one label have one payer. Where nothing names a currency, the
 * mandate covers at least the currency of the charge it is minted for.
 */
export type Terms = Partial<Pick<Mandate, TermName>>

/** The names of the terms that are asked for. */
export const names = (terms: Terms): ReadonlyArray<TermName> => Object.keys(terms) as Array<TermName>
