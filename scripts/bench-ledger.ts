// What a ledger costs: `pnpm bench:ledger`, or `pnpm bench:ledger 9` for nine rounds. Whatever is compared runs in turns in one
// run; the figures are medians of the rounds.
import { Ledger } from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import { Paywall } from "@paylayer/core/Paywall"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import type { Sale } from "@paylayer/core/Sale"
import * as PostgresLedger from "@paylayer/ledger-postgres/PostgresLedger"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { text } from "node:stream/consumers"
import * as PostgresServer from "../packages/ledger-postgres/test/server.ts"
import { claim } from "./bench/claim.ts"
import * as MockPay from "./bench/MockPay.ts"
import { root } from "./compiler.ts"

const rounds = Number(process.argv[2] ?? 5)
const concurrency = 64
const many = 1_000_000
const few = 1_000
const hosts = 3

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
const whole = (value: number) => Math.round(value).toLocaleString("en")
const kept = (holds: boolean) => (holds ? "kept" : "missed")

/** How many of them a second, `concurrency` at a time. */
const rate = <E, R>(count: number, one: (index: number) => Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    const start = performance.now()
    yield* Effect.forEach(
      Array.from({ length: count }, (_, index) => index),
      one,
      { concurrency, discard: true }
    )
    return (count * 1000) / (performance.now() - start)
  })

/** Measures each in turn, round after round; the first round warms up. */
const inTurns = Effect.fnUntraced(function* <K extends string, E, R>(
  contenders: Readonly<Record<K, Effect.Effect<number, E, R>>>
) {
  const names = Object.keys(contenders) as Array<K>
  const taken = new Map(names.map((name) => [name, [] as Array<number>]))
  for (let round = 0; round <= rounds; round++) {
    for (const name of names) {
      const value = yield* contenders[name]
      if (round > 0) taken.get(name)!.push(value)
    }
  }
  return (name: K) => median(taken.get(name)!)
})

/** A ledger that counts its calls. */
const counting = (inner: Ledger["Service"]) => {
  const state = { calls: 0 }
  const counted = <A, E>(call: () => Effect.Effect<A, E>) =>
    Effect.suspend(() => {
      state.calls += 1
      return call()
    })
  const ledger: Ledger["Service"] = {
    ...inner,
    open: (opening) => counted(() => inner.open(opening)),
    advance: (id, ...steps) => counted(() => inner.advance(id, ...steps)),
    find: (id) => counted(() => inner.find(id)),
    adopt: (id) => counted(() => inner.adopt(id))
  }
  return { ledger, state }
}

const saleOf = (agent: string): Sale<string> => ({
  request: {
    headers: RequestHeaders.fromRecord({ [MockPay.header]: agent }),
    method: "POST",
    resource: "/report",
    bodyDigest: "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
  },
  price: [Money.of("CNY", 1n)]
})

/** A shop over a ledger: paid calls of a thousand agents, each with a budget of its own. */
const shopOver = Effect.fnUntraced(function* <E>(layer: Layer.Layer<Ledger, E>) {
  const { ledger, state } = counting(Context.get(yield* Layer.build(layer), Ledger))
  const paywall = Context.get(
    yield* Layer.build(
      Paywall.layer([MockPay.MockPay]).pipe(
        Layer.provide([MockPay.MockPay.layer, Layer.succeed(Ledger, ledger)]),
        Layer.fresh
      )
    ),
    Paywall
  )
  const sell = (index: number) => paywall.sell(saleOf(`agent ${index % 1000}`), () => Effect.succeed("report"))
  return { state, calls: (count: number) => rate(count, sell) }
})

const paidCalls = Effect.fnUntraced(function* (folder: string, url: string) {
  const memory = yield* shopOver(LedgerMemory.layerSilent)
  const sqlite = yield* shopOver(SqliteLedger.layer({ filename: join(folder, "calls.sqlite") }))
  const postgres = yield* shopOver(PostgresLedger.layer({ url: Redacted.make(url), schema: "calls" }))
  const before = sqlite.state.calls
  yield* sqlite.calls(100)
  const trips = (sqlite.state.calls - before) / 100
  const of = yield* inTurns({
    memory: memory.calls(4_000),
    sqlite: sqlite.calls(4_000),
    postgres: postgres.calls(1_000)
  })
  const share = (name: "sqlite" | "postgres") => `${Math.round((100 * of(name)) / of("memory"))} %`
  const goal = kept(of("sqlite") >= of("memory") / 2)
  console.log(`paid calls a second, ${concurrency} at a time`)
  console.log(`  in memory    ${whole(of("memory")).padStart(9)}`)
  console.log(`  SQLite       ${whole(of("sqlite")).padStart(9)}   ${share("sqlite")} of memory; goal: 50 %, ${goal}`)
  console.log(`  PostgreSQL   ${whole(of("postgres")).padStart(9)}   ${share("postgres")} of memory`)
  console.log(`\ncalls of the ledger for one charge: ${trips}; goal: at most 3, ${kept(trips <= 3)}\n`)
})

// --- claims beside many charges -------------------------------------------------------------------------------------------

/** Copies the one charge of a SQLite file until there are so many. */
const fillSqlite = (filename: string, rows: number) => {
  const database = new DatabaseSync(filename)
  const [charges, journal] = ["paylayer_charges", "paylayer_journal"].map((table) =>
    database
      .prepare(`SELECT name FROM pragma_table_info('${table}')`)
      .all()
      .map(({ name }) => String(name))
  )
  const columns = charges!.map((name) =>
    name === "seq" ? "c.seq + n.n" : name === "id" || name === "key" ? `c.${name} || n.n` : `c.${name}`
  )
  const numbers = `WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${rows - 1})`
  const lines = journal!.map((name) => (name === "charge" ? "c.charge + n.n" : `c.${name}`))
  database.exec(`BEGIN;
    INSERT INTO paylayer_charges (${charges!.join()}) ${numbers}
      SELECT ${columns.join()} FROM n, (SELECT * FROM paylayer_charges LIMIT 1) c;
    INSERT INTO paylayer_journal (${journal!.join()}) ${numbers}
      SELECT ${lines.join()} FROM n, (SELECT * FROM paylayer_journal WHERE charge = (SELECT min(charge) FROM paylayer_journal)) c;
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`)
  database.close()
}

/** The same in PostgreSQL. */
const fillPostgres = (schema: string, rows: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const columnsOf = (table: string) =>
      Effect.map(
        sql<{ name: string }>`SELECT column_name AS name FROM information_schema.columns
          WHERE table_schema = ${schema} AND table_name = ${table} ORDER BY ordinal_position`,
        (columns) => columns.map(({ name }) => name)
      )
    const charges = (yield* columnsOf("paylayer_charges")).filter((name) => name !== "seq")
    const copied = charges.map((name) => (name === "id" || name === "key" ? `c.${name} || n` : `c."${name}"`))
    yield* sql.unsafe(`INSERT INTO ${schema}.paylayer_charges (${charges.map((name) => `"${name}"`).join()})
      SELECT ${copied.join()} FROM (SELECT * FROM ${schema}.paylayer_charges LIMIT 1) c, generate_series(1, ${rows - 1}) n`)
    yield* sql.unsafe(`VACUUM ANALYZE ${schema}.paylayer_charges`)
  })

/** A ledger with so many charges and one hot budget. */
const filledSqlite = Effect.fnUntraced(function* (filename: string, rows: number) {
  const first = Effect.flatMap(Ledger, (ledger) => claim(ledger, "hot", Money.maximum))
  yield* Effect.provide(first, Layer.fresh(SqliteLedger.layer({ filename })))
  fillSqlite(filename, rows)
  return Context.get(yield* Layer.build(Layer.fresh(SqliteLedger.layer({ filename }))), Ledger)
})

const filledPostgres = Effect.fnUntraced(function* (url: string, schema: string, rows: number) {
  const client = PostgresLedger.layerClient({ url: Redacted.make(url), statementTimeout: "5 minutes" })
  const ledger = Layer.fresh(PostgresLedger.layer({ url: Redacted.make(url), schema }))
  const context = yield* Layer.build(ledger)
  yield* claim(Context.get(context, Ledger), "hot", Money.maximum)
  yield* Effect.provide(fillPostgres(schema, rows), client)
  return Context.get(context, Ledger)
})

const claims = Effect.fnUntraced(function* (folder: string, url: string) {
  const claiming = (ledger: Ledger["Service"], count: number) => rate(count, () => claim(ledger, "hot", Money.maximum))
  const sqlite = {
    few: yield* filledSqlite(join(folder, "few.sqlite"), few),
    many: yield* filledSqlite(join(folder, "many.sqlite"), many)
  }
  const postgres = {
    few: yield* filledPostgres(url, "few", few),
    many: yield* filledPostgres(url, "many", many)
  }
  const of = yield* inTurns({
    "SQLite few": claiming(sqlite.few, 4_000),
    "SQLite many": claiming(sqlite.many, 4_000),
    "PostgreSQL few": claiming(postgres.few, 1_000),
    "PostgreSQL many": claiming(postgres.many, 1_000)
  })
  console.log(`claims of one hot budget a second, ${concurrency} at a time, beside so many charges`)
  console.log(`              ${whole(few).padStart(9)}   ${whole(many).padStart(9)}   times slower`)
  for (const name of ["SQLite", "PostgreSQL"] as const) {
    const slower = of(`${name} few`) / of(`${name} many`)
    const figures = `${whole(of(`${name} few`)).padStart(9)}   ${whole(of(`${name} many`)).padStart(9)}`
    console.log(`  ${name.padEnd(12)}${figures}   ${slower.toFixed(2).padStart(12)}; goal: 1.5, ${kept(slower <= 1.5)}`)
  }
  console.log("")
})

// --- several hosts --------------------------------------------------------------------------------------------------------

const severalHosts = Effect.fnUntraced(function* (url: string) {
  const size = 6_000
  const context = yield* Layer.build(PostgresLedger.layer({ url: Redacted.make(url) }))
  const results = yield* Effect.promise(() =>
    Promise.all(
      Array.from({ length: hosts }, async () => {
        const host = spawn(process.execPath, [join(root, "scripts/bench/claimant.ts"), url, String(size)], {
          stdio: ["ignore", "pipe", "inherit"]
        })
        const [said, [status]] = await Promise.all([text(host.stdout), once(host, "exit")])
        if (status !== 0) throw new Error(`a host ended with ${status}`)
        return JSON.parse(said) as { readonly claimed: number; readonly seconds: number }
      })
    )
  )
  const claimed = results.reduce((sum, result) => sum + result.claimed, 0)
  const seconds = Math.max(...results.map((result) => result.seconds))
  const wrong = yield* Context.get(context, Ledger).audit
  console.log(`${hosts} host processes on one PostgreSQL claim one budget for ${whole(size)}`)
  console.log(
    `  ${results.map((result) => whole(result.claimed)).join(" + ")} = ${whole(claimed)} claimed, ${whole(claimed / seconds)} a second; exact: ${claimed === size && wrong.length === 0 ? "yes" : `no ${wrong.join("; ")}`}`
  )
})

const benchmark = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "paylayer-bench-"))),
    (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
  )
  const { url } = yield* PostgresServer.make({ durable: true })
  console.log(
    `${availableParallelism()} cores (${cpus()[0]?.model}), Node ${process.version}, load ${loadavg()[0]!.toFixed(1)} before; medians of ${rounds} rounds\n`
  )
  yield* Effect.scoped(paidCalls(folder, url))
  yield* Effect.scoped(claims(folder, url))
  yield* Effect.scoped(severalHosts(url))
})

await Effect.runPromise(Effect.scoped(benchmark))
