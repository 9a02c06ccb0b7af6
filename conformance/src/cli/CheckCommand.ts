/**
 * `check`: runs the laws on one subject.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { explain } from "../Explain.ts"
import * as Tally from "../report/Tally.ts"
import { visible } from "../report/Visible.ts"
import * as Checking from "./Checking.ts"
import { Ending, unusable } from "./Ending.ts"
import * as Recruits from "./internal/recruits.ts"
import { exitCode } from "./Outcomes.ts"
import { paint } from "./Paint.ts"
import * as Progress from "./Progress.ts"
import * as ReportFiles from "./ReportFiles.ts"

const Positive = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 }))

/** What to check and how hard; shared with `matrix`. */
export const asked = {
  level: Flag.Literals("level", ["core", "guarded", "resilient"]).pipe(
    Flag.withDescription("Only the laws of this level and those before it"),
    Flag.optional
  ),
  only: Flag.String("only").pipe(Flag.withDescription("Only these areas and laws: LIM,CUR-03"), Flag.optional),
  profile: Flag.Literals("profile", ["quick", "ci", "thorough"]).pipe(
    Flag.withDescription("How hard to look for a counterexample"),
    Flag.withDefault("ci" as const)
  ),
  seed: Flag.Int("seed").pipe(
    Flag.withDescription("Where inputs, schedules and faults are drawn from; a fresh one unless given"),
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }))),
    Flag.optional
  ),
  runs: Flag.Int("runs").pipe(
    Flag.withDescription("Inputs per property, instead of the profile's"),
    Flag.withSchema(Positive),
    Flag.optional
  ),
  patience: Flag.Int("patience").pipe(
    Flag.withDescription("Seconds after which a subject that does not answer is given up"),
    Flag.withSchema(Positive),
    Flag.withDefault(60)
  ),
  workers: Flag.Int("workers").pipe(
    Flag.withDescription("Threads that share the laws; as many as there are cores unless given"),
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))),
    Flag.withDefault(Recruits.most)
  )
}

const report = Flag.String("report").pipe(
  Flag.withDescription(`Write reports: ${ReportFiles.formats.join(",")}`),
  Flag.optional
)

const out = Flag.String("out").pipe(
  Flag.withDescription("Where reports are written"),
  Flag.withDefault("conformance-report")
)

const formatsOf = (list: Option.Option<string>): Effect.Effect<ReadonlyArray<ReportFiles.Format>, Ending> => {
  const names = Option.isNone(list) ? [] : list.value.split(",").map((name) => name.trim())
  const known = ReportFiles.formats.filter((format) => names.includes(format))
  const unknown = names.find((name) => !(ReportFiles.formats as ReadonlyArray<string>).includes(name))
  return unknown === undefined
    ? Effect.succeed(known)
    : Effect.fail(unusable(`there is no report "${visible(unknown)}"; there are ${ReportFiles.formats.join(", ")}`))
}

/** `./my subject.ts` in quotes, as a shell wants it. */
const quoted = (text: string) => (/^[\w./~:@#-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

/** The command that replays a failure of this file. */
export const replayCommand = (file: string) => (token: string) =>
  `paylayer-conformance check ${quoted(file)} --replay ${quoted(token)}`

export const check = Command.make(
  "check",
  {
    file: Argument.String("subject").pipe(
      Argument.withDescription("The file that exports the subject: ./subject.ts, or ./subject.ts#name")
    ),
    ...asked,
    replay: Flag.String("replay").pipe(
      Flag.withDescription("The token of a failure: runs that case again"),
      Flag.optional
    ),
    report,
    out
  },
  Effect.fnUntraced(function* ({ file, out, report, ...asked }) {
    const formats = yield* formatsOf(report)
    const { laws, options } = yield* Checking.select(asked)
    const { bold, dim, green, red, yellow } = yield* paint
    yield* Console.log(
      `${bold(file)}  ${laws.length} ${laws.length === 1 ? "law" : "laws"}, profile ${asked.profile}${options.replay === undefined ? "" : ", replayed"}`
    )
    const progress = yield* Progress.make(laws)
    const done = yield* Checking.check(file, asked, progress.onLaw)
    const explained = { replay: replayCommand(file) }
    for (const law of Tally.broken(done.laws)) yield* Console.log(`\n${visible(explain(law, explained))}`)
    for (const law of done.laws.filter(({ verdict }) => verdict._tag === "inconclusive"))
      yield* Console.log(`\n${visible(explain(law, explained))}`)
    const files = yield* ReportFiles.write(done, { formats, out, explained })
    const colour = { conformant: green, broken: red, inconclusive: yellow, unchecked: yellow }[Tally.outcome(done)]
    yield* Console.log(`\n${colour(Tally.sentence(done))}`)
    yield* Console.log(dim(`${Tally.print(done.laws)}; seed ${done.seed}, ${(done.millis / 1000).toFixed(1)} s`))
    for (const path of files) yield* Console.log(`written: ${path}`)
    const code = exitCode(done)
    if (code !== 0) return yield* new Ending({ code })
  })
).pipe(
  Command.withDescription("Run the laws on a plug-in"),
  Command.withExamples([
    { command: "paylayer-conformance check ./subject.ts", description: "Every law" },
    { command: "paylayer-conformance check ./subject.ts --only LIM,CUR-03 --seed 42", description: "Some laws" },
    { command: "paylayer-conformance check ./subject.ts --report html --out reports", description: "A page to read" }
  ])
)
