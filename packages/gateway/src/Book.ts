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
import * as Money from "@paylayer/core/Money"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { GatewayStore } from "./GatewayStore.ts"
import type { GatewayStoreError } from "./GatewayStoreError.ts"
import { audit } from "./internal/auditing.ts"
import * as Posted from "./internal/posting.ts"

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
     * Posts, or finds that it was posted before, at whatever moment. Inside `GatewayStore.write` it is posted together with what
     * else is written there, or not at all.
     */
    readonly post: (transaction: Transaction) => Effect.Effect<"posted" | "known", BookError>
    /** Posts several, all or none of them. Gives the ids of those that were posted before. */
    readonly postAll: (transactions: ReadonlyArray<Transaction>) => Effect.Effect<ReadonlySet<string>, BookError>
    /** The transactions of these ids, as far as they are in the book. */
    readonly find: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Transaction>, GatewayStoreError>
    /** Debits less credits, in minor units; 0 for an account that nothing was posted to. */
    readonly balance: (account: Account) => Effect.Effect<bigint, GatewayStoreError>
    /** What is owed to a developer, per currency; nothing of a currency in which nothing is, or in which the developer owes. */
    readonly payable: (developer: string) => Effect.Effect<ReadonlyArray<Money.Money>, GatewayStoreError>
    /** In the order in which they were posted. */
    readonly transactions: (query: TransactionQuery) => Effect.Effect<ReadonlyArray<Transaction>, GatewayStoreError>
    /** What does not add up, in words. Empty when all is well. */
    readonly audit: Effect.Effect<ReadonlyArray<string>, GatewayStoreError>
  }
>()("@paylayer/gateway/Book") {}

interface BalanceRow {
  readonly currency: Currency
  readonly balance: bigint
}

export const make: Effect.Effect<Book["Service"], never, GatewayStore> = Effect.map(GatewayStore, (store) => {
  const { read, sql, table, write } = store
  const posted = Posted.make(store)

  const postAll = Effect.fnUntraced(function* (transactions: ReadonlyArray<Transaction>) {
    for (const transaction of transactions) {
      const unfit = Posted.unfit(transaction)
      if (unfit !== undefined) return yield* new BookRefused({ because: unfit[0], message: unfit[1] })
    }
    if (transactions.length === 0) return new Set<string>()
    const posting = Effect.flatMap(posted.post(transactions), ({ conflict, known }) =>
      conflict === undefined
        ? Effect.succeed(known)
        : Effect.fail(new BookRefused({ because: "conflict", message: `another transaction is called ${conflict}` }))
    )
    return yield* write(posting)
  })

  return Book.of({
    postAll,
    post: (transaction) =>
      Effect.map(postAll([transaction]), (known) => (known.has(transaction.id) ? "known" : "posted")),
    find: (ids) => read(posted.find(ids)),
    balance: ({ currency, kind, owner }) =>
      Effect.map(
        read(sql<BalanceRow>`SELECT currency, balance FROM ${table("accounts")}
          WHERE owner = ${owner} AND kind = ${kind} AND currency = ${currency}`),
        ([row]) => row?.balance ?? 0n
      ),
    payable: (developer) =>
      Effect.map(
        read(sql<BalanceRow>`SELECT currency, balance FROM ${table("accounts")}
          WHERE owner = ${developer} AND kind = 'merchant' AND balance < 0 ORDER BY currency`),
        (rows) => rows.map(({ balance, currency }) => Money.of(currency, -balance))
      ),
    transactions: ({ after, currency, developer, kind, limit, reference, since, until }) =>
      read(
        Effect.flatMap(
          sql<Posted.TransactionRow>`SELECT t.seq, t.id, t.at, t.kind, t.developer, t.reference
            FROM ${table("transactions")} AS t WHERE ${sql.and([
              sql`t.seq > coalesce((SELECT seq FROM ${table("transactions")} WHERE id = ${after ?? ""}), 0)`,
              ...(developer === undefined ? [] : [sql`t.developer = ${developer}`]),
              ...(currency === undefined ? [] : [sql`t.currency = ${currency}`]),
              ...(kind === undefined ? [] : [sql`t.kind = ${kind}`]),
              ...(reference === undefined ? [] : [sql`t.reference = ${reference}`]),
              ...(since === undefined ? [] : [sql`t.at >= ${BigInt(since)}`]),
              ...(until === undefined ? [] : [sql`t.at < ${BigInt(until)}`])
            ])} ORDER BY t.seq ${limit === undefined ? sql.literal("") : sql`LIMIT ${BigInt(limit)}`}`,
          posted.assemble
        )
      ),
    audit: read(audit(store))
  })
})

export const layer: Layer.Layer<Book, never, GatewayStore> = Layer.effect(Book, make)
