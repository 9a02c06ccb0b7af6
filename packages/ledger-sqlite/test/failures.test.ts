// What fails in the middle: the disk, one of many operations, the file that cannot be written any more.
import { assert, it } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Reactivity from "effect/reactivity/Reactivity"
import { commits, operations } from "../src/internal/groupCommit.ts"
import * as Opening from "../src/internal/opening.ts"
import { serve } from "../src/internal/serving.ts"
import type { SqliteClient } from "../src/SqliteClient.ts"
import { ids, opening, quickFile, taking } from "./files.ts"

/** A ledger, and the client below it. */
const opened = Effect.gen(function* () {
  const client = yield* Opening.open(yield* quickFile)
  return { client, ledger: yield* serve(client, Duration.seconds(30)) }
}).pipe(Effect.provide(Reactivity.layer))

const count = Effect.all([Metric.value(commits), Metric.value(operations)]).pipe(
  Effect.map((values) => values.map((value) => Number(value.count)))
)

/** From now on no commit that adds to a journal succeeds: a constraint that SQLite looks at only when it commits. */
const failCommits = Effect.fnUntraced(function* (client: SqliteClient) {
  yield* client`CREATE TABLE parent (id INTEGER PRIMARY KEY)`
  yield* client`CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)`
  yield* client`CREATE TRIGGER failing AFTER INSERT ON paylayer_journal BEGIN INSERT INTO child VALUES (7); END`
})

const together = <A, E>(count: number, each: (id: string) => Effect.Effect<A, E>, prefix?: string) =>
  Effect.forEach(ids(count, prefix), (id) => Effect.result(each(id)), { concurrency: "unbounded" })

it.effect("what arrives together is committed together", () =>
  Effect.gen(function* () {
    const { ledger } = yield* opened
    const [commitsBefore = 0, operationsBefore = 0] = yield* count
    yield* together(64, (id) => ledger.open(opening(id)))
    yield* together(64, (id) => ledger.advance(id, { to: "authorized" }, { to: "delivered" }))
    const [commitsAfter = 0, operationsAfter = 0] = yield* count
    assert.strictEqual(operationsAfter - operationsBefore, 128)
    assert.isAtMost(commitsAfter - commitsBefore, 4)
    assert.strictEqual((yield* ledger.list({ states: ["delivered"] })).length, 64)
  })
)

it.effect("more than a group at once is all written", () =>
  Effect.gen(function* () {
    const { ledger } = yield* opened
    const results = yield* together(600, (id) => ledger.open(opening(id)))
    assert.isTrue(results.every(({ _tag }) => _tag === "Success"))
    assert.strictEqual((yield* ledger.list()).length, 600)
    assert.strictEqual((yield* ledger.list({ after: "ch_9", limit: 510 })).length, 510)
  })
)

it.effect("an operation that breaks takes none of its group with it, and leaves nothing of itself", () =>
  Effect.gen(function* () {
    const { ledger } = yield* opened
    // Fits its limit, but no column of 64 bits.
    const beyond = taking("huge", 2n ** 70n, 2n ** 80n)
    const small = taking("small", 1n, 100n)
    const results = yield* together(9, (id) =>
      ledger.open(opening(id, { reservations: id === "ch_4" ? [small, beyond] : [small] }))
    )
    assert.deepEqual(
      results.flatMap((result, index) => (result._tag === "Failure" ? [index, result.failure._tag] : [])),
      [4, "LedgerError"]
    )
    assert.isUndefined(yield* ledger.find("ch_4"))
    assert.deepEqual(yield* ledger.audit, [])
    const rest = yield* Effect.flip(ledger.open(opening("rest", { reservations: [taking("small", 93n, 100n)] })))
    assert.isTrue(rest._tag === "ReservationRefused" && rest.remaining === 92n)
  })
)

it.effect("a full disk fails what does not fit, and loses nothing of what was acknowledged", () =>
  Effect.gen(function* () {
    const { client, ledger } = yield* opened
    const [pages] = yield* client<{ page_count: number }>`PRAGMA page_count`
    yield* client.unsafe(`PRAGMA max_page_count = ${pages!.page_count + 20}`)
    const reservations = [taking("budget", 1n, 10_000n)]
    const acknowledged: Array<string> = []
    for (let round = 0; round < 20; round++) {
      const results = yield* together(32, (id) => ledger.open(opening(id, { reservations })), `round ${round}`)
      for (const result of results) {
        if (result._tag === "Success") acknowledged.push(result.success.entry.charge.id)
        else assert.match(String(result.failure.message), /full/)
      }
    }
    assert.isTrue(acknowledged.length > 0 && acknowledged.length < 640, `${acknowledged.length}`)
    assert.deepEqual(
      (yield* ledger.list()).map(({ charge }) => charge.id),
      acknowledged
    )
    assert.deepEqual(yield* ledger.audit, [])
    yield* client.unsafe("PRAGMA max_page_count = 1000000")
    yield* ledger.open(opening("after", { reservations }))
    yield* ledger.advance(acknowledged[0]!, { to: "released" })
    assert.deepEqual(yield* ledger.audit, [])
  })
)

it.effect("a commit that fails fails everyone in it, and the state is as before", () =>
  Effect.gen(function* () {
    const { client, ledger } = yield* opened
    yield* ledger.open(opening("before"))
    yield* failCommits(client)
    const results = yield* together(8, (id) => ledger.open(opening(id, { reservations: [taking("budget", 1n, 10n)] })))
    for (const result of results) {
      assert.isTrue(result._tag === "Failure" && result.failure instanceof Ledger.LedgerError)
    }
    assert.strictEqual((yield* Effect.flip(ledger.advance("before", { to: "released" })))._tag, "LedgerError")
    assert.deepEqual(
      (yield* ledger.list()).map(({ charge, state }) => [charge.id, state]),
      [["before", "opened"]]
    )
    yield* client`DROP TRIGGER failing`
    yield* ledger.open(opening("ch_0", { reservations: [taking("budget", 10n, 10n)] }))
    assert.deepEqual(yield* ledger.audit, [])
  })
)

it.effect("what a host remembers of a charge that was never committed moves no other charge in its place", () =>
  Effect.gen(function* () {
    const { client, ledger } = yield* opened
    yield* failCommits(client)
    yield* Effect.flip(ledger.open(opening("undone")))
    yield* client`DROP TRIGGER failing`
    // It gets the row that the other one had.
    yield* ledger.open(opening("written"))
    assert.match(
      (yield* Effect.flip(ledger.advance("undone", { to: "authorized" }))).message,
      /there is no charge undone/
    )
    assert.strictEqual((yield* ledger.find("written"))?.state, "opened")
    assert.deepEqual(yield* ledger.audit, [])
  })
)

it.effect("a step that was undone is taken again from where the charge stands", () =>
  Effect.gen(function* () {
    const { client, ledger } = yield* opened
    const deliver = (id: string) => ledger.advance(id, { to: "authorized" }, { to: "delivered" })
    yield* ledger.open(opening("ch_0"))
    yield* ledger.open(opening("ch_1"))
    yield* failCommits(client)
    yield* Effect.flip(deliver("ch_0"))
    yield* Effect.flip(deliver("ch_1"))
    yield* client`DROP TRIGGER failing`
    yield* deliver("ch_0")
    const leap = yield* Effect.flip(ledger.advance("ch_1", { to: "settling" }))
    assert.match(leap.message, /opened and cannot become settling/)
    assert.deepEqual(
      (yield* ledger.list()).map(({ journal }) => journal.map(({ state }) => state)),
      [["opened", "authorized", "delivered"], ["opened"]]
    )
    assert.deepEqual(yield* ledger.audit, [])
  })
)

it.effect("a file that cannot be written any more fails what writes, not what reads", () =>
  Effect.gen(function* () {
    const { client, ledger } = yield* opened
    yield* ledger.open(opening("ch"))
    yield* client`PRAGMA query_only = 1`
    const failure = yield* Effect.flip(ledger.advance("ch", { to: "authorized" }))
    assert.isTrue(failure._tag === "LedgerError" && /readonly/.test(failure.message), failure.message)
    assert.strictEqual((yield* ledger.find("ch"))?.state, "opened")
    yield* client`PRAGMA query_only = 0`
    yield* ledger.advance("ch", { to: "authorized" })
  })
)

const odd = [
  "__proto__",
  "constructor",
  "toString",
  "",
  " ",
  "a\0b",
  "é",
  "e\u0301",
  "名前",
  "🎫",
  "'; DROP TABLE x; --",
  "%_",
  '"'
]

it.effect("a name is only ever itself, however odd", () =>
  Effect.gen(function* () {
    const { ledger } = yield* opened
    for (const name of odd) {
      const charge = { ...opening(name).charge, merchant: name, resource: name, money: Money.of("CNY", Money.maximum) }
      const asked = { ...opening(name), charge, key: name, payer: name, request: name, protocol: name }
      const opened = yield* ledger.open({ ...asked, reservations: [taking(name, Money.maximum, Money.maximum)] })
      assert.strictEqual(opened._tag, "Claimed", JSON.stringify(name))
      yield* ledger.advance(name, { to: "authorized", authorization: JSON.parse('{"__proto__":null}'), cause: name })
    }
    for (const name of odd) {
      const found = yield* ledger.find(name)
      assert.deepEqual(
        [found?.charge.merchant, found?.key, found?.payer, found?.journal[1]?.cause, found?.charge.money.minor],
        [name, name, name, name, Money.maximum]
      )
      assert.strictEqual(JSON.stringify(found?.authorization), '{"__proto__":null}')
      assert.strictEqual((yield* ledger.list({ payer: name, resource: name })).length, 1)
      const more = yield* Effect.flip(
        ledger.open(opening(`${name}!`, { reservations: [taking(name, 1n, Money.maximum)] }))
      )
      assert.isTrue(more._tag === "ReservationRefused" && more.remaining === 0n)
    }
    assert.deepEqual(yield* ledger.audit, [])
  })
)

it.effect("a name that SQLite would change is refused", () =>
  Effect.gen(function* () {
    const { ledger } = yield* opened
    const lone = "\ud800"
    for (const asked of [
      opening("ch", { key: lone }),
      opening(lone),
      opening("ch", { payer: lone }),
      opening("ch", { reservations: [taking(lone, 1n, 1n)] })
    ]) {
      assert.match((yield* Effect.flip(ledger.open(asked))).message, /well-formed/)
    }
    yield* ledger.open(opening("ch"))
    const reservations = [taking(lone, 1n, 1n)]
    assert.match((yield* Effect.flip(ledger.advance("ch", { to: "authorized", reservations }))).message, /well-formed/)
    assert.strictEqual((yield* ledger.list()).length, 1)
  })
)

it.effect("nothing and `null` are two answers", () =>
  Effect.gen(function* () {
    const { ledger } = yield* opened
    yield* ledger.open(opening("ch"))
    yield* ledger.advance("ch", { to: "authorized", authorization: null })
    const found = yield* ledger.find("ch")
    assert.isTrue(found !== undefined && found.authorization === null && !("answer" in found))
  })
)

it.effect("the audit finds what somebody changed behind the ledger's back, and nobody changes a journal", () =>
  Effect.gen(function* () {
    const { client, ledger } = yield* opened
    for (const id of ids(3)) yield* ledger.open(opening(id, { reservations: [taking("budget", 2n, 9n)] }))
    assert.strictEqual((yield* Effect.result(client`UPDATE paylayer_journal SET at = 1`))._tag, "Failure")
    yield* client`UPDATE paylayer_charges SET state = 'settled' WHERE id = 'ch_0'`
    yield* client`UPDATE paylayer_charges SET charge = '{}' WHERE id = 'ch_1'`
    yield* client`UPDATE paylayer_buckets SET units = 5`
    assert.deepEqual(yield* ledger.audit, [
      "charge ch_0 is settled, its journal says opened",
      "what is stored of charge ch_1 is damaged",
      "bucket budget has 5, its charges took 6"
    ])
    assert.match((yield* Effect.flip(ledger.find("ch_1"))).message, /damaged/)
  })
)
