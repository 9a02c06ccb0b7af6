/**
 * The sandbox's principals. Whoever opens the page chooses which of them to be: there is nothing here to protect.
 */

export interface Account {
  /** Alipay's user ids have 16 digits and begin with 2088. The first is who grants tokens without a consent page. */
  readonly id: string
  readonly en: string
  readonly zh: string
}

export const accounts: ReadonlyArray<Account> = [
  { id: "2088000000000001", en: "Li Lei", zh: "李雷" },
  { id: "2088000000000002", en: "Han Meimei", zh: "韩梅梅" }
]

export const find = (id: string | undefined): Account | undefined => accounts.find((account) => account.id === id)
