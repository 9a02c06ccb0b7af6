/**
 * What a thread of the crew does: loads the subject, takes laws until none is left, and says what became of each.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { parentPort, workerData } from "node:worker_threads"
import * as Checking from "../Checking.ts"
import { Ending } from "../Ending.ts"
import * as SubjectFile from "../SubjectFile.ts"
import * as Board from "./board.ts"
import type { Message, Task } from "./crew.ts"

const { file, memory, options, patience, thread } = workerData as Task
const board = Board.over(memory)

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const say = (message: Message) => Effect.sync(() => parentPort?.postMessage(message))

const work = Effect.gen(function* () {
  const beating = Effect.sync(() => board.beat(thread))
  yield* Effect.forkScoped(Effect.repeat(beating, Schedule.spaced("100 millis")), { startImmediately: true })
  const subject = yield* SubjectFile.load(file, patience)
  const { judge, laws } = yield* Checking.begin(file, subject, options)
  for (let next = board.take(thread); next !== undefined; next = board.take(thread)) {
    yield* say({ _tag: "Judged", report: yield* judge(laws[next]!) })
  }
  yield* say({ _tag: "Finished" })
}).pipe(Effect.scoped)

const ended = (cause: Cause.Cause<Ending>): Message => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause)) ?? Checking.kitFailed(file, cause)
  return { _tag: "Ended", code: error.code, sentence: error.sentence ?? `${file}: it was not judged` }
}

void Effect.runPromise(
  work.pipe(
    Effect.catchCause((cause) => say(ended(cause))),
    Effect.provide([NodeFileSystem.layer, NodePath.layer])
  )
)
