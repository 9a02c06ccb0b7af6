/**
 * Movements: what really happened at the provider. Laws count them instead of trusting answers: an answer may be lost, forged
 * or repeated, a movement may not.
 */
import type { Manifest } from "@paylayer/core/Manifest"
import type { Money } from "@paylayer/core/Money"

/**
 * - `charge`: the merchant took money.
 * - `payment`: the agent paid by itself, before the request (`prepaid-then-confirm`); minting a credential makes one.
 * - `confirmation`: the merchant confirmed fulfilment of a payment, for good.
 * - `refund`: money went back.
 */
export interface Movement {
  readonly kind: "charge" | "payment" | "confirmation" | "refund"
  /** `Minted.mandate` of the credential it belongs to. */
  readonly mandate: string
  readonly money: Money
  /** The provider's number for it: the same that receipts give as `reference`. */
  readonly reference: string
}

/** Money that a provider holds for a charge that is authorized and not settled. */
export interface Hold {
  readonly mandate: string
  readonly money: Money
}

/** The movements that `settle` makes in a flow. */
export const settlements = (flow: Manifest["flow"], movements: ReadonlyArray<Movement>): ReadonlyArray<Movement> => {
  const kind = flow === "authorize-then-settle" ? "charge" : "confirmation"
  return movements.filter((movement) => movement.kind === kind)
}

/** The sum of some movements in minor units of one currency. */
export const sum = (movements: ReadonlyArray<Movement>, currency: string): bigint =>
  movements.reduce((total, { money }) => (money.currency === currency ? total + money.minor : total), 0n)
