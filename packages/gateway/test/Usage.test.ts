import { assert, it } from "@effect/vitest"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Accrual from "@paylayer/gateway/Accrual"
import * as Book from "@paylayer/gateway/Book"
import * as Bookkeeper from "@paylayer/gateway/Bookkeeper"
import * as GatewayStore from "@paylayer/gateway/GatewayStore"
import * as Usage from "@paylayer/gateway/Usage"
import * as UsageExport from "@paylayer/gateway/UsageExport"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { bookkeeping, settle } from "./bookkeeperLaws.ts"
import { file, freshSqlite, sqlite } from "./stores.ts"

const fresh = Layer.unwrap(freshSqlite)
/** With a bookkeeper that is at work. */
const world = Bookkeeper.layer(bookkeeping).pipe(
  Layer.provideMerge(Layer.mergeAll(Book.layer, Accrual.layer, Usage.layer)),
  Layer.provideMerge(Layer.merge(fresh, LedgerMemory.layerSilent))
)

const refused = { tool: "search", protocol: "voucher", code: "credential_invalid" }

it.effect(
  "what is refused without a charge is counted by quarters of an hour, and written within a second and at the end",
  () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const usage = yield* Usage.make.pipe(Effect.provideService(Scope.Scope, scope))
      const sql = yield* SqlClient.SqlClient
      const written = Effect.map(sql<{ n: number }>`SELECT count(*) AS n FROM gateway_refusals`, ([row]) => row!.n)
      const between = (since: number, until: number) => usage.refusals({ since, until })
      yield* Effect.repeat(usage.count(refused), { times: 999 })
      yield* usage.count({ ...refused, protocol: "", code: "payment_required" })
      assert.strictEqual(yield* written, 0)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* written, 2)
      assert.deepEqual(yield* between(0, 900_000), [
        { ...refused, count: 1_000n },
        { ...refused, protocol: "", code: "payment_required", count: 1n }
      ])
      yield* TestClock.adjust("15 minutes")
      yield* usage.count(refused)
      yield* Scope.close(scope, Exit.void)
      assert.deepEqual(yield* between(900_000, 1_800_000), [{ ...refused, count: 1n }])
      assert.deepEqual(
        (yield* between(899_999, 900_001)).map(({ count }) => count),
        [1_001n, 1n]
      )
      assert.deepEqual(yield* between(1_800_000, 2_700_000), [])
    }).pipe(Effect.provide(fresh))
)

it.effect("what could not be written is counted still, and a flood of kinds is one kind", () =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const usage = yield* Usage.make
    yield* usage.count(refused)
    yield* sql`ALTER TABLE gateway_refusals RENAME TO elsewhere`
    yield* TestClock.adjust("1 second")
    yield* usage.count(refused)
    yield* sql`ALTER TABLE elsewhere RENAME TO gateway_refusals`
    yield* TestClock.adjust("1 second")
    assert.deepEqual(yield* usage.refusals({ since: 0, until: 1 }), [{ ...refused, count: 2n }])
    for (let index = 0; index < 10_050; index += 1) yield* usage.count({ ...refused, code: `code ${index}` })
    yield* TestClock.adjust("1 second")
    const counts = yield* usage.refusals({ since: 0, until: 1 })
    assert.deepEqual(counts[0], { tool: "", protocol: "", code: "other", count: 50n })
    assert.strictEqual(counts.length, 10_002)
  }).pipe(Effect.provide(fresh))
)

it.effect("a bookkeeper at work counts a call within a second, and calls are found by what is asked", () =>
  Effect.gen(function* () {
    const usage = yield* Usage.Usage
    for (let index = 0; index < 6; index += 1) {
      yield* TestClock.adjust("10 seconds")
      yield* settle({
        id: `c${index}`,
        minor: 10n,
        tool: index % 2 === 0 ? "search" : "docs/read",
        payer: index < 2 ? "one" : "two",
        protocol: index === 5 ? "mock" : "voucher"
      })
    }
    yield* TestClock.adjust("1 second")
    const found = (query: Usage.CallQuery) =>
      Effect.map(usage.calls({ ...query, limit: 4 }), (calls) => calls.map(({ id }) => id).join(" "))
    assert.strictEqual(yield* found({}), "c5 c4 c3 c2")
    assert.strictEqual(yield* found({ after: "c2" }), "c1 c0")
    assert.strictEqual(yield* found({ after: "never" }), "")
    assert.strictEqual(yield* found({ tool: "search" }), "c4 c2 c0")
    assert.strictEqual(yield* found({ developer: "bob", payer: "two" }), "c5 c3")
    assert.strictEqual(yield* found({ protocol: "mock" }), "c5")
    assert.strictEqual(yield* found({ outcome: "paid", since: 20_000, until: 40_000 }), "c2 c1")
    assert.strictEqual(yield* found({ outcome: "refused" }), "")
    const days = yield* usage.byDay({ since: 0, until: 1, by: ["protocol"] })
    assert.deepEqual(days, [
      { day: "1970-01-01", protocol: "mock", currency: "CNY", calls: 1n, units: 0n, minor: 10n, returned: 0n },
      { day: "1970-01-01", protocol: "voucher", currency: "CNY", calls: 5n, units: 0n, minor: 50n, returned: 0n }
    ])
    assert.deepEqual(yield* usage.byDay({ since: 86_400_000, until: 86_400_001, by: [] }), [])
    assert.deepEqual(yield* usage.byDay({ since: 5, until: 5, by: [] }), [])
    assert.strictEqual((yield* usage.byDay({ since: 0, until: 1, by: [], tool: "search", developer: "bob" })).length, 0)
  }).pipe(Effect.provide(world))
)

it.effect("calls of one protocol are read off an index, newest first, also in tables of the first version", () =>
  Effect.gen(function* () {
    const client = sqlite(yield* file)
    const sqlOf = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      return Effect.map(Effect.withTracer(effect, tracer), () =>
        spans.map(({ attributes }) => String(attributes.get("db.query.text"))).find((text) => text.includes("ORDER BY"))
      )
    }
    const plan = Effect.gen(function* () {
      const usage = yield* Usage.make
      const sql = yield* SqlClient.SqlClient
      const text = yield* sqlOf(usage.calls({ protocol: "voucher", limit: 50 }))
      const steps = yield* sql.unsafe<{ readonly detail: string }>(`EXPLAIN QUERY PLAN ${text}`, ["voucher", 50])
      return steps.map(({ detail }) => detail)
    }).pipe(Effect.provide(Layer.provideMerge(GatewayStore.layer(), client)))
    const indexed = ["SEARCH gateway_calls USING INDEX gateway_calls_protocol (protocol=?)"]
    assert.deepEqual(yield* plan, indexed)

    yield* Effect.provide(
      SqlClient.SqlClient.use((sql) =>
        Effect.andThen(
          sql`DROP INDEX gateway_calls_protocol`,
          sql`DELETE FROM gateway_versions WHERE part = 'gateway' AND version > 1`
        )
      ),
      client
    )
    assert.deepEqual(yield* plan, indexed)
  })
)

/** Reads CSV as RFC 4180 has it. */
const parse = (text: string) => {
  const rows: Array<Array<string>> = [[]]
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/gy
  for (let match = field.exec(text); match !== null; match = field.exec(text)) {
    rows.at(-1)!.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? "")
    if (match[3] === "\r\n") rows.push([])
    if (field.lastIndex === text.length) break
  }
  return rows.slice(0, -1)
}

it("whatever a payer calls itself, its field is one field and no formula", () => {
  const nasty = fc.oneof(
    fc.string({ unit: fc.constantFrom(...`a0 "',=+-@\r\n\t\0\u200b\ufeff＝é🤖;|`) }),
    fc
      .tuple(
        fc.constantFrom("", " ", "\t", "\r", "\n", "\u200b", "\u0000"),
        fc.constantFrom(..."=+-@＝＋－＠"),
        fc.string()
      )
      .map((parts) => parts.join("")),
    fc.constantFrom('=HYPERLINK("http://evil","x")', "@SUM(1)", "a,b", 'a"b', "line\r\nbreak")
  )
  fc.assert(
    fc.property(fc.array(nasty, { minLength: 1, maxLength: 5 }), (values) => {
      const [row] = parse(UsageExport.csvLine(values))
      const told = row!.map((field, index) => (field === `'${values[index]}` ? values[index] : field))
      assert.strictEqual(JSON.stringify(told), JSON.stringify(values))
      assert.isFalse(row!.some((field) => /^[\s\p{Cc}\u200b\ufeff]*[=+\-@＝＋－＠]/u.test(field)))
    })
  )
})

it.effect("the exports have every call once, newest first, with exact amounts", () =>
  Effect.gen(function* () {
    const usage = yield* Usage.Usage
    for (let index = 0; index < 2_003; index += 1) {
      yield* settle({ id: `c${index}`, minor: BigInt(index) + 1n, currency: index % 2 ? "JPY" : "USD", payer: "=1+1" })
    }
    yield* Effect.flatMap(Bookkeeper.Bookkeeper, ({ catchUp }) => catchUp)
    const csv = parse(yield* Stream.mkString(usage.export({}, "csv")))
    assert.deepEqual(csv[0]?.slice(0, 3), ["charge", "time", "tool"])
    assert.deepEqual(
      csv.slice(1).map(([id]) => id),
      Array.from({ length: 2_003 }, (_, index) => `c${2_002 - index}`)
    )
    const last = csv.at(-2)!
    assert.deepEqual([last[5], last[10], last[11]], ["'=1+1", "JPY", "2"])
    assert.strictEqual(csv.at(-1)?.[11], "0.01")
    const json = JSON.parse(yield* Stream.mkString(usage.export({ tool: "search" }, "json")))
    assert.strictEqual(json.length, 2_003)
    assert.deepEqual(json[2_002], {
      charge: "c0",
      time: "1970-01-01T00:00:00.000Z",
      tool: "search",
      developer: "ann",
      protocol: "voucher",
      payer: "=1+1",
      outcome: "paid",
      currency: "USD",
      taken: "0.01",
      returned: "0.00",
      latency_ms: 0
    })
    assert.deepEqual(JSON.parse(yield* Stream.mkString(usage.export({ tool: "none" }, "json"))), [])
  }).pipe(Effect.provide(world))
)
