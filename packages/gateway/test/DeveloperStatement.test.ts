import { assert, it } from "@effect/vitest"
import * as Book from "@paylayer/gateway/Book"
import * as DeveloperStatement from "@paylayer/gateway/DeveloperStatement"
import * as GatewayStore from "@paylayer/gateway/GatewayStore"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import * as Stream from "effect/Stream"
import { charge } from "./bookLaws.ts"
import { statementLaws } from "./statementLaws.ts"
import { file, freshSqlite, sqlite } from "./stores.ts"

statementLaws("SQLite", freshSqlite, { runs: 15 })

const fresh = Layer.unwrap(freshSqlite)
const month = { developer: "ann", month: "2026-11", currency: "CNY" } as const
const atMillis = Date.UTC(2026, 10, 3)

it.effect("a statement of more lines than are read at a time has each once", () =>
  Effect.gen(function* () {
    const book = yield* Book.make
    const statements = yield* DeveloperStatement.make
    // Many at one moment, and posted in another order than they were made.
    yield* book.postAll(
      Array.from({ length: 4_500 }, (_, index) =>
        charge(String(index), 3n, { atMillis: atMillis - (index % 7), fee: 1n })
      )
    )
    const lines = yield* Stream.runCollect(statements.lines(month))
    assert.strictEqual(new Set(lines.map(({ id }) => id)).size, 4_500)
    assert.strictEqual(lines.length, 4_500)
    assert.strictEqual(lines.at(-1)?.owed, 9_000n)
    const { closing, totals } = yield* statements.summary(month)
    assert.strictEqual(closing, 9_000n)
    assert.deepEqual(totals, [{ kind: "charge", lines: 4_500n, gross: 13_500n, fees: 4_500n, net: 9_000n }])
    assert.deepEqual(yield* statements.months("ann"), [month])
    assert.deepEqual(yield* statements.months("bob"), [])
  }).pipe(Effect.provide(fresh))
)

it.effect("a statement that does not add up fails behind its last line", () =>
  Effect.gen(function* () {
    const book = yield* Book.make
    const statements = yield* DeveloperStatement.make
    const sql = yield* SqlClient.SqlClient
    yield* book.postAll([charge("1", 500n, { atMillis }), charge("2", 300n, { atMillis })])
    yield* sql`UPDATE gateway_postings SET minor = minor - 1 WHERE stated IS NOT NULL AND txn = 1`
    const seen: Array<string> = []
    const lines = Stream.tap(statements.lines(month), ({ id }) => Effect.sync(() => seen.push(id)))
    const { message } = yield* Effect.flip(Stream.runDrain(lines))
    assert.deepEqual(seen, ["charge:1", "charge:2"])
    assert.match(message, /does not add up: 2 lines come to 801, where 2 are to come to 800 minor units of CNY/)
    yield* sql`UPDATE gateway_postings SET minor = minor + 1 WHERE stated IS NOT NULL AND txn = 1`
    yield* sql`DELETE FROM gateway_postings WHERE txn = 2`
    assert.match((yield* Effect.flip(Stream.runDrain(lines))).message, /1 lines come to 500, where 2/)
  }).pipe(Effect.provide(fresh))
)

it.effect("what is posted while a statement is read is on the next one", () =>
  Effect.gen(function* () {
    const book = yield* Book.make
    const statements = yield* DeveloperStatement.make
    // A page of lines, behind which more is looked for.
    yield* book.postAll(Array.from({ length: 2_000 }, (_, index) => charge(String(index), 5n, { atMillis })))
    const later = book.post(charge("later", 5n, { atMillis: atMillis + 2 }))
    const lines = yield* Stream.runCollect(
      Stream.tap(statements.lines(month), ({ reference }) => (reference === "0" ? later : Effect.void))
    )
    assert.strictEqual(lines.length, 2_000)
    assert.strictEqual((yield* statements.summary(month)).closing, 10_005n)
  }).pipe(Effect.provide(fresh))
)

it.effect("a month is one of the store's time zone, and text that is none is refused", () =>
  Effect.gen(function* () {
    const zone = DateTime.zoneMakeNamedUnsafe("Asia/Shanghai")
    const store = Layer.provideMerge(GatewayStore.layer({ zone }), sqlite(yield* file))
    yield* Effect.gen(function* () {
      const book = yield* Book.make
      const statements = yield* DeveloperStatement.make
      // One o'clock in the morning of the first of December, in Shanghai.
      yield* book.post(charge("1", 500n, { atMillis: Date.UTC(2026, 10, 30, 17) }))
      assert.strictEqual((yield* statements.summary(month)).closing, 0n)
      const december = yield* statements.summary({ ...month, month: "2026-12" })
      assert.strictEqual(december.closing, 500n)
      assert.strictEqual(december.sinceMillis, Date.UTC(2026, 10, 30, 16))
      assert.strictEqual((yield* statements.summary({ ...month, month: "2027-01" })).opening, 500n)
      for (const text of ["2026-13", "2026", "2026-1", "november", "2026-11-01"]) {
        const { message } = yield* Effect.flip(statements.summary({ ...month, month: text }))
        assert.match(message, /is not a month/)
      }
    }).pipe(Effect.provide(store))
  })
)
