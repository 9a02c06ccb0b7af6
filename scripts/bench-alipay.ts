// What the Open Platform client costs, with the sandbox in a second process: `pnpm bench:alipay`, or `pnpm bench:alipay 9` for nine
// rounds. Two ratios, each of things measured in the same rounds, since the machine may be busy with something else:
//
// - gateway calls per second of our client and of `alipay-sdk` (`exec` with `validateSign`), 32 at a time;
// - whole charges per second, and the most that the RSA operations of both processes leave room for on these cores: two processes that
//   do nothing but sign and verify as often as the client and the sandbox do for a charge. A call is a third of that: its bound also
//   says how many times `alipay-sdk` any client could be.
import { type ChildProcess, fork, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { availableParallelism, cpus, loadavg } from "node:os"
import type { Took } from "./bench-alipay-load.ts"
import { root } from "./compiler.ts"

const rounds = Number(process.argv[2] ?? 5)
/** What two processes that only sign and verify are told to do as often as for a charge: the `rsa` load. */
const callsPerCharge = 3
const counts = { calls: 3_000, "alipay-sdk": 1_500, charges: 1_000, rsa: 1_000 } as const

/** Promised. */
const goals = { calls: 2.5, charges: 0.75 } as const

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
const load = (): string => loadavg()[0]!.toFixed(1)

const sandbox = spawn(process.execPath, ["packages/alipay-sandbox/src/bin.ts", "--port", "0"], {
  cwd: root,
  stdio: ["ignore", "pipe", "inherit"]
})
// Also where something here fails: the workers end by themselves when nobody is connected any more.
process.on("exit", () => void sandbox.kill())
let said = ""
for await (const chunk of sandbox.stdout) {
  said += String(chunk)
  if (said.includes("Ctrl-C")) break
}
const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? ""

/** CPU seconds of the sandbox so far, all threads: user and system, in hundredths. */
const sandboxCpu = (): number => {
  const fields = readFileSync(`/proc/${sandbox.pid}/stat`, "utf8").split(") ")[1]!.split(" ")
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const worker = async (name: string): Promise<ChildProcess> => {
  const child = fork("scripts/bench-alipay-load.ts", [name, url], { cwd: root, execArgv: process.execArgv })
  await once(child, "message")
  return child
}
const told = async (child: ChildProcess, count: number, round: number): Promise<Took> => {
  child.send({ count, round })
  const [took] = await once(child, "message")
  return took as Took
}

const clients = {
  calls: await worker("calls"),
  "alipay-sdk": await worker("alipay-sdk"),
  charges: await worker("charges")
}
const signers = [await worker("rsa"), await worker("rsa")]

interface Measured {
  readonly rate: number
  /** Milliseconds of CPU for one, here and in the sandbox. */
  readonly cpu: number
  readonly sandbox: number
  readonly sent: number
}
const measure = async (name: keyof typeof clients, round: number, count: number = counts[name]): Promise<Measured> => {
  const before = sandboxCpu()
  const { cpu, seconds, sent } = await told(clients[name], count, round)
  const each = (value: number) => (value * 1000) / count
  return { rate: count / seconds, cpu: each(cpu), sandbox: each(sandboxCpu() - before), sent: sent / count }
}
const bound = async (round: number, count: number = counts.rsa) => {
  const took = await Promise.all(signers.map((child) => told(child, count, round)))
  return {
    rate: count / Math.max(...took.map(({ seconds }) => seconds)),
    cpu: (took.reduce((sum, { cpu }) => sum + cpu, 0) * 1000) / count
  }
}

console.log(
  `${availableParallelism()} cores (${cpus()[0]!.model.trim()}), Node ${process.version}, load ${load()} before; ${rounds} rounds, 32 at a time\n`
)
for (const name of ["calls", "alipay-sdk", "charges"] as const) await measure(name, -1)
await bound(-1, 200)

console.log(
  "         gateway calls per second                          |  charges per second          |  CPU ms: client + sandbox"
)
console.log(
  "round    ours  alipay-sdk   ratio  RSA bound  its ratio    |  whole  RSA bound   share    |  our call     sdk call     charge       RSA   load"
)
const found = []
for (let round = 0; round < rounds; round++) {
  const ours = await measure("calls", round)
  const sdk = await measure("alipay-sdk", round)
  const whole = await measure("charges", round)
  const rsa = await bound(round)
  const calls = rsa.rate * callsPerCharge
  found.push({
    ratio: ours.rate / sdk.rate,
    most: calls / sdk.rate,
    ofBound: ours.rate / calls,
    share: whole.rate / rsa.rate,
    sent: whole.sent
  })
  const cpu = ({ cpu, sandbox }: Measured) => `${cpu.toFixed(2)} + ${sandbox.toFixed(2)}`.padEnd(11)
  const cells = [
    String(round + 1).padStart(5),
    ours.rate.toFixed(0).padStart(6),
    sdk.rate.toFixed(0).padStart(10),
    (ours.rate / sdk.rate).toFixed(2).padStart(6),
    calls.toFixed(0).padStart(9),
    (calls / sdk.rate).toFixed(2).padStart(9),
    `  |${whole.rate.toFixed(0).padStart(7)}`,
    rsa.rate.toFixed(0).padStart(9),
    `${((whole.rate / rsa.rate) * 100).toFixed(0)} %`.padStart(6),
    `  |  ${cpu(ours)}`,
    cpu(sdk),
    cpu(whole),
    rsa.cpu.toFixed(2),
    load()
  ]
  console.log(cells.join("  "))
}

const ratio = median(found.map((one) => one.ratio))
const most = median(found.map((one) => one.most))
const ofBound = median(found.map((one) => one.ofBound))
const share = median(found.map((one) => one.share))
const verdict = (kept: boolean) => (kept ? "kept" : "missed")
console.log(`
gateway calls: ${ratio.toFixed(2)} × alipay-sdk (median); goal ${goals.calls}, ${verdict(ratio >= goals.calls)}
  ${(ofBound * 100).toFixed(0)} % of what the RSA operations of a call leave room for, which is ${most.toFixed(2)} × alipay-sdk
charges: ${(share * 100).toFixed(0)} % of the RSA bound (median); goal ${goals.charges * 100} %, ${verdict(share >= goals.charges)}
gateway calls per charge: ${median(found.map((one) => one.sent))}, since each does what no other can: delegation.query says what is left
before the work is done, order.prepay opens the order, agent.delegation.pay takes the money for it`)

for (const child of [...Object.values(clients), ...signers]) child.disconnect()
sandbox.kill()
