// @effect-diagnostics globalTimers:off
/**
 * The thread of the watchdog. Where a thread at work has not beaten for too long, it says so and ends the process, from within the
 * main thread: one that is busy in a loop runs nothing but what the inspector asks of it.
 */
import { writeSync } from "node:fs"
import { Session } from "node:inspector"
import { workerData } from "node:worker_threads"
import * as Board from "./board.ts"
import type { Watch } from "./watchdog.ts"

const { file, laws, memory, patienceMillis } = workerData as Watch
const board = Board.over(memory)
const everyMillis = Math.min(500, patienceMillis / 4)
const seen = Array.from({ length: board.threads }, () => ({ beats: -1, waitedMillis: 0 }))

const isBusy = (thread: number): boolean => {
  const state = seen[thread]!
  const beats = board.beats(thread)
  const lives = beats !== state.beats || (thread > 0 && board.at(thread) === Board.idle)
  state.waitedMillis = lives ? 0 : state.waitedMillis + everyMillis
  state.beats = beats
  return state.waitedMillis >= patienceMillis
}

// oxlint-disable-next-line no-restricted-globals -- a thread without a runtime, that watches others which may be stuck
const timer = setInterval(() => {
  const busy = seen.findIndex((_, thread) => isBusy(thread))
  if (busy === -1) return
  clearInterval(timer)
  const seconds = Math.round(patienceMillis / 1000)
  const law = laws[board.at(busy)]
  writeSync(
    2,
    `${file}: the subject kept the process busy for ${seconds} seconds${law === undefined ? "" : ` in ${law}`} and lets nothing else run.\n`
  )
  const session = new Session()
  session.connectToMainThread()
  // Without the standard error, on which Node would say that it waits for a debugger.
  const expression =
    "process.removeAllListeners('exit'); process.getBuiltinModule('node:fs').closeSync(2); process.exit(2)"
  session.post("Runtime.evaluate", { expression })
}, everyMillis)
