/**
 * Accounts by their names, and what their rows are called.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Account } from "../Book.ts"
import type { GatewayStore } from "../GatewayStore.ts"

/** So many are remembered. They are never dropped, so what is remembered stays true. */
const rememberedAtMost = 50_000

export const key = ({ currency, kind, owner }: Account): string => `${currency} ${kind} ${owner}`

export const make = ({ sql, table }: GatewayStore["Service"]) => {
  const known = new Map<string, bigint>()

  const remember = (found: ReadonlyMap<string, bigint>) =>
    Effect.sync(() => {
      for (const [name, id] of found) known.set(name, id)
      for (const name of known.keys()) {
        if (known.size <= rememberedAtMost) break
        known.delete(name)
      }
    })

  /** The ids of accounts by `key`. Inside a transaction; those that are new are opened. */
  const open = Effect.fnUntraced(function* (accounts: ReadonlyArray<Account>) {
    const wanted = new Map(accounts.map((account) => [key(account), account]))
    const ids = new Map<string, bigint>()
    const missing: Array<Account> = []
    for (const [name, account] of wanted) {
      const id = known.get(name)
      if (id === undefined) missing.push(account)
      else ids.set(name, id)
    }
    if (!Arr.isArrayNonEmpty(missing)) return ids
    yield* sql`INSERT INTO ${table("accounts")} ${sql.insert(
      Arr.map(missing, ({ currency, kind, owner }) => ({ kind, owner, currency, balance: 0n }))
    )} ON CONFLICT (owner, kind, currency) DO NOTHING`
    const names = missing.map(({ currency, kind, owner }) => sql`(${owner}, ${kind}, ${currency})`)
    const rows = yield* sql<Account & { readonly id: bigint }>`
      SELECT id, kind, owner, currency FROM ${table("accounts")}
      WHERE (owner, kind, currency) IN (VALUES ${sql.csv(names)})`
    const found = new Map(rows.map((row) => [key(row), row.id]))
    for (const [name, id] of found) ids.set(name, id)
    yield* sql.afterCommit(remember(found))
    return ids
  })

  return { open }
}
