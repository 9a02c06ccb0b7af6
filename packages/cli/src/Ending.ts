/** How a command of this package ends that did not succeed. */
import * as Data from "effect/Data"

/** It found something wrong, and has said so: 1. */
export class Unwell extends Data.TaggedError("Unwell")<{}> {}

/** It was asked wrongly; the sentence says how to ask: 2. */
export class Misused extends Data.TaggedError("Misused")<{ readonly sentence: string }> {}
