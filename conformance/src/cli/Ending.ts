/**
 * How a command ends: with an exit code, and a sentence where there is more to say than was printed.
 */
import * as Data from "effect/Data"
import { visible } from "../report/Visible.ts"

/** 0 conformant; 1 not; 2 nobody knows: inconclusive, nothing selected, unusable input; 3 the kit itself failed. */
export type ExitCode = 0 | 1 | 2 | 3

/** Ends a command early, or late with another code than 0. */
export class Ending extends Data.TaggedError("Ending")<{
  readonly code: ExitCode
  readonly sentence?: string
}> {}

/** The command cannot do what it was asked, for a reason that the caller can change. */
export const unusable = (sentence: string): Ending => new Ending({ code: 2, sentence })

/** What was thrown, in words and without its stack. */
export const wordsFor = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return `a ${typeof thrown} that is no Error: ${visible(String(thrown)).slice(0, 200)}`
  const message = visible(thrown.message).split("\n", 1)[0] ?? ""
  return message === "" ? thrown.name : message
}
