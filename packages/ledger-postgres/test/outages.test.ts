// What a ledger on PostgreSQL does when the server goes, comes back, or cuts connections, and when hosts are processes.
import * as PgClient from "@effect/sql-pg/PgClient"
import { assert, it } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as PostgresLedger from "@paylayer/ledger-postgres/PostgresLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { afterAll, beforeAll } from "vitest"
import type { Report } from "./host.ts"
import { budget, opening } from "./openings.ts"
import * as PostgresServer from "./server.ts"

const scope = Scope.makeUnsafe()
let server: PostgresServer.PostgresServer
beforeAll(async () => {
  server = await Effect.runPromise(Scope.provide(PostgresServer.make({ durable: true }), scope))
}, 60_000)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const admin = Effect.suspend(() =>
  Effect.map(Layer.build(PgClient.layer({ url: Redacted.make(server.url), maxConnections: 1 })), (context) =>
    Context.get(context, SqlClient.SqlClient)
  )
)

const way = [{ to: "authorized" }, { to: "delivered" }, { to: "settling" }, { to: "settled" }] as const
const limit = 1_000_000n

/** Hosts that sell without end, and what each was told. */
const load = Effect.fnUntraced(function* (schema: string) {
  const url = Redacted.make(server.url)
  const hosts = yield* Effect.all(
    Array.from({ length: 2 }, () =>
      Effect.map(Layer.build(PostgresLedger.layer({ url, schema, maxConnections: 4 })), (built) =>
        Context.get(built, Ledger.Ledger)
      )
    )
  )
  /** How many lines of its journal were acknowledged, by charge. */
  const acknowledged = new Map<string, number>()
  /** What each worker was told since it was last asked. */
  const sales = Array.from({ length: 12 }, () => ({ sold: 0, failed: 0 }))
  const sell = Effect.fnUntraced(function* (worker: number) {
    const ledger = hosts[worker % 2]!
    const asked = opening([budget("hot", 1n, limit), budget(`of ${worker}`, 1n, limit)])
    yield* ledger.open(asked)
    acknowledged.set(asked.charge.id, 1)
    for (const [index, step] of way.entries()) {
      yield* ledger.advance(asked.charge.id, step)
      acknowledged.set(asked.charge.id, index + 2)
    }
  })
  const selling = yield* Effect.forEach(sales, (sale, worker) =>
    Effect.forkChild(
      Effect.forever(
        Effect.match(sell(worker), {
          onSuccess: () => void (sale.sold += 1),
          onFailure: ({ _tag }) => void (sale.failed += _tag === "LedgerError" ? 1 : Number.NaN)
        })
      )
    )
  )
  /** Waits until every worker has sold again. */
  const healed = Effect.suspend(() => {
    const before = sales.map(({ sold }) => sold)
    return Effect.repeat(Effect.sleep(5), {
      while: () => sales.some(({ sold }, worker) => sold <= before[worker]! + 1)
    })
  })
  /** Ends the load, and compares what is there with what was acknowledged. */
  const reckon = Effect.gen(function* () {
    yield* Fiber.interruptAll(selling)
    const entries = new Map((yield* hosts[0]!.list()).map((entry) => [entry.charge.id, entry]))
    for (const [id, lines] of acknowledged) {
      const found = entries.get(id)
      assert.isAtLeast(found?.journal.length ?? 0, lines, `${id} is ${found?.state}`)
    }
    assert.deepEqual(yield* hosts[1]!.audit, [])
    const last = yield* Effect.flip(hosts[0]!.open(opening([budget("hot", limit, limit)])))
    assert.isTrue(last._tag === "ReservationRefused" && last.remaining === limit - BigInt(entries.size))
    return sales.reduce((sum, { failed }) => sum + failed, 0)
  })
  return { healed, reckon }
})

it.live(
  "a server that is stopped and started under load loses nothing it acknowledged, and hosts go on by themselves",
  () =>
    Effect.gen(function* () {
      const { healed, reckon } = yield* load("restarts")
      yield* healed
      for (const mode of ["fast", "immediate"] as const) {
        yield* server.stop(mode)
        yield* server.start
        yield* healed
      }
      assert.isAbove(yield* reckon, 0)
    })
)

it.live("connections that are cut under load lose nothing that was acknowledged, and are made anew", () =>
  Effect.gen(function* () {
    const sql = yield* admin
    const { healed, reckon } = yield* load("cuts")
    for (let cut = 0; cut < 5; cut++) {
      yield* healed
      const gone = yield* sql`
        select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'paylayer'`
      assert.isAbove(gone.length, 0)
    }
    yield* healed
    assert.isAbove(yield* reckon, 0)
  })
)

it.live("three host processes on one budget for exactly 90 sell exactly 90, without a deadlock", () =>
  Effect.gen(function* () {
    const sql = yield* admin
    const run = (order: string) =>
      Effect.promise(async (signal): Promise<Report> => {
        const args = [`${import.meta.dirname}/host.ts`, server.url, "processes", "90", order]
        const { stdout } = await promisify(execFile)(process.execPath, args, { signal })
        return JSON.parse(stdout)
      })
    const reports = yield* Effect.forEach(["forward", "backward", "forward"], run, { concurrency: "unbounded" })
    assert.deepEqual(
      reports.flatMap(({ failures }) => failures),
      []
    )
    const held = reports.map(({ held }) => held)
    const totals = yield* sql`select name, units from processes.paylayer_buckets order by name`
    const sum = held.reduce((a, b) => a + b, 0)
    assert.deepEqual(totals, [
      { name: "hot a", units: BigInt(sum) },
      { name: "hot b", units: BigInt(sum) }
    ])
    assert.strictEqual(sum, 90, JSON.stringify(reports))
    assert.deepEqual(yield* sql`select deadlocks from pg_stat_database where datname = 'postgres'`, [{ deadlocks: 0n }])
  })
)
