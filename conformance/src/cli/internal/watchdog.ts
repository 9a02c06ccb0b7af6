/**
 * The watchdog: a subject may loop without end where no fiber can be interrupted, and must not hang a CI server.
 */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { Law } from "../../Law.ts"
import type { Board } from "./board.ts"
import * as Thread from "./thread.ts"

/** What the watchdog is given. */
export interface Watch {
  readonly file: string
  readonly patienceMillis: number
  readonly memory: SharedArrayBuffer
  /** The ids of the laws, for the sentence. */
  readonly laws: ReadonlyArray<string>
}

/** Watches the threads on the board until the scope closes. */
export const watch = Effect.fnUntraced(function* (options: {
  readonly file: string
  readonly patienceSeconds: number
  readonly board: Board
  readonly laws: ReadonlyArray<Law>
}): Effect.fn.Return<void, never, Scope.Scope> {
  const { board, file, laws, patienceSeconds } = options
  const { memory } = board
  const watching: Watch = { file, patienceMillis: patienceSeconds * 1000, memory, laws: laws.map(({ id }) => id) }
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const started = Thread.start(new URL("./watchdogWork.ts", import.meta.url), watching)
      started.unref()
      return started
    }),
    (started) => Effect.promise(() => started.terminate())
  )
  yield* Effect.sync(() => board.beat(0)).pipe(
    Effect.repeat(Schedule.spaced("100 millis")),
    Effect.forkScoped({ startImmediately: true })
  )
})
