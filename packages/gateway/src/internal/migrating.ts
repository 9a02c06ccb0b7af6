/**
 * The versions of the gateway's tables. Gateways that start at once wait for one another; tables that are newer than this code
 * are refused, and nothing is written to them.
 */
import * as Effect from "effect/Effect"
import type { GatewayStore } from "../GatewayStore.ts"
import { GatewayStoreError } from "../GatewayStoreError.ts"

/** What differs between databases in the definition of a table. */
export interface Dialect {
  /** A table by its name without `gateway_`. */
  readonly table: (name: string) => string
  /** An index by its name without `gateway_`. */
  readonly index: (name: string) => string
  /** A whole number of 64 bits. */
  readonly integer: string
  /** A primary key that counts up in the order of insertion. */
  readonly serial: string
  /** What follows the columns of a table that has its rows in the order of its primary key. */
  readonly byKey: string
  /** What follows the columns of any other. */
  readonly plain: string
}

/** The statements that lead to each version from the one before it. The first version is 1. */
export type Migrations = ReadonlyArray<(dialect: Dialect) => ReadonlyArray<string>>

const sqlite: Dialect = {
  table: (name) => `gateway_${name}`,
  index: (name) => `gateway_${name}`,
  integer: "INTEGER",
  serial: "INTEGER PRIMARY KEY AUTOINCREMENT",
  byKey: "STRICT, WITHOUT ROWID",
  plain: "STRICT"
}

const postgres = (schema: string): Dialect => ({
  table: (name) => `"${schema}"."gateway_${name}"`,
  index: (name) => `"gateway_${name}"`,
  integer: "bigint",
  serial: "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
  byKey: "",
  plain: ""
})

export const migrate = Effect.fnUntraced(function* (
  { read, sql, table, write }: Pick<GatewayStore["Service"], "sql" | "table" | "read" | "write">,
  schema: string,
  part: string,
  migrations: Migrations
) {
  const dialect = sql.onDialectOrElse({ pg: () => postgres(schema), orElse: () => sqlite })

  const exists = sql.onDialectOrElse({
    // Not to_regclass: it answers from what this session remembers, also where another has made the table meanwhile.
    pg: () => sql`SELECT 1 AS found FROM pg_catalog.pg_tables
      WHERE schemaname = ${schema} AND tablename = 'gateway_versions'`,
    orElse: () => sql`SELECT 1 AS found FROM sqlite_schema WHERE type = 'table' AND name = 'gateway_versions'`
  })
  const version = Effect.gen(function* () {
    if ((yield* exists).length === 0) return undefined
    const [row] = yield* sql<{ readonly version: bigint | null }>`
      SELECT cast(max(version) AS bigint) AS version FROM ${table("versions")} WHERE part = ${part}`
    return Number(row?.version ?? 0n)
  })
  const refuseNewer = (found: number) =>
    found > migrations.length
      ? Effect.fail(
          new GatewayStoreError({
            message: `the gateway's tables (${part}) have version ${found}, and this code knows ${migrations.length}: update the package; nothing was changed`
          })
        )
      : Effect.void

  const found = yield* read(version)
  if (found !== undefined) {
    yield* refuseNewer(found)
    if (found === migrations.length) return
  }
  yield* write(
    Effect.gen(function* () {
      let at = yield* version
      if (at === undefined) {
        yield* sql.onDialectOrElse({
          // Under the lock of the ledger too, which may be about to create it.
          pg: () =>
            Effect.andThen(
              sql`SELECT pg_advisory_xact_lock(hashtextextended(${`paylayer ${schema}`}, 0))`,
              sql`CREATE SCHEMA IF NOT EXISTS ${sql(schema)}`
            ),
          orElse: () => Effect.void
        })
        yield* sql.unsafe(`CREATE TABLE ${dialect.table("versions")} (
          part TEXT NOT NULL, version ${dialect.integer} NOT NULL, PRIMARY KEY (part, version)) ${dialect.byKey}`)
        at = 0
      }
      yield* refuseNewer(at)
      for (const [index, statements] of migrations.entries()) {
        if (index < at) continue
        for (const statement of statements(dialect)) yield* sql.unsafe(statement).unprepared
        yield* sql`INSERT INTO ${table("versions")} (part, version) VALUES (${part}, ${index + 1})`
      }
    })
  )
})
