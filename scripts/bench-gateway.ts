// What the gateway costs beside a plain reverse proxy of node:http: `pnpm bench:gateway`, or `pnpm bench:gateway 9` for nine rounds. Every
// server runs in a process of its own before one and the same tool, and they are measured in turns; the figures are medians of the rounds.
// Provider without cryptography, 32 connections.
import autocannon from "autocannon"
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { availableParallelism, cpus, loadavg } from "node:os"
import { header } from "./bench/MockPay.ts"
import { root } from "./compiler.ts"

const rounds = Number(process.argv[2] ?? 5)
const seconds = 2
const connections = 32

/** Promised: what is kept of the plain proxy's requests a second. */
const goals = { plain: undefined, free: 0.6, paid: 0.35, "paid-memory": undefined } as const
type Server = keyof typeof goals
const names = Object.keys(goals) as ReadonlyArray<Server>

const titles: Readonly<Record<Server, string>> = {
  plain: "node:http",
  free: "gateway, free",
  paid: "gateway, paid, SQLite",
  "paid-memory": "gateway, paid, memory"
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

interface Running {
  readonly process: ChildProcess
  readonly port: number
}

const start = async (which: string, ...more: ReadonlyArray<string>): Promise<Running> => {
  const child = fork("scripts/bench/gatewayServer.ts", [which, ...more], { cwd: root, execArgv: process.execArgv })
  const [port] = (await once(child, "message")) as [number]
  return { process: child, port }
}

const cpuOf = async ({ process }: Running): Promise<number> => {
  process.send("cpu")
  const [value] = await once(process, "message")
  return value as number
}

interface Measured {
  /** Requests a second. */
  readonly rate: number
  /** Microseconds of the server's CPU for one. */
  readonly cpu: number
}

const measure = async (server: Running, duration: number): Promise<Measured> => {
  const before = await cpuOf(server)
  const result = await autocannon({
    url: `http://127.0.0.1:${server.port}/api/proxy/tool`,
    method: "POST",
    headers: { "content-type": "application/json", [header]: "agent" },
    body: '{"market":"consumer-electronics"}',
    connections,
    duration
  })
  const cpu = (await cpuOf(server)) - before
  const answered = result.statusCodeStats?.["200"]?.count ?? 0
  if (answered < result.requests.total * 0.999)
    throw new Error(`answered ${JSON.stringify(result.statusCodeStats)}, not 200`)
  return { rate: answered / result.duration, cpu: (cpu * 1e6) / answered }
}

console.log(
  `${availableParallelism()} cores (${cpus()[0]!.model.trim()}), Node ${process.version}, load ${loadavg()[0]!.toFixed(1)} before; medians of ${rounds} rounds of ${seconds} s, ${connections} connections; tool, proxy and load share the machine\n`
)
const upstream = await start("upstream")
const servers = new Map<Server, Running>()
for (const name of names) servers.set(name, await start(name, String(upstream.port)))
const taken = new Map<Server, Array<Measured>>(names.map((name) => [name, []]))
for (const name of names) await measure(servers.get(name)!, 3)
for (let round = 0; round < rounds; round++)
  for (const name of names) taken.get(name)!.push(await measure(servers.get(name)!, seconds))
for (const { process } of [upstream, ...servers.values()]) process.disconnect()

console.log(
  "server                  requests a second   kept of node:http   CPU, µs a request   kept of its CPU   goal"
)
for (const name of names) {
  const own = taken.get(name)!
  const base = taken.get("plain")!
  const rate = median(own.map((one) => one.rate))
  /** Round by round, since the machine may be busy with something else. */
  const kept = median(own.map((one, index) => one.rate / base[index]!.rate))
  const cpu = median(own.map((one) => one.cpu))
  const keptCpu = median(own.map((one, index) => base[index]!.cpu / one.cpu))
  const goal = goals[name]
  console.log(
    [
      titles[name].padEnd(22),
      rate.toFixed(0).padStart(17),
      `${(kept * 100).toFixed(0)} %`.padStart(17),
      cpu.toFixed(0).padStart(17),
      `${(keptCpu * 100).toFixed(0)} %`.padStart(15),
      goal === undefined ? "none" : `${goal * 100} % ${kept >= goal ? "kept" : "missed"}`
    ].join("  ")
  )
}
