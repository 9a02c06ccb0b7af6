/**
 * Posting to the book: many transactions at a time, each of them once.
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Account, Posting, Transaction, TransactionKind } from "../Book.ts"
import type { GatewayStore } from "../GatewayStore.ts"
import * as Accounts from "./accounts.ts"

/** Why a transaction cannot be in the book, or nothing. */
export const unfit = ({ id, postings }: Transaction): readonly ["unbalanced" | "currencies", string] | undefined => {
  const [first] = postings
  if (first === undefined) return ["unbalanced", `${id} has no postings`]
  const { currency } = first.account
  const other = postings.find(({ account }) => account.currency !== currency)
  if (other !== undefined) return ["currencies", `${id} has postings in ${currency} and ${other.account.currency}`]
  const sum = postings.reduce((total, { minor }) => total + minor, 0n)
  return sum === 0n ? undefined : ["unbalanced", `${id} adds up to ${sum} minor units of ${currency}, not to 0`]
}

const isMerchant = ({ account }: Posting) => account.kind === "merchant"

/** Whom a transaction concerns: whoever is named, or the one developer whose account it moves. */
const developerOf = ({ developer, postings }: Transaction): string | undefined => {
  const owners = new Set(postings.filter(isMerchant).map(({ account }) => account.owner))
  return developer ?? (owners.size === 1 ? [...owners][0] : undefined)
}

const sameText = (transaction: Transaction) =>
  JSON.stringify([
    transaction.kind,
    developerOf(transaction) ?? null,
    transaction.reference ?? null,
    transaction.postings.map(({ account, minor }) => [Accounts.key(account), String(minor)])
  ])

/** Whether two transactions of one id are one: whatever the moment, they say the same. */
export const same = (one: Transaction, other: Transaction): boolean => sameText(one) === sameText(other)

/** So many rows are written by one statement. */
const rowsAtOnce = 200

const parts = Arr.chunksOf(rowsAtOnce)

interface TransactionRow {
  readonly seq: bigint
  readonly id: string
  readonly at: bigint
  readonly kind: TransactionKind
  readonly developer: string | null
  readonly reference: string | null
}

interface PostingRow {
  readonly txn: bigint
  readonly kind: Account["kind"]
  readonly owner: string
  readonly currency: Currency
  readonly minor: bigint
}

/** What months came to, as far as a batch adds to it. */
interface Month {
  readonly account: bigint
  readonly month: string
  readonly kind: string
  lines: bigint
  minor: bigint
  fees: bigint
}

export const make = (store: GatewayStore["Service"]) => {
  const { calendar, sql, table } = store
  const accounts = Accounts.make(store)

  /** The transactions of rows, with their postings. */
  const assemble = Effect.fnUntraced(function* (rows: ReadonlyArray<TransactionRow>) {
    const postings = new Map<bigint, Array<Posting>>(rows.map(({ seq }) => [seq, []]))
    for (const some of parts(rows)) {
      const found = yield* sql<PostingRow>`
        SELECT p.txn, a.kind, a.owner, a.currency, p.minor FROM ${table("postings")} AS p
        JOIN ${table("accounts")} AS a ON a.id = p.account
        WHERE ${sql.in(
          "p.txn",
          some.map(({ seq }) => seq)
        )} ORDER BY p.txn, p.n`
      for (const { currency, kind, minor, owner, txn } of found) {
        postings.get(txn)?.push({ account: { kind, owner, currency }, minor })
      }
    }
    return rows.map(({ at, developer, id, kind, reference, seq }): Transaction => ({
      id,
      atMillis: Number(at),
      kind,
      ...(developer === null ? {} : { developer }),
      ...(reference === null ? {} : { reference }),
      postings: postings.get(seq) ?? []
    }))
  })

  /** The transactions that are in the book, of these ids. */
  const find = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
    const found: Array<TransactionRow> = []
    for (const some of parts(ids)) {
      const rows = yield* sql<TransactionRow>`
        SELECT seq, id, at, kind, developer, reference FROM ${table("transactions")} WHERE ${sql.in("id", some)}`
      found.push(...rows)
    }
    return yield* assemble(found)
  })

  /** Writes the rows of transactions that are not in the book. Gives `seq` by id, of those that were not. */
  const begin = Effect.fnUntraced(function* (transactions: ReadonlyArray<Transaction>) {
    const begun = new Map<string, bigint>()
    for (const some of parts(transactions)) {
      const rows = yield* sql<{ readonly id: string; readonly seq: bigint }>`
        INSERT INTO ${table("transactions")} ${sql.insert(
          Arr.map(some, (transaction) => ({
            id: transaction.id,
            at: BigInt(transaction.atMillis),
            kind: transaction.kind,
            developer: developerOf(transaction) ?? null,
            reference: transaction.reference ?? null,
            currency: transaction.postings[0]!.account.currency
          }))
        )} ON CONFLICT (id) DO NOTHING RETURNING id, seq`
      for (const { id, seq } of rows) begun.set(id, seq)
    }
    return begun
  })

  /** Writes postings, and what they come to. */
  const enter = Effect.fnUntraced(function* (begun: ReadonlyArray<readonly [seq: bigint, Transaction]>) {
    const ids = yield* accounts.open(begun.flatMap(([, { postings }]) => postings.map(({ account }) => account)))
    const balances = new Map<bigint, bigint>()
    const months = new Map<string, Month>()
    const rows = begun.flatMap(([seq, { atMillis, kind, postings }]) => {
      const at = BigInt(atMillis)
      // The fees beside a developer's posting; beside several, they are told with the first.
      let fees = postings.reduce((sum, { account, minor }) => (account.kind === "fees" ? sum + minor : sum), 0n)
      return postings.map((posting, n) => {
        const account = ids.get(Accounts.key(posting.account))!
        const { minor } = posting
        balances.set(account, (balances.get(account) ?? 0n) + minor)
        const row = { txn: seq, n: BigInt(n), account, minor }
        if (!isMerchant(posting)) return { ...row, stated: null, fees: null }
        const month = calendar.month(atMillis)
        const name = `${account} ${month} ${kind}`
        const sum = months.get(name) ?? { account, month, kind, lines: 0n, minor: 0n, fees: 0n }
        sum.lines += 1n
        sum.minor += minor
        sum.fees += fees
        months.set(name, sum)
        const stated = { ...row, stated: at, fees }
        fees = 0n
        return stated
      })
    })
    for (const some of parts(rows)) yield* sql`INSERT INTO ${table("postings")} ${sql.insert(some)}`
    for (const [account, minor] of balances) {
      if (minor === 0n) continue
      yield* sql`UPDATE ${table("accounts")} SET balance = balance + ${minor} WHERE id = ${account}`
    }
    for (const month of months.values()) {
      yield* sql`INSERT INTO ${table("months")} AS m ${sql.insert({ ...month })}
        ON CONFLICT (account, month, kind) DO UPDATE SET
          lines = m.lines + excluded.lines, minor = m.minor + excluded.minor, fees = m.fees + excluded.fees`
    }
  })

  /**
   * Posts transactions that are fit, inside `GatewayStore.write`. Gives the ids of those that were in the book before, or the
   * first that has the id of another.
   */
  const post = Effect.fnUntraced(function* (transactions: ReadonlyArray<Transaction>) {
    const wanted = new Map<string, Transaction>()
    for (const transaction of transactions) {
      const twin = wanted.get(transaction.id)
      if (twin !== undefined && !same(twin, transaction)) return { conflict: transaction.id }
      wanted.set(transaction.id, transaction)
    }
    const begun = yield* begin([...wanted.values()])
    const known = new Set([...wanted.keys()].filter((id) => !begun.has(id)))
    if (known.size > 0) {
      for (const before of yield* find([...known])) {
        if (!same(before, wanted.get(before.id)!)) return { conflict: before.id }
      }
    }
    yield* enter([...begun].map(([id, seq]) => [seq, wanted.get(id)!]))
    return { known }
  })

  return { assemble, find, post }
}

export type { TransactionRow }
