// What the gateway's book costs where it is large: the statement of a month of a million charges, and what a dashboard's first
// page asks for with a million calls.
//
//   pnpm bench:book [--charges 1000000] [--json results.json]
//
// The rows are made by SQL, in an SQLite file that is removed afterwards; the book and the days are audited before anything is
// measured. Medians of rounds.
import * as Book from "@paylayer/gateway/Book"
import * as DeveloperStatement from "@paylayer/gateway/DeveloperStatement"
import * as GatewayStore from "@paylayer/gateway/GatewayStore"
import * as Usage from "@paylayer/gateway/Usage"
import * as SqliteClient from "@paylayer/ledger-sqlite/SqliteClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { cpus, tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"

const { values } = parseArgs({
  options: { charges: { type: "string", default: "1000000" }, json: { type: "string" } }
})
const charges = Number(values.charges)
const rounds = 5

const day = 86_400_000
const since = Date.UTC(2026, 10, 1)
const month = { developer: "ann", month: "2026-11", currency: "CNY" } as const

/** A million calls of 30 days: 20 tools, 500 agents, 2 protocols, 2 currencies; each twentieth is refused. */
const fill = Effect.gen(function* () {
  const { sql } = yield* GatewayStore.GatewayStore
  const series = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${charges - 1})`
  const each = (columns: string, where = "TRUE") => `${series} SELECT ${columns} FROM n WHERE ${where}`
  const at = `${since} + i * ${30 * day} / ${charges}`
  const [paid, minor, fee, currency] = ["i % 20 > 0", "100 + i % 900", "(100 + i % 900) / 20", "'CNY'"]
  const names = `'t' || (i % 20), iif(i % 3 = 0, 'alipay-a402', 'alipay-trust'), 'payer-' || (i % 2000), 'agent-' || (i % 500)`
  yield* Effect.forEach(
    [
      `INSERT INTO gateway_calls (id, lines, at, day, tool, protocol, payer, agent, principal, developer, currency, minor, returned,
          units, latency, outcome, code, fee, refunds)
        ${each(`printf('ch_%032x', i), 5, ${at}, date((${at}) / 1000, 'unixepoch'), ${names}, '', 'ann', iif(i % 7 = 0, 'USD', ${currency}),
          iif(${paid}, ${minor}, 0), 0, i % 50, i % 400, iif(${paid}, 'paid', 'refused'), iif(${paid}, NULL, 'payment_required'),
          iif(${paid}, ${fee}, NULL), 0`)}`,
      ...(["days", "agent_days"] as const).map((table) => {
        const keys = `day, tool, protocol, currency, developer, outcome${table === "days" ? "" : ", agent"}`
        return `INSERT INTO gateway_${table} (${keys}, calls, units, minor, returned)
          SELECT ${keys}, count(*), sum(units), sum(minor), sum(returned) FROM gateway_calls GROUP BY ${keys}`
      }),
      `INSERT INTO gateway_refusals ${series} SELECT ${since} + (i / 20) * 900000, 't' || (i % 20), 'alipay-trust', 'code-' || (i % 7), 3
        FROM n WHERE i < ${(30 * day) / 900_000} * 20`,
      // The statement's month: each charge of it is ann's, in CNY.
      `INSERT INTO gateway_accounts (id, kind, owner, currency, balance) VALUES (1, 'provider', 'alipay-trust', 'CNY', 0),
        (2, 'merchant', 'ann', 'CNY', 0), (3, 'fees', '', 'CNY', 0)`,
      `INSERT INTO gateway_accounts (id, kind, owner, currency, balance) ${each("10 + i, 'agent', 'payer-' || i, 'CNY', 0", "i < 2000")}`,
      `INSERT INTO gateway_transactions (seq, id, at, kind, developer, reference, currency)
        ${each(`i + 1, printf('charge:ch_%032x', i), ${at}, 'charge', 'ann', printf('ch_%032x', i), 'CNY'`)}`,
      `INSERT INTO gateway_postings (txn, n, account, minor, stated, fees) ${series}, p(n) AS (VALUES (0), (1), (2), (3), (4))
        SELECT i + 1, p.n,
          CASE p.n WHEN 0 THEN 1 WHEN 1 THEN 10 + i % 2000 WHEN 2 THEN 10 + i % 2000 WHEN 3 THEN 2 ELSE 3 END,
          CASE p.n WHEN 0 THEN ${minor} WHEN 1 THEN -(${minor}) WHEN 2 THEN ${minor} WHEN 3 THEN ${fee} - (${minor}) ELSE -(${fee}) END,
          iif(p.n = 3, ${at}, NULL), iif(p.n = 3, -(${fee}), NULL) FROM n, p`,
      `INSERT INTO gateway_months SELECT account, '2026-11', 'charge', count(*), sum(minor), sum(fees) FROM gateway_postings
        WHERE stated IS NOT NULL GROUP BY account`,
      `UPDATE gateway_accounts SET balance = coalesce((SELECT sum(minor) FROM gateway_postings WHERE account = gateway_accounts.id), 0)
        WHERE id < 10`,
      "ANALYZE"
    ],
    (statement) => sql.unsafe(statement).unprepared,
    { discard: true }
  )
})

const median = (all: ReadonlyArray<number>) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!

interface Figure {
  readonly what: string
  readonly millis: number
  /** Of processor time, which other work on the machine does not lengthen. */
  readonly cpuMillis: number
  readonly mostMillis: number
}

const measure = <E, R>(what: string, times: number, mostMillis: number, run: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function* () {
    const [millis, cpuMillis]: readonly [Array<number>, Array<number>] = [[], []]
    for (let round = 0; round < times; round += 1) {
      const [from, cpuFrom] = [performance.now(), process.cpuUsage()]
      yield* run
      const { system, user } = process.cpuUsage(cpuFrom)
      millis.push(performance.now() - from)
      cpuMillis.push((system + user) / 1_000)
    }
    const figure: Figure = { what, millis: median(millis), cpuMillis: median(cpuMillis), mostMillis }
    const verdict = figure.millis <= mostMillis ? "ok  " : "over"
    const [wall, cpu] = [figure.millis, figure.cpuMillis].map((ms) => ms.toFixed(1).padStart(8))
    console.log(`${verdict}  ${what.padEnd(50)} ${wall} ms, ${cpu} of processor  (at most ${mostMillis})`)
    return figure
  })

const bench = Effect.gen(function* () {
  const [book, statements, usage] = yield* Effect.all([Book.Book, DeveloperStatement.DeveloperStatement, Usage.Usage])
  const from = performance.now()
  yield* fill
  const wrong = yield* book.audit
  if (wrong.length > 0) return yield* Effect.die(new Error(`what was made does not add up: ${wrong[0]}`))
  console.log(`${charges} charges, made and audited in ${((performance.now() - from) / 1_000).toFixed(0)} s\n`)
  const until = since + 30 * day
  const byDay = (by: ReadonlyArray<Usage.Dimension>) => usage.byDay({ since, until, by })
  const lines = Stream.runCount(statements.lines(month))
  const counted = yield* lines
  if (counted !== charges) return yield* Effect.die(new Error(`the statement has ${counted} lines`))
  const bytes = Stream.runFold(
    statements.export(month, "csv"),
    () => 0,
    (sum, text) => sum + text.length
  )
  return [
    yield* measure("a month's statement, its lines added up", 3, 10_000, lines),
    yield* measure("the same as CSV", 3, 10_000, bytes),
    yield* measure("what a month comes to", rounds, 200, statements.summary(month)),
    yield* measure("takings by day and protocol, 30 days", rounds, 200, byDay(["protocol"])),
    yield* measure("takings by day and currency, 30 days", rounds, 200, byDay(["currency"])),
    yield* measure("takings by day and tool, 30 days", rounds, 200, byDay(["tool"])),
    yield* measure(
      "takings by day and agent, one tool, 30 days",
      rounds,
      200,
      usage.byDay({ since, until, by: ["agent"], tool: "t7" })
    ),
    yield* measure("the last 50 calls", rounds, 200, usage.calls({ limit: 50 })),
    yield* measure("the last 50 calls of a tool", rounds, 200, usage.calls({ limit: 50, tool: "t7" })),
    yield* measure("the last 50 refused calls", rounds, 200, usage.calls({ limit: 50, outcome: "refused" })),
    yield* measure("refusals by reason, 30 days", rounds, 200, usage.refusals({ since, until })),
    yield* measure("what a developer is owed", rounds, 200, book.payable("ann"))
  ]
})

const directory = mkdtempSync(join(tmpdir(), "paylayer-bench-book-"))
const filename = join(directory, "gateway.db")
try {
  const layer = Layer.mergeAll(Book.layer, DeveloperStatement.layer, Usage.layer).pipe(
    Layer.provideMerge(GatewayStore.layer()),
    Layer.provideMerge(SqliteClient.layer({ filename }))
  )
  console.log(`Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown"}`)
  const figures = await Effect.runPromise(Effect.provide(bench, layer))
  console.log(`\nthe file has ${(statSync(filename).size / 1e6).toFixed(0)} MB`)
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ charges, figures }, undefined, 2))
  if (figures.some(({ millis, mostMillis }) => millis > mostMillis)) process.exitCode = 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
