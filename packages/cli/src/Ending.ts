/** How a command of this package ends that found something wrong, and has said so. */
import * as Data from "effect/Data"

/** Exit code 1. */
export class Unwell extends Data.TaggedError("Unwell")<{}> {}
