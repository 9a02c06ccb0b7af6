/**
 * `matrix`: protocols × laws, from JSON reports, from subjects that are checked now, or from both.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { explain } from "../Explain.ts"
import type { Report } from "../Report.ts"
import * as Matrix from "../report/Matrix.ts"
import * as Tally from "../report/Tally.ts"
import { visible } from "../report/Visible.ts"
import { asked, replayCommand } from "./CheckCommand.ts"
import * as Checking from "./Checking.ts"
import { Ending, type ExitCode } from "./Ending.ts"
import { exitCode, worst } from "./Outcomes.ts"
import { paint } from "./Paint.ts"
import * as Progress from "./Progress.ts"
import * as ReportFiles from "./ReportFiles.ts"

const format = Flag.Literals("format", ["text", "md"]).pipe(
  Flag.withDescription("How the matrix is printed"),
  Flag.withDefault("text" as const)
)

const judge = Effect.fnUntraced(function* (file: string, wanted: Checking.Asked) {
  if (file.endsWith(".json")) return yield* ReportFiles.read(file)
  const { laws } = yield* Checking.select(wanted)
  const { bold } = yield* paint
  yield* Console.error(bold(file))
  const progress = yield* Progress.make(laws, "stderr")
  return yield* Checking.check(file, wanted, progress.onLaw)
})

export const matrix = Command.make(
  "matrix",
  {
    files: Argument.String("file").pipe(
      Argument.withDescription("JSON reports and subjects"),
      Argument.variadic({ min: 1 })
    ),
    ...asked,
    format
  },
  Effect.fnUntraced(function* ({ files, format, ...rest }) {
    const wanted = { ...rest, replay: Option.none() }
    const reports: Array<Report> = []
    const sentences: Array<string> = []
    const codes: Array<ExitCode> = []
    const orSay = <A, R>(effect: Effect.Effect<A, Ending, R>) =>
      Effect.catchTag(effect, "Ending", ({ code, sentence }) =>
        Effect.sync(() => {
          if (sentence !== undefined) sentences.push(sentence)
          codes.push(code)
        })
      )
    const found: Array<string> = []
    for (const file of files)
      found.push(...(file.endsWith(".json") ? [file] : ((yield* orSay(Checking.subjectsOf(file, wanted))) ?? [])))
    for (const file of found) {
      const report = yield* orSay(judge(file, wanted))
      if (report === undefined) continue
      reports.push(report)
      codes.push(exitCode(report))
      for (const law of Tally.broken(report.laws).filter(({ level }) => level === "MUST"))
        sentences.push(`${report.subject}: ${explain(law, { replay: replayCommand(file) })}`)
    }
    if (reports.length > 0) yield* Console.log(format === "md" ? Matrix.markdown(reports) : Matrix.text(reports))
    for (const sentence of sentences) yield* Console.error(`\n${visible(sentence)}`)
    const code = worst(codes)
    if (code !== 0) return yield* new Ending({ code })
  })
).pipe(Command.withDescription("Print protocols × laws"))
