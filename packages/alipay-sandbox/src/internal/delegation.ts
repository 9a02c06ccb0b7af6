/**
 * A delegation: what one principal lets one agent spend, and what is spent already.
 *
 * What is spent is counted from the charges that were made here, never from what anybody says. A refund does not give the
 * budget back.
 */
import * as Iac from "@paylayer/alipay/IntentAuthorizationCredential"
import * as Money from "@paylayer/core/Money"

/** Where a principal can put a delegation. Everything else follows from the clock and from what is spent. */
export type Standing = "active" | "suspended" | "cancelled"

/** Alipay's states of a delegation. The sandbox grants at once and ends none by itself, so it never says SIGNING or TERMINATE. */
export type Status = "SIGNING" | "NORMAL" | "FINISHED" | "CANCELLED" | "EXPIRED" | "TERMINATE" | "INVALID"

/** One delegation. `standing` is the principal's to change, `spent` and `charges` change only in `books`. */
export interface Delegation {
  readonly delegationId: string
  readonly agreementNo: string
  readonly externalDelegationId: string
  readonly externalAgreementNo: string
  readonly tag: string | undefined
  readonly opaque: boolean
  readonly iac: Iac.IntentAuthorizationCredential
  readonly sid: string | undefined
  standing: Standing
  spent: bigint
  charges: number
}

/** A delegation that has paid for nothing yet. */
export const make = (
  granted: Omit<Delegation, "delegationId" | "agreementNo" | "standing" | "spent" | "charges">,
  agreementNo: string
): Delegation => ({
  ...granted,
  delegationId: granted.iac.delegation_id,
  agreementNo,
  standing: "active",
  spent: 0n,
  charges: 0
})

/** What is left of the budget. */
export const remaining = ({ iac, spent }: Delegation): Money.Money =>
  Money.of(iac.max_total_amount.currency, iac.max_total_amount.minor - spent)

/** How many charges it allows; `undefined` where their number has no limit. */
export const timesLimit = ({ iac }: Delegation): number | undefined => iac.ext?.vendor_private?.times_limit

/** How many charges are left. */
export const remainingTimes = (self: Delegation): number | undefined => {
  const limit = timesLimit(self)
  return limit === undefined ? undefined : limit - self.charges
}

/**
 * The state at a time. A suspended delegation is `INVALID`, the closest of Alipay's words. One whose time has not come is
 * `NORMAL` with its start in the future.
 */
export const status = (self: Delegation, now: number): Status => {
  if (self.standing === "cancelled") return "CANCELLED"
  if (now >= self.iac.validity_end_time.epochMilliseconds) return "EXPIRED"
  if (remaining(self).minor === 0n || remainingTimes(self) === 0) return "FINISHED"
  return self.standing === "suspended" ? "INVALID" : "NORMAL"
}
