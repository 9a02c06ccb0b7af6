/**
 * Money that a provider moved, or a fulfilment that it took note of: what really happened, whoever asked for it and died.
 */
import type { Money } from "@paylayer/core/Money"

export interface Movement {
  /** The protocol's manifest id. */
  readonly protocol: string
  /** The charge it was asked for. */
  readonly charge: string
  /** The mandate it was taken from: the provider's number for it. */
  readonly mandate: string
  readonly money: Money
  /** The provider's number for it, as in receipts. */
  readonly reference: string
}

/** Money that is held for a charge and not taken. */
export type Hold = Omit<Movement, "protocol" | "reference">
