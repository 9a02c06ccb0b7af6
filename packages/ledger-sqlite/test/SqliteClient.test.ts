import { assert, it } from "@effect/vitest"
import * as SqliteClient from "@paylayer/ledger-sqlite/SqliteClient"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import * as Stream from "effect/Stream"
import { quickFile } from "./files.ts"

const open = (options: SqliteClient.Options) => Effect.provide(SqliteClient.make(options), Reactivity.layer)

/** A client of a new file with a table of numbers and texts. */
const table = Effect.gen(function* () {
  const filename = yield* quickFile
  const sql = yield* open({ filename })
  yield* sql`CREATE TABLE t (n INTEGER UNIQUE, x TEXT)`
  return { sql, filename }
})

it.effect("commits durably, or does not open: WAL, synchronous = FULL", () =>
  Effect.gen(function* () {
    const { sql } = yield* table
    assert.deepEqual(yield* sql`PRAGMA journal_mode`.values, [["wal"]])
    assert.deepEqual(yield* sql`PRAGMA synchronous`.values, [[2]])
    assert.deepEqual(yield* sql`PRAGMA foreign_keys`.values, [[1]])
  })
)

it.effect("a transaction is written whole or not at all, and one in another can be undone alone", () =>
  Effect.gen(function* () {
    const { sql } = yield* table
    const inner = sql`INSERT INTO t (n) VALUES (2)`.pipe(Effect.andThen(Effect.fail("no")), sql.withTransaction)
    yield* sql.withTransaction(Effect.andThen(sql`INSERT INTO t (n) VALUES (1)`, Effect.flip(inner)))
    yield* Effect.flip(sql.withTransaction(Effect.andThen(sql`INSERT INTO t (n) VALUES (3)`, Effect.fail("no"))))
    assert.deepEqual(yield* sql`SELECT n FROM t`.values, [[1]])
  })
)

it.effect("integers of 64 bits come as bigint where asked, and are never rounded", () =>
  Effect.gen(function* () {
    const { sql } = yield* table
    yield* sql`INSERT INTO t (n) VALUES (${2n ** 62n + 1n})`
    const select = sql<{ n: bigint }>`SELECT n FROM t`
    assert.strictEqual((yield* Effect.result(select))._tag, "Failure")
    assert.strictEqual((yield* Effect.provideService(select, SqlClient.SafeIntegers, true))[0]?.n, 2n ** 62n + 1n)
  })
)

it.effect("booleans, dates and nothing are bound as SQLite has them", () =>
  Effect.gen(function* () {
    const { sql } = yield* table
    const values = yield* sql`SELECT ${true}, ${false}, ${null}, ${new Date(0)}`.values
    assert.deepEqual(values, [[1, 0, null, "1970-01-01T00:00:00.000Z"]])
  })
)

it.effect("an error says what is wrong, by class, without the values", () =>
  Effect.gen(function* () {
    const { sql } = yield* table
    yield* sql`INSERT INTO t ${sql.insert({ n: 77_077, x: "secret" })}`
    const unique = yield* Effect.flip(sql`INSERT INTO t ${sql.insert({ n: 77_077, x: "secret" })}`)
    assert.isTrue(unique.reason._tag === "UniqueViolation" && unique.reason.constraint === "t.n")
    const unbound = yield* Effect.flip(sql`INSERT INTO t (n) VALUES (${2n ** 70n})`)
    const syntax = yield* Effect.flip(sql`SELEC 1`)
    for (const error of [unique, unbound, syntax]) {
      assert.notMatch(`${error.message} ${String(error.reason.cause)}`, /77077|secret|1180591620717411303424/)
      assert.isNotEmpty(error.message)
    }
  })
)

it.effect("a read-only client reads what others write, writes nothing and makes no file", () =>
  Effect.gen(function* () {
    const { filename, sql } = yield* table
    const reader = yield* open({ filename, readonly: true })
    yield* sql`INSERT INTO t (n) VALUES (1)`
    assert.deepEqual(yield* reader`SELECT n FROM t`.values, [[1]])
    assert.match((yield* Effect.flip(reader`DELETE FROM t`)).message, /readonly/)
    const missing = yield* Effect.flip(open({ filename: `${filename}.missing`, readonly: true }))
    assert.strictEqual(missing.reason._tag, "ConnectionError")
  })
)

it.effect("a statement that finds the file taken fails as locked", () =>
  Effect.gen(function* () {
    const { filename, sql } = yield* table
    const other = yield* open({ filename, busyTimeout: 0 })
    const write = other`INSERT INTO t (n) VALUES (2)`
    const locked = yield* sql.withTransaction(Effect.andThen(sql`INSERT INTO t (n) VALUES (1)`, Effect.flip(write)))
    assert.strictEqual(locked.reason._tag, "LockTimeoutError")
    yield* write
  })
)

it.effect("streams rows without holding them all, however many are taken", () =>
  Effect.gen(function* () {
    const { sql } = yield* table
    const numbers = sql<{ n: number }>`WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1000)
      SELECT n FROM s`.stream
    assert.strictEqual(
      (yield* Stream.runCollect(numbers)).reduce((sum, { n }) => sum + n, 0),
      500_500
    )
    assert.deepEqual(yield* Stream.runCollect(Stream.take(numbers, 2)), [{ n: 1 }, { n: 2 }])
    yield* sql`INSERT INTO t (n) VALUES (1)`
  })
)

it.effect("runs exclusively, after the transaction that is under way", () =>
  Effect.gen(function* () {
    const { sql } = yield* table
    const count = sql.exclusively((database) => database.prepare("SELECT count(*) AS n FROM t").get()?.["n"])
    const waiting = yield* sql.withTransaction(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkDetach(count, { startImmediately: true })
        yield* sql`INSERT INTO t (n) VALUES (1)`
        assert.isUndefined(fiber.pollUnsafe())
        return fiber
      })
    )
    assert.strictEqual(yield* Fiber.join(waiting), 1)
  })
)
