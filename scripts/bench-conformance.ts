// How long the conformance kit takes, as medians over several runs of its command line: `pnpm bench:conformance`, or
// `pnpm bench:conformance 9` for nine runs of each. And how soon it finds the race of `check-then-act-limit`.
import * as Conformance from "../conformance/src/Conformance.ts"
import * as Mutants from "../conformance/src/Mutants.ts"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs"
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { root } from "./compiler.ts"

const times = Number(process.argv[2] ?? 5)

const subjects = {
  voucher: "conformance/test/subjects/voucher.subject.ts",
  ticket: "conformance/test/subjects/ticket.subject.ts",
  "alipay-trust": "packages/alipay-sandbox/conformance/subject.ts"
}

/** Promised, in seconds. */
const goals = { ci: 15, quick: 3 } as const

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const load = (): string => loadavg()[0]!.toFixed(1)

/** Says what the whole process took, with all its threads, where it ends. */
const told = `data:text/javascript,${encodeURIComponent(
  `import{isMainThread}from"node:worker_threads";import{writeSync}from"node:fs";if(isMainThread)process.on("exit",()=>{const{user,system}=process.cpuUsage();writeSync(3,String((user+system)/1e6))})`
)}`

interface Measured {
  readonly wall: number
  readonly cpu: number
  readonly laws: number
  readonly cases: number
}

const measure = (file: string, profile: string, seed: number): Measured => {
  const out = mkdtempSync(join(tmpdir(), "bench-"))
  try {
    const asked = ["check", file, "--profile", profile, "--seed", String(seed), "--report", "json", "--out", out]
    const start = performance.now()
    const done = spawnSync(process.execPath, ["--import", told, "conformance/src/bin.ts", ...asked], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe", "pipe"]
    })
    const wall = (performance.now() - start) / 1000
    if (done.status !== 0) throw new Error(`${file} ended with ${done.status}: ${done.stdout}${done.stderr}`)
    const { laws } = JSON.parse(readFileSync(join(out, readdirSync(out)[0]!), "utf8"))
    let cases = 0
    for (const { verdict } of laws) cases += verdict.runs ?? 1
    return { wall, cpu: Number(done.output[3]), laws: laws.length, cases }
  } finally {
    rmSync(out, { recursive: true })
  }
}

console.log(
  `${availableParallelism()} cores (${cpus()[0]!.model.trim()}), Node ${process.version}, load ${load()} before; medians of ${times} runs\n`
)
console.log("subject       profile   wall s   worst    CPU s  laws/s  cases/s   load  goal")
for (const profile of ["ci", "quick"] as const) {
  for (const [name, file] of Object.entries(subjects)) {
    const found = Array.from({ length: times }, (_, index) => measure(file, profile, index + 1))
    const wall = median(found.map((one) => one.wall))
    const cells = [
      wall.toFixed(1).padStart(6),
      Math.max(...found.map((one) => one.wall))
        .toFixed(1)
        .padStart(6),
      median(found.map((one) => one.cpu))
        .toFixed(1)
        .padStart(7),
      median(found.map(({ laws, wall }) => laws / wall))
        .toFixed(1)
        .padStart(6),
      median(found.map(({ cases, wall }) => cases / wall))
        .toFixed(0)
        .padStart(7),
      load().padStart(5),
      wall <= goals[profile] ? ` ${goals[profile]} s, kept` : ` ${goals[profile]} s, missed`
    ]
    console.log(`${name.padEnd(12)}  ${profile.padEnd(7)}  ${cells.join("  ")}`)
  }
}

const seeds = 20
const mutant = Mutants.mutants.find(({ name }) => name === "check-then-act-limit")!
const runs: Array<number> = []
for (let seed = 1; seed <= seeds; seed++) {
  const { laws } = await Effect.runPromise(Conformance.check(mutant.subject, { only: ["RAC-02"], seed }))
  const verdict = laws[0]?.verdict
  runs.push(verdict?._tag === "fail" ? verdict.failure.foundOnRun : Number.POSITIVE_INFINITY)
}
const worst = Math.max(...runs)
console.log(
  `\ncheck-then-act-limit is found by RAC-02 on run ${median(runs)} (median of ${seeds} seeds), at the latest on run ${worst}; goal: under 200, ${worst < 200 ? "kept" : "missed"}`
)
