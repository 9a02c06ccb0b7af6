/**
 * The names of payment methods in `allowed_payment_methods`, and the payment preference they mean.
 *
 * ACT 2.1 leaves the names to implementers. Read here: the brief's three preferences, and the channel names of the Open
 * Platform that mean the same. A list that names none of them cannot be honoured and is refused by `validate`.
 */
import type { PaymentPreference } from "@paylayer/core/Mandate"

const instalments: PaymentPreference = { kind: "huabei-instalments" }

const preferences: ReadonlyMap<string, PaymentPreference> = new Map<string, PaymentPreference>([
  ["BALANCE", { kind: "balance" }],
  ["MONEYFUND", { kind: "balance" }],
  ["CREDIT", { kind: "credit" }],
  ["PCREDIT", { kind: "credit" }],
  ["CREDIT_GROUP", { kind: "credit" }],
  ["HUABEI_INSTALLMENTS", instalments],
  ["PCREDITPAYINSTALLMENT", instalments]
])

/** The preferences that a list of method names allows, in its order; the names that mean nothing here are left out. */
export const preferencesOf = (methods: ReadonlyArray<string>): ReadonlyArray<PaymentPreference> =>
  methods.flatMap((method) => preferences.get(method.toUpperCase()) ?? [])
