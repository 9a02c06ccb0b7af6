/**
 * A subject runs in this process and can end it, or throw where nobody listens. Then the process says so, with the right code.
 */
import * as Effect from "effect/Effect"
import { writeSync } from "node:fs"
import { wordsFor } from "../Ending.ts"

const say = (sentence: string): void => {
  writeSync(2, `${sentence}\n`)
}

/** Runs an effect on behalf of a file; while it does, the file is to blame for what happens to the process. */
export const owning = <A, E, R>(file: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
  const onExit = (code: number) => {
    say(`${file}: the subject ended the process with code ${code} before it was judged`)
    process.exitCode = 2
  }
  const onThrow = (thrown: unknown) => {
    process.off("exit", onExit)
    say(`${file}: the subject threw outside of every call: ${wordsFor(thrown)}`)
    process.exit(2)
  }
  return Effect.acquireUseRelease(
    Effect.sync(() => {
      process.on("exit", onExit)
      process.on("uncaughtException", onThrow)
      process.on("unhandledRejection", onThrow)
    }),
    () => effect,
    () =>
      Effect.sync(() => {
        process.off("exit", onExit)
        process.off("uncaughtException", onThrow)
        process.off("unhandledRejection", onThrow)
      })
  )
}
