/**
 * The evidence of one run: what the ledger says, what the providers moved, and what agents heard.
 */
import type { Entry } from "@paylayer/core/Ledger"
import type { Hold, Movement } from "./Movement.ts"
import type { Order } from "./Order.ts"
import type { Wallet } from "./Wallet.ts"

export interface Evidence {
  readonly entries: ReadonlyArray<Entry>
  readonly movements: ReadonlyArray<Movement>
  readonly holds: ReadonlyArray<Hold>
  readonly orders: ReadonlyArray<Order>
  readonly wallets: ReadonlyArray<Wallet>
  /** What does not add up, by the ledger's own account. */
  readonly audit: ReadonlyArray<string>
  /** What hosts that nobody had killed said last. */
  readonly failures: ReadonlyArray<string>
  /** What was not done in time. */
  readonly late: ReadonlyArray<string>
}
