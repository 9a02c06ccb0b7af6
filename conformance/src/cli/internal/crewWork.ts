/**
 * What a thread of the crew does: is told what to check, loads the subject, takes laws until none is left, and says what became of
 * each.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { parentPort } from "node:worker_threads"
import * as Checking from "../Checking.ts"
import { Ending } from "../Ending.ts"
import * as SubjectFile from "../SubjectFile.ts"
import * as Board from "./board.ts"
import type { Message, Task } from "./crew.ts"

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const say = (message: Message) => Effect.sync(() => parentPort?.postMessage(message))

const work = Effect.fnUntraced(function* ({ file, memory, options, patience, thread }: Task) {
  const board = Board.over(memory)
  const beating = Effect.sync(() => board.beat(thread))
  yield* Effect.forkScoped(Effect.repeat(beating, Schedule.spaced("100 millis")), { startImmediately: true })
  const subject = yield* SubjectFile.load(file, patience)
  const { judge, laws } = yield* Checking.begin(file, subject, options)
  for (let next = board.take(thread); next !== undefined; next = board.take(thread)) {
    yield* say({ _tag: "Judged", report: yield* judge(laws[next]!) })
  }
  yield* say({ _tag: "Finished" })
}, Effect.scoped)

const ended = ({ file }: Task, cause: Cause.Cause<Ending>): Message => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause)) ?? Checking.kitFailed(file, cause)
  return { _tag: "Ended", code: error.code, sentence: error.sentence ?? `${file}: it was not judged` }
}

parentPort?.once("message", (task: Task) => {
  void Effect.runPromise(
    work(task).pipe(
      Effect.catchCause((cause) => say(ended(task, cause))),
      Effect.provide([NodeFileSystem.layer, NodePath.layer])
    )
  )
})
