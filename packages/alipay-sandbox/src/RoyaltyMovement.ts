/**
 * A movement from a merchant to a receiver: a part of a trade that was settled to somebody else. The list of them only grows.
 *
 * What the payer paid and got back is in `Movement`; the two together are where all the money of a trade is.
 */
export interface RoyaltyMovement {
  readonly settle_no: string
  readonly out_request_no: string
  readonly out_trade_no: string
  readonly trade_no: string
  /** The merchant's account. */
  readonly from: string
  /** The receiver's account, and what kind of name that is. */
  readonly to: string
  readonly to_type: "userId" | "loginName"
  /** Major units with all decimals: `"15.00"`. Always above zero. */
  readonly amount: string
  /** ISO 4217. */
  readonly currency: string
  /** ISO 8601 in UTC. */
  readonly at: string
}
