/**
 * The crew: threads that take laws of a check beside this one. Each loads the subject for itself.
 *
 * A thread that dies fails the check, whatever the others found: what it was at would otherwise be missing.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { Worker } from "node:worker_threads"
import type * as Conformance from "../../Conformance.ts"
import type { LawReport } from "../../Report.ts"
import { Ending, type ExitCode, wordsFor } from "../Ending.ts"
import type { Board } from "./board.ts"
import * as Recruits from "./recruits.ts"

/** What a thread is given. */
export interface Task {
  readonly file: string
  readonly patience: number
  readonly options: Conformance.Options
  readonly memory: SharedArrayBuffer
  readonly thread: number
}

/** What a thread says. */
export type Message =
  | { readonly _tag: "Judged"; readonly report: LawReport }
  /** It has judged all that it took, and nothing is left to take. */
  | { readonly _tag: "Finished" }
  /** It cannot go on. */
  | { readonly _tag: "Ended"; readonly code: ExitCode; readonly sentence: string }

export interface Crew {
  /** Tells what the threads say, until one of them cannot go on. */
  readonly listen: (tell: (report: LawReport) => Effect.Effect<void>) => Effect.Effect<never, Ending>
}

const start = (task: Task, said: Queue.Queue<Message>): Worker => {
  const worker = Recruits.take()
  const { file } = task
  let last: Message | undefined
  const say = (message: Message) => {
    last = message
    Queue.offerUnsafe(said, message)
  }
  worker.on("message", say)
  worker.on("error", (thrown: unknown) =>
    say({ _tag: "Ended", code: 2, sentence: `${file}: the subject threw outside of every call: ${wordsFor(thrown)}` })
  )
  worker.on("exit", (code) => {
    const sentence = `${file}: the subject ended the process with code ${code} before it was judged`
    if (last === undefined || last._tag === "Judged") say({ _tag: "Ended", code: 2, sentence })
  })
  worker.unref()
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage(task)
  return worker
}

/** Starts a thread for every place on the board but the first; they are gone when the scope closes. */
export const hire = Effect.fnUntraced(function* ({
  board,
  ...task
}: Pick<Task, "file" | "patience" | "options"> & { readonly board: Board }): Effect.fn.Return<
  Crew,
  never,
  Scope.Scope
> {
  const said = yield* Queue.unbounded<Message>()
  const others = Array.from({ length: board.threads - 1 }, (_, index) => index + 1)
  for (const thread of others) {
    yield* Effect.acquireRelease(
      Effect.sync(() => start({ ...task, memory: board.memory, thread }, said)),
      (worker) => Effect.promise(() => worker.terminate())
    )
  }
  return {
    listen: (tell) =>
      Effect.gen(function* () {
        while (true) {
          const message = yield* Queue.take(said)
          if (message._tag === "Judged") yield* tell(message.report)
          else if (message._tag === "Ended") return yield* new Ending(message)
        }
      })
  }
})
