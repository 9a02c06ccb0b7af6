/**
 * The channel that a charge is paid through: the principal's preference meets what the order enables.
 *
 * Alipay's delegated payment takes no channel. That the sandbox does is an extension, so that a preference can be tested to
 * the end of the rails.
 */

/** The words of a preference and the names that Alipay's APIs have for the same, in lower case. Others stand for themselves. */
const channels: ReadonlyMap<string, string> = new Map([
  ["credit", "pcredit"],
  ["credit_group", "pcredit"],
  ["huabei_installments", "pcreditpayInstallment"],
  ["pcreditpayinstallment", "pcreditpayInstallment"],
  ["moneyfund", "moneyFund"]
])

/** A preference may name a number of months; it is the same channel. */
const of = (method: string): string => {
  const name = method.toLowerCase().replace(/^(huabei_installments)_(?:3|6|12)$/, "$1")
  return channels.get(name) ?? name
}

/** The months that a list of methods allows; `undefined` where any will do. */
export const months = (methods: ReadonlyArray<string> | undefined): ReadonlyArray<string> | undefined => {
  const own = (methods ?? []).filter((method) => of(method) === "pcreditpayInstallment")
  const named = own.flatMap((method) => /_(3|6|12)$/.exec(method)?.[1] ?? [])
  return own.length > named.length || own.length === 0 ? undefined : named
}

/**
 * The first channel that the preference allows and the order enables; `undefined` where they have none in common. An absent
 * list means any channel, and with neither list it is the balance.
 */
export const choose = (
  preference: ReadonlyArray<string> | undefined,
  enabled: ReadonlyArray<string> | undefined
): string | undefined => {
  const allowed = enabled?.map(of)
  if (preference === undefined) return allowed === undefined ? "balance" : allowed[0]
  return preference.map(of).find((channel) => allowed === undefined || allowed.includes(channel))
}

/** How `fund_bill_list` names it. */
export const fundChannel = (channel: string): string =>
  channel === "balance" ? "ALIPAYACCOUNT" : channel === "pcreditpayInstallment" ? "PCREDIT" : channel.toUpperCase()
