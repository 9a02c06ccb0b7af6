/**
 * The tables of the ledger, as numbered migrations. One that was published is never changed.
 */
import * as Effect from "effect/Effect"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"

/** Which migrations a file has had. */
export const table = "paylayer_migrations"

/**
 * `seq` is the order of opening. `lines` counts the journal, so that the next line knows its number. `holds_key` is 1 until
 * the charge is void: an index on it is not written when only the state changes.
 */
const first = [
  `CREATE TABLE paylayer_charges (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    lines INTEGER NOT NULL,
    holds_key INTEGER NOT NULL,
    key TEXT NOT NULL,
    request TEXT NOT NULL,
    protocol TEXT NOT NULL,
    payer TEXT NOT NULL,
    merchant TEXT NOT NULL,
    resource TEXT NOT NULL,
    currency TEXT NOT NULL,
    minor INTEGER NOT NULL,
    charge TEXT NOT NULL,
    authorization TEXT,
    receipt TEXT,
    answer TEXT
  ) STRICT`,
  `CREATE UNIQUE INDEX paylayer_charges_id ON paylayer_charges (id)`,
  `CREATE UNIQUE INDEX paylayer_charges_key ON paylayer_charges (key) WHERE holds_key = 1`,
  `CREATE INDEX paylayer_charges_unsettled ON paylayer_charges (state) WHERE state <> 'settled'`,
  `CREATE INDEX paylayer_charges_opened ON paylayer_charges (opened_at)`,
  `CREATE INDEX paylayer_charges_changed ON paylayer_charges (changed_at)`,
  `CREATE INDEX paylayer_charges_forgettable ON paylayer_charges (changed_at) WHERE
    state IN ('declined', 'released')
    OR state IN ('settled', 'refunded') AND (authorization IS NOT NULL OR answer IS NOT NULL)`,
  `CREATE TABLE paylayer_journal (
    charge INTEGER NOT NULL REFERENCES paylayer_charges ON DELETE CASCADE,
    n INTEGER NOT NULL,
    state TEXT NOT NULL,
    at INTEGER NOT NULL,
    owner TEXT NOT NULL,
    cause TEXT,
    trace TEXT,
    PRIMARY KEY (charge, n)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TRIGGER paylayer_journal_is_append_only BEFORE UPDATE ON paylayer_journal
    BEGIN SELECT RAISE(ABORT, 'the journal is only ever added to'); END`,
  `CREATE TABLE paylayer_buckets (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    units INTEGER NOT NULL,
    ends_at INTEGER
  ) STRICT`,
  `CREATE INDEX paylayer_buckets_ends ON paylayer_buckets (ends_at) WHERE ends_at IS NOT NULL`,
  `CREATE TABLE paylayer_reservations (
    charge INTEGER NOT NULL REFERENCES paylayer_charges ON DELETE CASCADE,
    bucket INTEGER NOT NULL REFERENCES paylayer_buckets ON DELETE CASCADE,
    units INTEGER NOT NULL,
    PRIMARY KEY (charge, bucket)
  ) STRICT, WITHOUT ROWID`,
  `CREATE INDEX paylayer_reservations_bucket ON paylayer_reservations (bucket)`,
  `CREATE TABLE paylayer_hosts (id TEXT PRIMARY KEY, lease_until INTEGER NOT NULL) STRICT, WITHOUT ROWID`
]

/** `refund` is a line about a refund, as JSON. `refunding` counts the refunds of a charge that have not come to their end. */
const refunds = [
  `ALTER TABLE paylayer_journal ADD COLUMN refund TEXT`,
  `ALTER TABLE paylayer_charges ADD COLUMN refunding INTEGER NOT NULL DEFAULT 0`,
  `CREATE INDEX paylayer_charges_refunding ON paylayer_charges (refunding) WHERE refunding > 0`
]

/** `usage` is what the host measured of the call, as JSON. */
const usage = [`ALTER TABLE paylayer_charges ADD COLUMN usage TEXT`]

const all: ReadonlyArray<readonly [name: string, statements: ReadonlyArray<string>]> = [
  ["ledger", first],
  ["refunds", refunds],
  ["usage", usage]
]

/** The newest migration there is. */
export const latest = all.length

/** The newest migration that a file has had, 0 where it had none. */
export const version = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const tables = yield* sql`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ${table}`
  if (tables.length === 0) return 0
  const [newest] = yield* sql<{ id: number | null }>`SELECT max(migration_id) AS id FROM ${sql(table)}`
  return newest?.id ?? 0
})

/** Brings the file up to `latest`. Does nothing to a file that is newer. */
export const migrate = Migrator.make({})({
  table,
  loader: Effect.succeed(
    all.map(([name, statements], index) => [
      index + 1,
      name,
      Effect.succeed(
        Effect.flatMap(SqlClient.SqlClient, (sql) =>
          Effect.forEach(statements, (statement) => sql.unsafe(statement), { discard: true })
        )
      )
    ])
  )
}).pipe(Effect.provideService(SqlClient.BeginTransaction, "BEGIN IMMEDIATE"))
