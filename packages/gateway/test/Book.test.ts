import { assert, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as Book from "@paylayer/gateway/Book"
import * as GatewayStore from "@paylayer/gateway/GatewayStore"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlClient from "effect/sql/SqlClient"
import { bookLaws, charge } from "./bookLaws.ts"
import { file, freshSqlite, sqlite } from "./stores.ts"

bookLaws("SQLite", freshSqlite, { runs: 40 })

const fresh = Layer.unwrap(freshSqlite)

it.effect("what was tampered with does not add up", () =>
  Effect.gen(function* () {
    const book = yield* Book.make
    const sql = yield* SqlClient.SqlClient
    yield* book.postAll([charge("1", 500n, { fee: 20n }), charge("2", 300n)])
    assert.deepEqual(yield* book.audit, [])

    yield* sql`UPDATE gateway_accounts SET balance = balance - 1 WHERE kind = 'merchant'`
    assert.deepEqual(yield* book.audit, ["merchant(ann) in CNY has -781, its postings come to -780"])
    yield* sql`UPDATE gateway_accounts SET balance = balance + 1 WHERE kind = 'merchant'`

    yield* sql`UPDATE gateway_months SET fees = fees + 1`
    assert.deepEqual(yield* book.audit, [
      "the months of merchant(ann) in CNY come to -780 with fees of -19 in 2, its postings to -780 with fees of -20 in 2"
    ])
    yield* sql`UPDATE gateway_months SET fees = fees - 1`

    yield* sql`UPDATE gateway_postings SET minor = minor + 1 WHERE txn = 1 AND n = 0`
    assert.deepEqual(yield* book.audit, [
      "charge:1 has 5 postings, and adds up to 1",
      "provider(voucher) in CNY has 800, its postings come to 801"
    ])
    yield* sql`UPDATE gateway_postings SET minor = minor - 1 WHERE txn = 1 AND n = 0`

    yield* sql`UPDATE gateway_postings SET fees = 0 WHERE txn = 1 AND fees IS NOT NULL`
    assert.deepEqual(yield* book.audit, [
      "the months of merchant(ann) in CNY come to -780 with fees of -20 in 2, its postings to -780 with fees of 0 in 2",
      "charge:1 states fees of 0, and posts -20"
    ])
    yield* sql`DELETE FROM gateway_postings WHERE txn = 2`
    assert.include(yield* book.audit, "charge:2 has 0 postings, and adds up to 0")
  }).pipe(Effect.provide(fresh))
)

it.effect("what moves from one developer to another is told with its fees once", () =>
  Effect.gen(function* () {
    const book = yield* Book.make
    const posting = (kind: Book.AccountKind, owner: string, minor: bigint) => ({
      account: { kind, owner, currency: "CNY" as const },
      minor
    })
    yield* book.post({
      id: "adjustment:1",
      atMillis: 0,
      kind: "adjustment",
      postings: [posting("merchant", "ann", 50n), posting("merchant", "bob", -40n), posting("fees", "", -10n)]
    })
    assert.deepEqual(yield* book.audit, [])
    assert.strictEqual((yield* book.transactions({}))[0]?.developer, undefined)
    assert.deepEqual(yield* book.payable("bob"), [Money.of("CNY", 40n)])
  }).pipe(Effect.provide(fresh))
)

it.effect("what is posted within a write goes with it", () =>
  Effect.gen(function* () {
    const book = yield* Book.make
    const { write } = yield* GatewayStore.GatewayStore
    const undone = yield* Effect.flip(write(Effect.andThen(book.post(charge("1", 5n)), Effect.fail("changed my mind"))))
    assert.strictEqual(undone, "changed my mind")
    assert.deepEqual(yield* book.transactions({}), [])
    yield* write(Effect.andThen(book.post(charge("1", 6n)), book.post(charge("2", 6n))))
    assert.strictEqual((yield* book.transactions({})).length, 2)
    assert.deepEqual(yield* book.audit, [])
  }).pipe(Effect.provide(fresh))
)

it.effect("the tables keep their time zone, and are refused by code that is older", () =>
  Effect.gen(function* () {
    const client = sqlite(yield* file)
    const opening = (options?: GatewayStore.Options) => Effect.provide(GatewayStore.make(options), client)
    const zone = DateTime.zoneMakeNamedUnsafe("Asia/Shanghai")
    yield* opening({ zone })
    yield* opening({ zone })
    assert.match((yield* Effect.flip(opening())).message, /count days in Asia\/Shanghai, not in UTC/)
    yield* Effect.provide(
      Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO gateway_versions VALUES ('gateway', 9)`),
      client
    )
    assert.match(
      (yield* Effect.flip(opening({ zone }))).message,
      /version 9, and this code knows 2: update the package/
    )
    assert.match((yield* Effect.flip(opening({ schema: 'a"b' }))).message, /not a name for a schema/)
  })
)
