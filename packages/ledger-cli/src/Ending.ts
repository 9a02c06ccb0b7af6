/**
 * How a command ends: with an exit code, and a sentence where there is more to say than was printed.
 */
import * as Data from "effect/Data"

/** 0 all is well; 1 there is something to look at; 2 it was asked wrongly; 3 it could not be done. */
export type ExitCode = 0 | 1 | 2 | 3

/** Ends a command with another code than 0. */
export class Ending extends Data.TaggedError("Ending")<{
  readonly code: ExitCode
  readonly sentence?: string
}> {}

/** There is something to look at, and it was printed. */
export const found = new Ending({ code: 1 })

/** It was asked wrongly; the sentence says how to ask. */
export const misused = (sentence: string): Ending => new Ending({ code: 2, sentence })

/** It could not be done. */
export const failed = (sentence: string): Ending => new Ending({ code: 3, sentence })
