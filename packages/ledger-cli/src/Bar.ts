/**
 * A progress bar on the error stream of a terminal; where that is none, a line for each step that is done.
 */
import type { Progress } from "@paylayer/core/Reconciliation"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { count } from "./Text.ts"

const steps: ReadonlyArray<Progress["step"]> = ["ledger", "statement", "looking up", "other days"]

const words: { readonly [S in Progress["step"]]: (done: number) => string } = {
  ledger: (done) => `the ledger: ${count(done, "charge")}`,
  statement: (done) => `the statement: ${count(done, "line")}`,
  "looking up": (done) => `looked up: ${count(done, "charge")}`,
  "other days": (done) => `other days: ${count(done, "line")}`
}

const width = 24

/** The bar for a moment of the work. */
export const draw = ({ done, outOf, step }: Progress): string => {
  // Nobody knows how long a statement is before it has been read: a step that is at work counts half.
  const part = steps.indexOf(step) + (outOf === undefined ? 0.5 : done / outOf)
  const filled = Math.round((part / steps.length) * width)
  return `${"█".repeat(filled)}${"░".repeat(width - filled)} ${words[step](done)}`
}

export interface Bar {
  readonly onProgress: (progress: Progress) => Effect.Effect<void>
  /** Takes the bar away. */
  readonly end: Effect.Effect<void>
}

const again = "\r\u001b[2K"

/** A bar on the error stream. */
export const make = Effect.gen(function* () {
  const console = yield* Console.Console
  const isTerminal = process.stderr.isTTY === true
  let last: Progress | undefined
  const settled = () => {
    if (last !== undefined && !isTerminal) console.error(words[last.step](last.done))
  }
  const bar: Bar = {
    onProgress: (progress) =>
      Effect.sync(() => {
        if (last?.step !== progress.step) settled()
        last = progress
        if (isTerminal) process.stderr.write(again + draw(progress))
      }),
    end: Effect.sync(() => {
      settled()
      if (isTerminal && last !== undefined) process.stderr.write(again)
      last = undefined
    })
  }
  return bar
})
