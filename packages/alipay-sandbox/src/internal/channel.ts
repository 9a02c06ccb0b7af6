/**
 * The channel that a charge is paid through: the principal's preference meets what the order enables.
 *
 * Alipay's delegated payment takes no channel. That the sandbox does is an extension, so that a preference can be tested to
 * the end of the rails.
 */

/** The words of a preference, and Alipay's channel for each. Any other word is taken for a channel. */
const channels: Readonly<Record<string, string>> = {
  BALANCE: "balance",
  CREDIT: "pcredit",
  HUABEI_INSTALLMENTS: "pcreditpayInstallment"
}

const of = (method: string): string => (Object.hasOwn(channels, method) ? channels[method]! : method)

/**
 * The first channel that the preference allows and the order enables; `undefined` where they have none in common. An absent
 * list means any channel, and with neither list it is the balance.
 */
export const choose = (
  preference: ReadonlyArray<string> | undefined,
  enabled: ReadonlyArray<string> | undefined
): string | undefined => {
  const preferred = preference?.map(of)
  if (preferred === undefined) return enabled === undefined ? "balance" : enabled[0]
  return enabled === undefined ? preferred[0] : preferred.find((channel) => enabled.includes(channel))
}

/** How `fund_bill_list` names it. */
export const fundChannel = (channel: string): string =>
  channel === "balance" ? "ALIPAYACCOUNT" : channel === "pcreditpayInstallment" ? "PCREDIT" : channel.toUpperCase()
