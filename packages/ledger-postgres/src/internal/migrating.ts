/**
 * The schema and its versions. Hosts that start at once wait for one another; a schema that is newer than this code is
 * refused, and nothing is written to it.
 */
import { LedgerError } from "@paylayer/core/Ledger"
import * as Effect from "effect/Effect"
import * as SqlClient from "effect/sql/SqlClient"
import { captures } from "./capturing.ts"
import { failed } from "./failing.ts"
import { functions } from "./functions.ts"
import { refunds } from "./refunding.ts"
import { tables } from "./tables.ts"

/** The statements that lead to each version, from the one before it. The first version is 1. */
const migrations: ReadonlyArray<(schema: string) => ReadonlyArray<string>> = [
  (schema) => [...tables(schema), ...functions(schema)],
  refunds,
  captures
]

/** An identifier, quoted. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const versionOf = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, schema: string) {
  const table = `${quoted(schema)}.paylayer_migrations`
  const [found] = yield* sql.unsafe<{ readonly found: boolean }>("select to_regclass($1) is not null as found", [table])
  if (found?.found !== true) return 0
  const [row] = yield* sql.unsafe<{ readonly version: number }>(
    `select coalesce(max(version), 0)::int4 as version from ${table}`
  )
  return row?.version ?? 0
})

const migrated = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, schema: string) {
  yield* sql.unsafe("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`paylayer ${schema}`])
  const version = yield* versionOf(sql, schema)
  if (version > migrations.length) {
    return yield* new LedgerError({
      message: `the schema ${schema} has version ${version}, and this code knows ${migrations.length}: update the package; nothing was changed`
    })
  }
  if (version === migrations.length) return
  const [found] = yield* sql.unsafe<{ readonly found: boolean }>("select to_regnamespace($1) is not null as found", [
    quoted(schema)
  ])
  if (found?.found !== true) yield* sql.unsafe(`create schema ${quoted(schema)}`)
  if (version === 0) {
    yield* sql.unsafe(`create table ${quoted(schema)}.paylayer_migrations (
      version integer primary key,
      at timestamptz not null default now()
    )`)
  }
  for (const [index, statements] of migrations.entries()) {
    if (index < version) continue
    for (const statement of statements(quoted(schema))) yield* sql.unsafe(statement).unprepared
    yield* sql.unsafe(`insert into ${quoted(schema)}.paylayer_migrations (version) values ($1)`, [index + 1])
  }
})

/** Brings a schema to the version that this code knows. */
export const migrate = Effect.fn("PostgresLedger.migrate")(function* (schema: string) {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.catchTag(sql.withTransaction(migrated(sql, schema)), "SqlError", (error) =>
    Effect.fail(failed(`prepare the schema ${schema}`)(error))
  )
})
