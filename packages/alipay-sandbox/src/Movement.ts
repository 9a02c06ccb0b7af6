/**
 * A movement: money that changed hands on the sandbox's rails. The list of movements only grows; what is in it happened.
 *
 * Tests count movements instead of trusting answers: an answer may be lost, forged or repeated, a movement may not.
 */

/** One charge, or one refund of a part of it. */
export interface Movement {
  readonly movement_id: string
  readonly kind: "charge" | "refund"
  readonly out_trade_no: string
  readonly trade_no: string
  /** The delegation that paid. Absent where an agent has paid a bill by itself. */
  readonly delegation_id?: string
  /** Major units with all decimals: `"15.00"`. Always above zero; `kind` says which way. */
  readonly amount: string
  /** ISO 4217. */
  readonly currency: string
  /** ISO 8601 in UTC. */
  readonly at: string
}
