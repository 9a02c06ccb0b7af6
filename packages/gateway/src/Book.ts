/**
 * The book: double entry beside the ledger.
 *
 * The ledger says what happened to a charge; the book says whose the money is. Every transaction is of one currency and adds
 * up to nothing, so the book as a whole does. A transaction is posted once, by its id, and never changed: what is wrong is
 * mirrored by another.
 *
 * | what happened | is posted as |
 * |---|---|
 * | a charge of M with a fee f | provider(protocol) +M, agent(payer) −M, agent(payer) +M, merchant(developer) −(M−f), fees −f |
 * | a refund of R with g of the fee | its mirror: provider −R, agent +R, agent −R, merchant +(R−g), fees +g |
 * | a payout of P begins | merchant(developer) +P, transit(payout) −P |
 * | it is paid | transit(payout) +P, provider(rail) −P |
 * | it failed, or was reversed | the mirror of what was posted |
 */
import type { Currency } from "@paylayer/core/Currency"
import type { Money } from "@paylayer/core/Money"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { GatewayStoreError } from "./GatewayStoreError.ts"

/**
 * | kind | owner | its balance |
 * |---|---|---|
 * | `agent` | the payer | 0: what is paid is spent at once |
 * | `merchant` | the developer | negative: what is owed to the developer |
 * | `fees` | empty | negative: what the gateway earned |
 * | `provider` | the protocol's id, or the rail | positive: what the provider holds for the gateway |
 * | `transit` | the payout's id | negative while a payout is under way |
 */
export const AccountKind = Schema.Literals(["agent", "merchant", "fees", "provider", "transit"])
export type AccountKind = typeof AccountKind.Type

export interface Account {
  readonly kind: AccountKind
  readonly owner: string
  readonly currency: Currency
}

/** A movement of minor units: a debit is positive, a credit negative. */
export interface Posting {
  readonly account: Account
  readonly minor: bigint
}

export const TransactionKind = Schema.Literals([
  "charge",
  "refund",
  "payout",
  "payout-paid",
  "payout-reversed",
  "adjustment"
])
export type TransactionKind = typeof TransactionKind.Type

export interface Transaction {
  /** It is posted once: `charge:<id>`, `refund:<charge id>:<refund id>`, … */
  readonly id: string
  readonly atMillis: number
  readonly kind: TransactionKind
  /** Whom it concerns. */
  readonly developer?: string
  /** The charge's id, or the payout's. */
  readonly reference?: string
  /** Of one currency; they add up to nothing. */
  readonly postings: ReadonlyArray<Posting>
}

/** Which transactions. Every part that is there must hold. */
export interface TransactionQuery {
  readonly developer?: string
  readonly currency?: Currency
  readonly kind?: TransactionKind
  readonly reference?: string
  /** At or after, and before, in epoch milliseconds. */
  readonly since?: number
  readonly until?: number
  /** Continues behind the transaction of this id. */
  readonly after?: string
  /** Default: all of them. */
  // oxlint-disable-next-line paylayer/number-amount -- how many transactions, no amount
  readonly limit?: number
}

/**
 * | because | the transaction |
 * |---|---|
 * | `unbalanced` | does not add up to nothing, or has no postings |
 * | `currencies` | is of more than one currency |
 * | `conflict` | has the id of one that was posted and is another |
 */
export class BookRefused extends Schema.TaggedError<BookRefused>()("BookRefused", {
  because: Schema.Literals(["unbalanced", "currencies", "conflict"]),
  message: Schema.String
}) {}

export type BookError = BookRefused | GatewayStoreError

export class Book extends Context.Service<
  Book,
  {
    /**
     * Posts, or finds that it was posted before. Inside `GatewayStore.transaction` it is posted together with what else is
     * written there, or not at all.
     */
    readonly post: (transaction: Transaction) => Effect.Effect<"posted" | "known", BookError>
    /** Debits less credits, in minor units; 0 for an account that nothing was posted to. */
    readonly balance: (account: Account) => Effect.Effect<bigint, GatewayStoreError>
    /** What is owed to a developer, per currency; nothing of a currency in which nothing is, or in which the developer owes. */
    readonly payable: (developer: string) => Effect.Effect<ReadonlyArray<Money>, GatewayStoreError>
    /** In the order in which they were posted. */
    readonly transactions: (query: TransactionQuery) => Effect.Effect<ReadonlyArray<Transaction>, GatewayStoreError>
    /** What does not add up, in words. Empty when all is well. */
    readonly audit: Effect.Effect<ReadonlyArray<string>, GatewayStoreError>
  }
>()("@paylayer/gateway/Book") {}
