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
import { claim, type Keys } from "./bench/claim.ts"
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

/**
 * Measures each in turn, round after round; the first round warms up. `of` is a median; `ratio` is the median of what one came
 * to in each round over what the other did beside it, so that a machine that is busy for a while does not make it.
 */
const inTurns = Effect.fnUntraced(function* <K extends string, E, R>(
  contenders: Readonly<Record<K, Effect.Effect<number, E, R>>>,
  turns = rounds
) {
  const names = Object.keys(contenders) as Array<K>
  const taken = new Map(names.map((name) => [name, [] as Array<number>]))
  for (let round = 0; round <= turns; round++) {
    for (const name of names) {
      const value = yield* contenders[name]
      if (round > 0) taken.get(name)!.push(value)
    }
  }
  return {
    of: (name: K) => median(taken.get(name)!),
    ratio: (name: K, to: K) => median(taken.get(name)!.map((value, round) => value / taken.get(to)![round]!))
  }
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
  const local = yield* inTurns({ memory: memory.calls(1_280), sqlite: sqlite.calls(1_280) }, rounds * 5)
  const remote = yield* inTurns({ memory: memory.calls(1_280), postgres: postgres.calls(640) })
  const percent = (ratio: number) => `${Math.round(100 * ratio)} %`
  const share = local.ratio("sqlite", "memory")
  console.log(`paid calls a second, ${concurrency} at a time`)
  console.log(`  in memory    ${whole(local.of("memory")).padStart(9)}`)
  console.log(
    `  SQLite       ${whole(local.of("sqlite")).padStart(9)}   ${percent(share)} of memory; goal: 50 %, ${kept(share >= 0.5)}`
  )
  console.log(
    `  PostgreSQL   ${whole(remote.of("postgres")).padStart(9)}   ${percent(remote.ratio("postgres", "memory"))} of memory`
  )
  console.log(`\ncalls of the ledger for one charge: ${trips}; goal: at most 3, ${kept(trips <= 3)}\n`)
})

// --- claims beside many charges -------------------------------------------------------------------------------------------

/** Ids and keys of charges `n` of so many, as SQL: an id for each millisecond before now, a key like the digest of a sent one. */
const filling = { id: (hex: string, random: string) => `'ch_' || ${hex} || ${random}` }
const now = Date.now()

/** Copies the one charge of a SQLite file until there are so many, with its journal and what it reserved. */
const fillSqlite = (filename: string, rows: number) => {
  const database = new DatabaseSync(filename)
  const copy = (table: string, changed: Readonly<Record<string, string>>) => {
    const columns = database.prepare(`SELECT name FROM pragma_table_info('${table}')`).all()
    const names = columns.map(({ name }) => String(name))
    database.exec(`WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${rows - 1})
      INSERT INTO ${table} (${names.join()})
      SELECT ${names.map((name) => changed[name] ?? `c.${name}`).join()} FROM n, (SELECT * FROM ${table} LIMIT 1) c`)
  }
  const time = `${now - rows} + n.n`
  database.exec("BEGIN")
  copy("paylayer_charges", {
    seq: "c.seq + n.n",
    id: filling.id(`format('%012x', ${time})`, "lower(hex(randomblob(10)))"),
    key: "hex(randomblob(21)) || 'x'",
    opened_at: time,
    changed_at: time
  })
  copy("paylayer_journal", { charge: "c.charge + n.n", at: time })
  copy("paylayer_reservations", { charge: "c.charge + n.n" })
  database.exec(`UPDATE paylayer_buckets SET units = ${rows}; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`)
  database.close()
}

/** The same in PostgreSQL. */
const fillPostgres = (schema: string, rows: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const copy = Effect.fnUntraced(function* (table: string, changed: Readonly<Record<string, string>>) {
      const columns = yield* sql<{ name: string }>`SELECT column_name AS name FROM information_schema.columns
        WHERE table_schema = ${schema} AND table_name = ${table} ORDER BY ordinal_position`
      const names = columns.map(({ name }) => name)
      const quoted = names.map((name) => `"${name}"`)
      yield* sql.unsafe(`INSERT INTO ${schema}.${table} (${quoted.join()}) OVERRIDING SYSTEM VALUE
        SELECT ${names.map((name) => changed[name] ?? `c."${name}"`).join()}
        FROM (SELECT * FROM ${schema}.${table} LIMIT 1) c, generate_series(1, ${rows - 1}) n (n)`)
      yield* sql.unsafe(`VACUUM ANALYZE ${schema}.${table}`)
    })
    const time = `${now - rows}::bigint + n.n`
    yield* copy("paylayer_charges", {
      seq: "c.seq + n.n",
      id: filling.id(`lpad(to_hex(${time}), 12, '0')`, "substr(md5(random()::text), 1, 20)"),
      key: "md5(random()::text) || substr(md5(random()::text), 1, 11)",
      opened_at: time,
      changed_at: time
    })
    const table = `${schema}.paylayer_charges`
    yield* sql.unsafe(`SELECT setval(pg_get_serial_sequence('${table}', 'seq'), (SELECT max(seq) FROM ${table}))`)
    yield* copy("paylayer_journal", { charge: "c.charge + n.n", at: time })
    yield* copy("paylayer_reservations", { charge: "c.charge + n.n" })
    yield* sql.unsafe(`UPDATE ${schema}.paylayer_buckets SET units = ${rows}`)
    yield* sql.unsafe("CHECKPOINT")
  })

type Claiming = (count: number, keys: Keys) => Effect.Effect<number, unknown>

/** Claims of the one hot budget of a ledger; what they wrote is brought into the ledger's file within the time. */
const claiming =
  (ledger: Ledger["Service"], after: Effect.Effect<unknown> = Effect.void): Claiming =>
  (count, keys) =>
    rate(count, (index) =>
      index === count - 1
        ? Effect.andThen(claim(ledger, "hot", Money.maximum, keys), after)
        : claim(ledger, "hot", Money.maximum, keys)
    )

/** A ledger with so many charges and one hot budget. */
const filledSqlite = Effect.fnUntraced(function* (filename: string, rows: number) {
  const first = Effect.flatMap(Ledger, (ledger) => claim(ledger, "hot", Money.maximum))
  yield* Effect.provide(first, Layer.fresh(SqliteLedger.layer({ filename })))
  fillSqlite(filename, rows)
  const ledger = Context.get(yield* Layer.build(Layer.fresh(SqliteLedger.layer({ filename }))), Ledger)
  const beside = new DatabaseSync(filename)
  yield* Effect.addFinalizer(() => Effect.sync(() => beside.close()))
  return claiming(
    ledger,
    Effect.sync(() => beside.exec("PRAGMA wal_checkpoint(PASSIVE)"))
  )
})

const filledPostgres = Effect.fnUntraced(function* (url: string, schema: string, rows: number) {
  const client = PostgresLedger.layerClient({
    url: Redacted.make(url),
    maxConnections: 1,
    statementTimeout: "5 minutes"
  })
  const context = yield* Layer.build(Layer.fresh(PostgresLedger.layer({ url: Redacted.make(url), schema })))
  yield* claim(Context.get(context, Ledger), "hot", Money.maximum)
  yield* Effect.provide(fillPostgres(schema, rows), Layer.fresh(client))
  return claiming(Context.get(context, Ledger))
})

const claims = Effect.fnUntraced(function* (folder: string, url: string) {
  const ledgers = {
    SQLite: {
      count: 2_560,
      few: yield* filledSqlite(join(folder, "few.sqlite"), few),
      many: yield* filledSqlite(join(folder, "many.sqlite"), many)
    },
    PostgreSQL: {
      count: 640,
      few: yield* filledPostgres(url, "few", few),
      many: yield* filledPostgres(url, "many", many)
    }
  }
  console.log(
    `claims of one hot budget a second, ${concurrency} at a time, beside so many charges and those of the rounds`
  )
  console.log(`                            ${whole(few).padStart(9)}   ${whole(many).padStart(9)}   times slower`)
  for (const name of ["SQLite", "PostgreSQL"] as const) {
    const { count, ...of } = ledgers[name]
    const turns = yield* inTurns({
      "few own": of.few(count, "own"),
      "many own": of.many(count, "own"),
      "few sent": of.few(count, "sent"),
      "many sent": of.many(count, "sent")
    })
    for (const keys of ["own", "sent"] as const) {
      const slower = turns.ratio(`few ${keys}`, `many ${keys}`)
      const figures = [few, many].map((_, at) => whole(turns.of(`${at === 0 ? "few" : "many"} ${keys}`)).padStart(9))
      const what = `${name}, ${keys === "own" ? "no key sent" : "random keys"}`
      console.log(
        `  ${what.padEnd(26)}${figures.join("   ")}   ${slower.toFixed(2).padStart(12)}; goal: 1.5, ${kept(slower <= 1.5)}`
      )
    }
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
