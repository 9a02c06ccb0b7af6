/**
 * Effect's `SqlClient` over `node:sqlite`: one file, one connection, statements prepared once.
 *
 * A commit is durable: the file is in WAL mode with `synchronous = FULL`. What reads does not wait for what writes, also
 * across processes of one machine. `node:sqlite` is synchronous, so a statement holds up the event loop while it runs.
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Reactivity from "effect/reactivity/Reactivity"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import * as SqlError from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"

export interface Options {
  /** The path of the file. It is created where there is none, but its directory is not. */
  readonly filename: string
  /** Never writes, never creates. Default: `false`. */
  readonly readonly?: boolean
  /** How long a statement waits, and holds up the event loop, where another process is writing. Default: 5 seconds. */
  readonly busyTimeout?: Duration.Input
  /** How much of the file is kept in memory. Default: 64 MiB. */
  readonly cacheKibibytes?: number
}

export interface SqliteClient extends SqlClient.SqlClient {
  readonly options: Options
  /**
   * Runs on the connection while no statement and no transaction of this client does, in one turn of the event loop. Not
   * inside `withTransaction`, which it would wait for forever.
   */
  readonly exclusively: <A>(run: (database: DatabaseSync) => A) => Effect.Effect<A, SqlError.SqlError>
}

export const SqliteClient = Context.Service<SqliteClient>("@paylayer/ledger-sqlite/SqliteClient")

/** Statements beyond this many are prepared again. */
const preparedAtMost = 200

/** How many rows a stream reads at a time. */
const chunk = 128

/** Errors of `node:sqlite` carry SQLite's extended code as `errcode`; Effect looks for it under `errno`. */
const failing = (operation: string) => (error: unknown) => {
  if (error instanceof Error && "errcode" in error) Object.assign(error, { errno: error.errcode })
  const message = error instanceof Error ? error.message : "it failed with what is not an error"
  return new SqlError.SqlError({ reason: SqlError.classifySqliteError(error, { message, operation }) })
}

const attempt = <A>(operation: string, run: () => A): Effect.Effect<A, SqlError.SqlError> =>
  Effect.try({ try: run, catch: failing(operation) })

/** A parameter as SQLite takes it: a boolean is 0 or 1, a date its ISO text. */
const bindable = (value: unknown): SQLInputValue => {
  if (typeof value === "boolean") return value ? 1 : 0
  if (value === undefined) return null
  return (Predicate.isDate(value) ? value.toISOString() : value) as SQLInputValue
}

const connect = (database: DatabaseSync): Connection => {
  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string) => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    prepared.set(sql, statement)
    const [oldest] = prepared.size > preparedAtMost ? prepared.keys() : []
    if (oldest !== undefined) prepared.delete(oldest)
    return statement
  }

  const run = <A>(
    statement: () => StatementSync,
    params: ReadonlyArray<unknown>,
    use: (statement: StatementSync, params: ReadonlyArray<SQLInputValue>) => A
  ): Effect.Effect<A, SqlError.SqlError> =>
    Effect.flatMap(SqlClient.SafeIntegers, (bigints) =>
      attempt("execute", () => {
        const ready = statement()
        ready.setReadBigInts(bigints)
        return use(ready, params.map(bindable))
      })
    )
  const rows = (statement: StatementSync, params: ReadonlyArray<SQLInputValue>) => {
    statement.setReturnArrays(false)
    return statement.all(...params)
  }
  const values = (statement: StatementSync, params: ReadonlyArray<SQLInputValue>) => {
    statement.setReturnArrays(true)
    return statement.all(...params) as unknown as ReadonlyArray<ReadonlyArray<unknown>>
  }

  return {
    execute: (sql, params, transform) =>
      Effect.map(
        run(() => prepare(sql), params, rows),
        (found) => transform?.(found) ?? found
      ),
    executeRaw: (sql, params) =>
      run(
        () => prepare(sql),
        params,
        (statement, bound) => (statement.columns().length === 0 ? statement.run(...bound) : rows(statement, bound))
      ),
    executeValues: (sql, params) => run(() => prepare(sql), params, values),
    executeUnprepared: (sql, params, transform) =>
      Effect.map(
        run(() => database.prepare(sql), params, rows),
        (found) => transform?.(found) ?? found
      ),
    executeValuesUnprepared: (sql, params) => run(() => database.prepare(sql), params, values),
    executeStream: (sql, params, transform) =>
      Stream.unwrap(
        Effect.map(
          run(
            () => database.prepare(sql),
            params,
            (statement, bound) => statement.iterate(...bound)
          ),
          (iterator) =>
            Stream.paginate(undefined, () =>
              attempt("stream", () => {
                const found = Array.from({ length: chunk }, () => iterator.next()).flatMap((next) =>
                  next.done === true ? [] : [next.value]
                )
                return [transform?.(found) ?? found, found.length < chunk ? Option.none() : Option.some(undefined)]
              })
            ).pipe(Stream.ensuring(Effect.sync(() => iterator.return?.())))
        )
      )
  }
}

const open = ({ filename, readonly, busyTimeout, cacheKibibytes }: Options) => {
  const database = new DatabaseSync(filename, {
    readOnly: readonly === true,
    timeout: Duration.toMillis(Duration.fromInputUnsafe(busyTimeout ?? "5 seconds"))
  })
  return [database, `PRAGMA cache_size = -${cacheKibibytes ?? 65_536}`] as const
}

/** Durable on commit, or not opened at all. The file is brought up to date for every 16 MB written, not for every 4. */
const configure = (database: DatabaseSync) => {
  const mode = database.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"]
  if (mode !== "wal") throw new Error(`the journal mode is ${String(mode)} where it must be WAL`)
  database.exec("PRAGMA synchronous = FULL")
  database.exec("PRAGMA wal_autocheckpoint = 16000")
}

/** Opens a file. The connection is closed with the scope. */
export const make = Effect.fnUntraced(function* (
  options: Options
): Effect.fn.Return<SqliteClient, SqlError.SqlError, Scope.Scope | Reactivity.Reactivity> {
  const [database, cache] = yield* Effect.acquireRelease(
    attempt("open", () => open(options)),
    ([database]) => Effect.sync(() => database.close())
  )
  yield* attempt("open", () => {
    if (options.readonly !== true) configure(database)
    database.exec(cache)
  })
  const acquirers = SqlClient.makeSqliteAcquirers({
    connection: Effect.succeed(connect(database)),
    semaphore: yield* Semaphore.make(1),
    isTransaction: () => database.isTransaction
  })
  const client = yield* SqlClient.make({
    ...acquirers,
    compiler: Statement.makeCompilerSqlite(),
    driver: "paylayer-sqlite",
    prepareTransactionControls: true,
    releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
    spanAttributes: [["db.system.name", "sqlite"]]
  })
  return Object.assign(client, {
    options,
    exclusively: <A>(run: (database: DatabaseSync) => A) =>
      acquirers.borrower(() => attempt("exclusively", () => run(database)))
  })
})

/** The client of a file, as itself and as Effect's `SqlClient`. */
export const layer = (options: Options): Layer.Layer<SqliteClient | SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.effectContext(
    Effect.map(make(options), (client) =>
      Context.make(SqliteClient, client).pipe(Context.add(SqlClient.SqlClient, client))
    )
  ).pipe(Layer.provide(Reactivity.layer))
