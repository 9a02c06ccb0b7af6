/**
 * The command line, as a value: arguments in, exit code out.
 *
 * 0 all is well; 1 there is something to look at; 2 it was asked wrongly; 3 it could not be done. `--completions` prints what a
 * shell needs to complete commands and flags.
 */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Area, asked } from "./Areas.ts"
import { Misused, Unwell } from "./Ending.ts"

export type ExitCode = 0 | 1 | 2 | 3

type Part = Command.Command<string, {}, {}, unknown, Command.Environment>

const command = (areas: ReadonlyArray<Area>) =>
  Command.make("paylayer").pipe(
    Command.withDescription(
      "Payment protocols for APIs and MCP tools that agents pay for. Exit codes: 0 all is well, 1 there is something to look at, 2 asked wrongly, 3 it could not be done."
    ),
    // What its flags are is the business of each.
    Command.withSubcommands(areas.map(({ command }) => command as Part))
  )

const ended = (areas: ReadonlyArray<Area>, cause: Cause.Cause<unknown>): Effect.Effect<ExitCode> => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (error instanceof Unwell) return Effect.succeed(1)
  if (error instanceof Misused) return Effect.as(Console.error(error.sentence), 2)
  if (CliError.isCliError(error)) return Effect.succeed(error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : 2)
  const own = areas.length === 1 ? areas[0]?.ended : undefined
  if (own !== undefined) return own(cause)
  const defect = Cause.squash(cause)
  const words = defect instanceof Error ? defect.message : "it failed in a way that nobody foresaw"
  return Effect.as(Console.error(words), 3)
}

/** Runs the command line. */
export const run = (args: ReadonlyArray<string>): Effect.Effect<ExitCode, never, Command.Environment> =>
  Effect.flatMap(
    Effect.promise(() => asked(args)),
    (areas) =>
      Command.runWith(command(areas), { version: "0.1.0" })(args).pipe(
        Effect.as<ExitCode>(0),
        Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.interrupt : ended(areas, cause)))
      )
  )
