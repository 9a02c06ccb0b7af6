// @effect-diagnostics globalTimers:off
/**
 * The other thread of the watchdog. Where the main thread has not beaten for too long, it says so and ends the process, from
 * within: a thread that is busy in a loop runs nothing but what the inspector asks of it.
 */
import { writeSync } from "node:fs"
import { Session } from "node:inspector"
import { parentPort, workerData } from "node:worker_threads"

const { beats, file, patienceMillis } = workerData as {
  readonly beats: Int32Array
  readonly file: string
  readonly patienceMillis: number
}

let during = ""
parentPort?.on("message", (law: string) => {
  during = law === "" ? "" : ` in ${law}`
})

let seen = -1
let waitedMillis = 0
const everyMillis = Math.min(500, patienceMillis / 4)

// oxlint-disable-next-line no-restricted-globals -- a thread without a runtime, that watches one which may be stuck
const timer = setInterval(() => {
  const now = Atomics.load(beats, 0)
  waitedMillis = now === seen ? waitedMillis + everyMillis : 0
  seen = now
  if (waitedMillis < patienceMillis) return
  clearInterval(timer)
  const seconds = Math.round(patienceMillis / 1000)
  writeSync(
    2,
    `${file}: the subject kept the process busy for ${seconds} seconds${during} and lets nothing else run.\n`
  )
  const session = new Session()
  session.connectToMainThread()
  // Without the standard error, on which Node would say that it waits for a debugger.
  const expression =
    "process.removeAllListeners('exit'); process.getBuiltinModule('node:fs').closeSync(2); process.exit(2)"
  session.post("Runtime.evaluate", { expression })
}, everyMillis)
