/**
 * The names of payment methods in `allowed_payment_methods`, the payment preference they mean, and the funding channels that serve it.
 *
 * ACT 2.1 leaves the names to implementers. Read here: the brief's three preferences, and the channel names of the Open
 * Platform that mean the same. A list that names none of them cannot be honoured and is refused by `validate`.
 */
import type { PaymentPreference } from "@paylayer/core/Mandate"

const balance: PaymentPreference = { kind: "balance" }
const credit: PaymentPreference = { kind: "credit" }
const instalments: PaymentPreference = { kind: "huabei-instalments" }

const preferences: ReadonlyMap<string, PaymentPreference> = new Map<string, PaymentPreference>([
  ["BALANCE", balance],
  ["CREDIT", credit],
  ["PCREDIT", credit],
  ["CREDIT_GROUP", credit],
  ["HUABEI_INSTALLMENTS", instalments],
  ["PCREDITPAYINSTALLMENT", instalments]
])

const channels: { readonly [K in PaymentPreference["kind"]]: string } = {
  balance: "balance",
  credit: "pcredit",
  "huabei-instalments": "pcreditpayInstallment"
}

/** The preferences that a list of method names allows, in its order; the names that mean nothing here are left out. */
export const preferencesOf = (methods: ReadonlyArray<string>): ReadonlyArray<PaymentPreference> => [
  ...new Set(methods.flatMap((method) => preferences.get(method.toUpperCase()) ?? []))
]

/** The preferences that both lists allow, in the order of the first. */
export const common = (
  one: ReadonlyArray<PaymentPreference>,
  other: ReadonlyArray<PaymentPreference>
): ReadonlyArray<PaymentPreference> => one.filter(({ kind }) => other.some((preference) => preference.kind === kind))

/** The channels of the Open Platform (`enable_pay_channels`) that may pay for a preference, and no others. */
export const channelsOf = (preference: ReadonlyArray<PaymentPreference>): ReadonlyArray<string> => [
  ...new Set(preference.map(({ kind }) => channels[kind]))
]
