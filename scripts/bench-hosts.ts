// What a paid route costs beside the framework it sits on: `pnpm bench:hosts`, or `pnpm bench:hosts 9` for nine rounds. Provider without
// cryptography, ledger in memory, 32 connections. Every framework runs in a process of its own, and its bare, unpaid and paid route are
// measured in turns; the figures are medians of the rounds.
import autocannon from "autocannon"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { availableParallelism, cpus, loadavg } from "node:os"
import { detection } from "./bench/detection.ts"
import { coldImport } from "./bench/coldImport.ts"
import { header } from "./bench/MockPay.ts"
import { root } from "./compiler.ts"

const rounds = Number(process.argv[2] ?? 5)
const only = process.argv.slice(3)
const seconds = 2
/** Requests before anything is measured: for so long the paid route is compiled again and again. The same for each. */
const warmUp = 5000
const connections = 32

/** Promised: what is kept of the bare framework's requests a second. */
const goals = {
  effect: { unpaid: 0.7, paid: 0.5 },
  hono: { unpaid: 0.7, paid: 0.5 },
  express: { unpaid: 0.85, paid: 0.75 },
  node: undefined
} as const
type Framework = keyof typeof goals

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
const verdict = (kept: boolean) => (kept ? "kept" : "missed")

const cpuOf = async (server: ChildProcess): Promise<number> => {
  server.send("cpu")
  const [value] = await once(server, "message")
  return value as number
}

const routes = {
  bare: { path: "/bare", headers: {}, status: 200 },
  unpaid: { path: "/paid", headers: {}, status: 402 },
  paid: { path: "/paid", headers: { [header]: "agent" }, status: 200 }
} as const
type Route = keyof typeof routes

interface Measured {
  /** Requests a second. */
  readonly rate: number
  /** Microseconds of the server's CPU for one. */
  readonly cpu: number
}

const measure = async (
  server: ChildProcess,
  port: number,
  route: Route,
  extent: { readonly duration: number } | { readonly amount: number }
): Promise<Measured> => {
  const { headers, path, status } = routes[route]
  const before = await cpuOf(server)
  const result = await autocannon({
    url: `http://127.0.0.1:${port}${path}`,
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: '{"market":"consumer-electronics"}',
    connections,
    ...extent
  })
  const cpu = (await cpuOf(server)) - before
  const answered = result.statusCodeStats?.[`${status}`]?.count ?? 0
  if (answered < result.requests.total * 0.999) {
    throw new Error(`${path} was answered ${JSON.stringify(result.statusCodeStats)}, not ${status}`)
  }
  return { rate: answered / result.duration, cpu: (cpu * 1e6) / answered }
}

console.log(
  `${availableParallelism()} cores (${cpus()[0]!.model.trim()}), Node ${process.version}, load ${loadavg()[0]!.toFixed(1)} before; medians of ${rounds} rounds of ${seconds} s after ${warmUp} requests, ${connections} connections\n`
)
console.log("             requests a second          kept of bare       server CPU, µs a request")
console.log("framework    bare  unpaid    paid      unpaid    paid      bare  unpaid    paid      goal")
for (const framework of Object.keys(goals) as ReadonlyArray<Framework>) {
  if (only.length > 0 && !only.includes(framework)) continue
  const server = fork("scripts/bench/hostServer.ts", [framework], { cwd: root, execArgv: process.execArgv })
  const [port] = (await once(server, "message")) as [number]
  const names = Object.keys(routes) as ReadonlyArray<Route>
  for (const route of names) await measure(server, port, route, { amount: warmUp })
  const taken: Record<Route, Array<Measured>> = { bare: [], unpaid: [], paid: [] }
  for (let round = 0; round < rounds; round++) {
    for (const route of names) taken[route].push(await measure(server, port, route, { duration: seconds }))
  }
  server.disconnect()
  const rate = (route: Route) => median(taken[route].map((one) => one.rate))
  const cpu = (route: Route) => median(taken[route].map((one) => one.cpu))
  /** Round by round, since the machine may be busy with something else. */
  const kept = (route: Route) => median(taken[route].map((one, index) => one.rate / taken.bare[index]!.rate))
  const goal = goals[framework]
  const cells = [
    framework.padEnd(9),
    ...names.map((route) => rate(route).toFixed(0).padStart(6)),
    "  ",
    ...(["unpaid", "paid"] as const).map((route) => `${(kept(route) * 100).toFixed(0)} %`.padStart(6)),
    "  ",
    ...names.map((route) => cpu(route).toFixed(0).padStart(6)),
    "  ",
    goal === undefined
      ? "none"
      : `${goal.unpaid * 100} % ${verdict(kept("unpaid") >= goal.unpaid)}, ${goal.paid * 100} % ${verdict(kept("paid") >= goal.paid)}`
  ]
  console.log(cells.join("  "))
}

await detection(rounds)
coldImport(rounds)
