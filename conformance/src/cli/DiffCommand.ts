/**
 * `diff`: what changed between two JSON reports. Ends with 1 where something became worse.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Difference from "../report/Difference.ts"
import { visible } from "../report/Visible.ts"
import { Ending, unusable } from "./Ending.ts"
import * as ReportFiles from "./ReportFiles.ts"

export const diff = Command.make(
  "diff",
  {
    before: Argument.String("before").pipe(Argument.withDescription("A JSON report")),
    after: Argument.String("after").pipe(Argument.withDescription("A later one"))
  },
  Effect.fnUntraced(function* (files) {
    const before = yield* ReportFiles.read(files.before)
    const after = yield* ReportFiles.read(files.after)
    if (before.manifest.id !== after.manifest.id) {
      return yield* unusable(
        `${files.before} is about ${before.manifest.id} and ${files.after} about ${after.manifest.id}: there is nothing to compare`
      )
    }
    const found = Difference.difference(before, after)
    yield* Console.log(visible(Difference.print(found)))
    if (found.worse) return yield* new Ending({ code: 1 })
  })
).pipe(Command.withDescription("Compare two JSON reports on one plug-in"))
