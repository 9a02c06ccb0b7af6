// What the dashboard's pages cost with a million charges stored: `pnpm bench:dashboard`, or `pnpm bench:dashboard 100000` for as many.
// A few thousand charges go through the ledger and the bookkeeper; the database then copies their rows. Pages are asked for over HTTP, on
// one connection, medians of nine; the first page also by Chromium. Beside it the same with the few thousand alone.
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { createServer } from "node:http"
import { availableParallelism, cpus, loadavg } from "node:os"
import { launch } from "../packages/alipay-sandbox/test/chromium.ts"
import { Bookkeeper } from "../packages/gateway/src/Bookkeeper.ts"
import * as Dashboard from "../packages/gateway/src/Dashboard.ts"
import { GatewayStore } from "../packages/gateway/src/GatewayStore.ts"
import { configuration, past, sell, services, token } from "../packages/gateway/test/dashboard/world.ts"

const wanted = Number(process.argv[2] ?? 1_000_000)
const through = 2_000
const copies = Math.max(0, Math.round(wanted / through) - 1)

/** Promised: bytes of the first page, and milliseconds until it can be used. */
const goals = { bytes: 300 * 1_024, millis: 1_000 }

const pages = {
  "first page": "",
  "90 days, by tool": "?days=90&by=tool",
  charges: "/charges",
  "charges of a tool, unpaid": "/charges?tool=images&outcome=failed",
  "charges of a protocol": "/charges?protocol=x402",
  "charges of a day": "/charges?since=2026-10-15&until=2026-10-15",
  live: "/live",
  refusals: "/refusals",
  budgets: "/budgets",
  payouts: "/payouts",
  waiting: "/waiting"
} as const

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

/** Every row of calls and charges so many times more, under other ids; every day's sums so many times as large. */
const multiply = Effect.gen(function* () {
  const { sql, write } = yield* GatewayStore
  const columns = Effect.fnUntraced(function* (table: string) {
    const found = yield* sql<{ readonly name: string }>`SELECT name FROM pragma_table_info(${table})`
    return found.map(({ name }) => `"${name}"`).filter((name) => name !== '"seq"')
  })
  const copy = Effect.fnUntraced(function* (table: string, own: Readonly<Record<string, string>>) {
    const names = yield* columns(table)
    const values = names.map((name) => own[name] ?? `t.${name}`)
    yield* sql.unsafe(
      `WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < ${copies})
      INSERT INTO ${table} (${names.join(", ")}) SELECT ${values.join(", ")} FROM ${table} AS t, k`
    )
  })
  if (copies === 0) return
  yield* write(
    Effect.gen(function* () {
      const id = `t.id || printf('%04x', k.n)`
      yield* copy("gateway_calls", { '"id"': id, '"at"': `t.at + k.n` })
      yield* copy("paylayer_charges", {
        '"id"': id,
        '"key"': `t.key || '-' || k.n`,
        '"opened_at"': `t.opened_at + k.n`
      })
      yield* sql.unsafe(
        `INSERT INTO paylayer_journal SELECT c.seq, j.n, j.state, j.at, j.owner, j.cause, j.trace, j.refund
        FROM paylayer_charges AS c JOIN paylayer_charges AS o ON o.id = substr(c.id, 1, 35) JOIN paylayer_journal AS j ON j.charge = o.seq
        WHERE length(c.id) > 35`
      )
      for (const table of ["gateway_days", "gateway_agent_days"]) {
        yield* sql.unsafe(
          `UPDATE ${table} SET calls = calls * ${copies + 1}, units = units * ${copies + 1}, minor = minor * ${copies + 1}, returned = returned * ${copies + 1}`
        )
      }
    })
  )
})

const count = Effect.flatMap(
  GatewayStore,
  ({ sql }) => sql<{ readonly n: number }>`SELECT count(*) AS n FROM paylayer_charges`
)

const serving = HttpRouter.serve(
  Dashboard.layer({ operatorToken: Redacted.make(token), configuration: Effect.succeed(configuration) }),
  { disableLogger: true, disableListenLog: true }
).pipe(
  Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" })),
  Layer.provideMerge(services)
)

const signIn = async (url: string) => {
  // A connection that timed out while the database was busy is found broken here.
  await fetch(url).catch(() => undefined)
  const body = new URLSearchParams({ token })
  const response = await fetch(`${url}/sign-in`, { method: "POST", body, redirect: "manual" })
  return response.headers.getSetCookie()[0]!.split(";")[0]!
}

const measure = async (url: string) => {
  const cookie = await signIn(url)
  const found = new Map<string, { readonly bytes: number; readonly millis: number }>()
  for (const [name, path] of Object.entries(pages)) {
    let bytes = 0
    const times: Array<number> = []
    for (let round = 0; round < 9; round++) {
      const before = performance.now()
      const response = await fetch(`${url}${path}`, { headers: { cookie } })
      bytes = (await response.arrayBuffer()).byteLength
      times.push(performance.now() - before)
      if (response.status !== 200) throw new Error(`${path} is ${response.status}`)
    }
    found.set(name, { bytes, millis: median(times) })
  }
  return found
}

const browse = async (url: string) => {
  const browser = await launch()
  try {
    const page = await browser.newPage()
    await page.goto(url)
    await page.locator("input[name=token]").fill(token)
    await page.locator("button.main").click()
    const times: Array<number> = []
    for (let round = 0; round < 5; round++) {
      await page.goto(url)
      times.push(await page.evaluate<number>(`performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd`))
    }
    return median(times)
  } finally {
    await browser.close()
  }
}

const main = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  const url = `${HttpServer.formatAddress(address)}/dashboard`
  yield* past(through, Date.now())
  for (let each = 0; each < 40; each++) yield* sell("market-research", 900n, { agent: `agent-${each}` })
  yield* (yield* Bookkeeper).catchUp
  const few = yield* Effect.promise(() => measure(url))
  yield* multiply
  const [stored] = yield* count
  const many = yield* Effect.promise(() => measure(url))
  const interactive = yield* Effect.promise(() => browse(url))
  console.log(
    `${cpus()[0]!.model}, ${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}, Node ${process.version}`
  )
  console.log(`${through + 40} charges beside ${stored!.n}\n`)
  console.log(`${"page".padEnd(28)}${"KiB".padStart(8)}${"few, ms".padStart(12)}${"many, ms".padStart(12)}`)
  for (const [name, { bytes, millis }] of many) {
    const kib = (bytes / 1_024).toFixed(1)
    console.log(
      `${name.padEnd(28)}${kib.padStart(8)}${few.get(name)!.millis.toFixed(1).padStart(12)}${millis.toFixed(1).padStart(12)}`
    )
  }
  const { bytes } = many.get("first page")!
  console.log(
    `\nfirst page: ${(bytes / 1_024).toFixed(1)} KiB (promised: at most ${goals.bytes / 1_024}), to be used after ${interactive.toFixed(0)} ms in Chromium (promised: at most ${goals.millis})`
  )
  if (bytes > goals.bytes || interactive > goals.millis) process.exitCode = 1
})

await Effect.runPromise(Effect.scoped(Effect.provide(main, serving)))
