/**
 * The watchdog: a subject may loop without end where no fiber can be interrupted, and must not hang a CI server.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Worker } from "node:worker_threads"

export interface Watchdog {
  /** Says what is going on, for the sentence. */
  readonly during: (law: string) => void
}

const thread = import.meta.url.endsWith(".ts")
  ? new URL("./watchdogThread.ts", import.meta.url)
  : new URL("./watchdogThread.js", import.meta.url)

/** Watches the process until the scope closes. */
export const watch = Effect.fnUntraced(function* (
  file: string,
  patienceSeconds: number
): Effect.fn.Return<Watchdog, never, Scope.Scope> {
  const beats = new Int32Array(new SharedArrayBuffer(4))
  const worker = yield* Effect.acquireRelease(
    Effect.sync(() => {
      const started = new Worker(thread, { workerData: { beats, file, patienceMillis: patienceSeconds * 1000 } })
      started.unref()
      return started
    }),
    (started) => Effect.promise(() => started.terminate())
  )
  yield* Effect.sync(() => Atomics.add(beats, 0, 1)).pipe(
    Effect.repeat(Schedule.spaced("100 millis")),
    Effect.forkScoped({ startImmediately: true })
  )
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  return { during: (law) => worker.postMessage(law) }
})
