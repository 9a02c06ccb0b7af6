/**
 * The gateway's tables, beside the ledger's: in the same SQLite file, or in the same schema of PostgreSQL.
 *
 * Their names begin with `gateway_`. Whoever writes to them does so alone, one transaction after another, so that what a
 * transaction has read is still so when it writes. They count days and months in one time zone, from the first opening on.
 *
 * @example
 * GatewayStore.layer().pipe(Layer.provide(SqliteClient.layer({ filename: "gateway.db", busyTimeout: "5 millis" })))
 */
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqlClient from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import type { Fragment } from "effect/sql/Statement"
import { GatewayStoreError } from "./GatewayStoreError.ts"
import { type Calendar, calendar } from "./internal/calendar.ts"
import { migrate, type Migrations } from "./internal/migrating.ts"
import { broken, patiently } from "./internal/patience.ts"
import { tables } from "./internal/tables.ts"

export interface Options {
  /** The schema of PostgreSQL; it is created where there is none. SQLite has none. Default: `paylayer`, the ledger's. */
  readonly schema?: string
  /** Whose days and months are counted. The first opening decides; another one later is refused. Default: UTC. */
  readonly zone?: DateTime.TimeZone
}

/** Runs what speaks to the database. */
export type Doing = <A, E, R>(
  effect: Effect.Effect<A, E, R>
) => Effect.Effect<A, Exclude<E, SqlError> | GatewayStoreError, R>

export class GatewayStore extends Context.Service<
  GatewayStore,
  {
    readonly sql: SqlClient.SqlClient
    /** A table by its name without `gateway_`, as a part of a statement. */
    readonly table: (name: string) => Fragment
    readonly zone: DateTime.TimeZone
    readonly calendar: Calendar
    /** Reads. Whole numbers come as `bigint`. */
    readonly read: Doing
    /**
     * Writes in a transaction, while nobody else does: all of it or nothing. Inside another `write` it is a part of that one. It
     * may run more than once where the database was busy, and is written once.
     */
    readonly write: Doing
    /** Like `write`, but only what it locks itself keeps others waiting. On SQLite that is everything. */
    readonly writeBeside: Doing
    /** Brings the tables of a part of the gateway up to date: migrations in order, of which published ones are never changed. */
    readonly migrate: (part: string, migrations: Migrations) => Effect.Effect<void, GatewayStoreError>
  }
>()("@paylayer/gateway/GatewayStore") {}

const failing = <E>(error: E): Exclude<E, SqlError> | GatewayStoreError =>
  isSqlError(error) ? broken(error) : (error as Exclude<E, SqlError>)

/** The one time zone of the tables, whoever opens them. */
const agree = Effect.fnUntraced(function* (
  { sql, table, write }: Pick<Service, "sql" | "table" | "write">,
  zone: string
) {
  const [kept] = yield* write(
    Effect.andThen(
      sql`INSERT INTO ${table("settings")} (name, value) VALUES ('zone', ${zone}) ON CONFLICT (name) DO NOTHING`,
      sql<{ readonly value: string }>`SELECT value FROM ${table("settings")} WHERE name = 'zone'`
    )
  )
  if (kept?.value === zone) return
  return yield* new GatewayStoreError({
    message: `the gateway's tables count days in ${kept?.value}, not in ${zone}; what was counted cannot be moved`
  })
})

type Service = GatewayStore["Service"]

/** The tables that the `SqlClient` reaches, brought up to date. */
export const make = Effect.fnUntraced(function* ({
  schema = "paylayer",
  zone = DateTime.zoneMakeNamedUnsafe("UTC")
}: Options = {}): Effect.fn.Return<Service, GatewayStoreError, SqlClient.SqlClient> {
  const sql = yield* SqlClient.SqlClient
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(schema)) {
    return yield* new GatewayStoreError({ message: `${JSON.stringify(schema)} is not a name for a schema` })
  }
  const isPostgres = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
  const table = (name: string) => sql`${sql(isPostgres ? `${schema}.gateway_${name}` : `gateway_${name}`)}`

  const read: Doing = (effect) =>
    Effect.flatMap(Effect.serviceOption(sql.transactionService), (outer) =>
      Option.isSome(outer) ? effect : patiently(effect)
    ).pipe(Effect.provideService(SqlClient.SafeIntegers, true), Effect.mapError(failing))

  // Where it reads before it writes, SQLite would not wait for others, but fail.
  const begin = isPostgres ? undefined : "BEGIN IMMEDIATE"
  const writeBeside: Doing = (effect) =>
    read(Effect.provideService(sql.withTransaction(effect), SqlClient.BeginTransaction, begin))

  const alone: Effect.Effect<unknown, SqlError> = isPostgres
    ? sql`SELECT pg_advisory_xact_lock(hashtextextended(${`paylayer gateway ${schema}`}, 0))`
    : Effect.void
  const write: Doing = (effect) => writeBeside(Effect.andThen(alone, effect))

  const store = { sql, table, zone, read, write, writeBeside, calendar: calendar(zone) }
  const migrateAll: Service["migrate"] = (part, migrations) => migrate(store, schema, part, migrations)
  yield* migrateAll("gateway", tables)
  yield* agree(store, DateTime.zoneToString(zone))
  return GatewayStore.of({ ...store, migrate: migrateAll })
})

/** The tables that the `SqlClient` reaches. */
export const layer = (options?: Options): Layer.Layer<GatewayStore, GatewayStoreError, SqlClient.SqlClient> =>
  Layer.effect(GatewayStore, make(options))
