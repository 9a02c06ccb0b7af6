/**
 * The names of payment methods in `allowed_payment_methods`, the payment preference they mean, and the fields of an order that
 * serve it.
 *
 * ACT 2.1 leaves the names to implementers. Read here: the brief's three preferences, `HUABEI_INSTALLMENTS_3`, `_6` and `_12`
 * for a number of months, and the channel names of the Open Platform that mean the same. A list that names none of them cannot
 * be honoured and is refused by `validate`.
 */
import type { PaymentPreference } from "@paylayer/core/Mandate"
import type { Order } from "./Trade.ts"

const balance: PaymentPreference = { kind: "balance" }
const credit: PaymentPreference = { kind: "credit" }
const instalments: PaymentPreference = { kind: "huabei-instalments" }
const instalmentsOf = (months: 3 | 6 | 12): PaymentPreference => ({ ...instalments, months })

const preferences: ReadonlyMap<string, PaymentPreference> = new Map<string, PaymentPreference>([
  ["BALANCE", balance],
  ["CREDIT", credit],
  ["PCREDIT", credit],
  ["CREDIT_GROUP", credit],
  ["HUABEI_INSTALLMENTS", instalments],
  ["PCREDITPAYINSTALLMENT", instalments],
  ["HUABEI_INSTALLMENTS_3", instalmentsOf(3)],
  ["HUABEI_INSTALLMENTS_6", instalmentsOf(6)],
  ["HUABEI_INSTALLMENTS_12", instalmentsOf(12)]
])

const channels: { readonly [K in PaymentPreference["kind"]]: string } = {
  balance: "balance",
  credit: "pcredit",
  "huabei-instalments": "pcreditpayInstallment"
}

/** What a merchant takes. */
export interface Taken {
  /** In no order. Absent: everything. */
  readonly paymentMethods?: ReadonlyArray<PaymentPreference["kind"]>
  /** Who bears the fee of instalments where the mandate does not say. Default: the payer. */
  readonly instalmentFee?: "payer" | "merchant"
}

/** The preferences that a list of method names allows, in its order; the names that mean nothing here are left out. */
export const preferencesOf = (methods: ReadonlyArray<string>): ReadonlyArray<PaymentPreference> => [
  ...new Set(methods.flatMap((method) => preferences.get(method.toUpperCase()) ?? []))
]

const months = (preference: PaymentPreference) =>
  preference.kind === "huabei-instalments" ? preference.months : undefined

/** The preferences that both lists allow, in the order of the first; of two that agree, the one that says more. */
export const common = (
  one: ReadonlyArray<PaymentPreference>,
  other: ReadonlyArray<PaymentPreference>
): ReadonlyArray<PaymentPreference> =>
  one.flatMap((mine) => {
    const equals = other.filter(
      (theirs) =>
        theirs.kind === mine.kind &&
        (months(mine) === undefined || months(theirs) === undefined || months(mine) === months(theirs))
    )
    return months(mine) === undefined ? equals : equals.slice(0, 1).map(() => mine)
  })

/** What of a preference the merchant takes. Without a preference, all that it takes; `undefined` where nothing is limited. */
export const taken = (
  preference: ReadonlyArray<PaymentPreference> | undefined,
  { paymentMethods, instalmentFee }: Taken
): ReadonlyArray<PaymentPreference> | undefined => {
  const all = paymentMethods?.map((kind): PaymentPreference => ({ kind }))
  const both = preference === undefined || all === undefined ? (preference ?? all) : common(preference, all)
  return both?.map((mine) =>
    mine.kind === "huabei-instalments" && mine.months !== undefined && mine.feeBearer === undefined
      ? { ...mine, feeBearer: instalmentFee ?? "payer" }
      : mine
  )
}

/** The channels of the Open Platform (`enable_pay_channels`) that may pay for a preference, and no others. */
export const channelsOf = (preference: ReadonlyArray<PaymentPreference>): ReadonlyArray<string> => [
  ...new Set(preference.map(({ kind }) => channels[kind]))
]

/**
 * The fields of an order that serve a preference. A number of instalments that comes first is asked for, and nothing else; one
 * that comes later is a choice among the channels.
 */
export const orderOf = (
  preference: ReadonlyArray<PaymentPreference> = []
): Pick<Order, "enable_pay_channels" | "instalments"> => {
  const [first] = preference
  if (first === undefined) return {}
  if (first.kind !== "huabei-instalments" || first.months === undefined) {
    return { enable_pay_channels: channelsOf(preference) }
  }
  return {
    enable_pay_channels: [channels[first.kind]],
    instalments: { count: first.months, sellerPercent: first.feeBearer === "merchant" ? "100" : "0" }
  }
}

/** How a charge is paid, in words for a receipt: known beforehand where the order leaves the wallet no choice. */
export const inWords = (preference: ReadonlyArray<PaymentPreference> = []): string | undefined => {
  const { enable_pay_channels: enabled = [], instalments: split } = orderOf(preference)
  if (split !== undefined) {
    return `Huabei, ${split.count} instalments, fee borne by the ${split.sellerPercent === "100" ? "merchant" : "payer"}`
  }
  const [only, ...others] = enabled
  if (only === undefined || others.length > 0) return undefined
  return only === channels.balance ? "balance" : only === channels.credit ? "credit" : "Huabei instalments"
}

/**
 * How a trade was paid, in words for a receipt, by what Alipay says of it: the channels of `fund_bill_list` and the number of
 * instalments. It begins with the words of `inWords` where it is what was ordered. Who bears their fee is the order's. A channel that has no word here keeps its name. Nothing where Alipay says nothing.
 */
export const paidWith = (
  fundChannels: ReadonlyArray<string>,
  installments: number | undefined,
  preference: ReadonlyArray<PaymentPreference> = []
): string | undefined => {
  const { enable_pay_channels: enabled = [], instalments: split } = orderOf(preference)
  const huabei =
    split !== undefined
      ? inWords(preference)
      : installments !== undefined
        ? `Huabei instalments: ${installments}`
        : enabled.includes(channels["huabei-instalments"]) && !enabled.includes(channels.credit)
          ? "Huabei instalments"
          : "credit"
  const words = new Set(
    fundChannels.map((channel) => (channel === "ALIPAYACCOUNT" ? "balance" : channel === "PCREDIT" ? huabei : channel))
  )
  return words.size === 0 ? undefined : [...words].join(" and ")
}
