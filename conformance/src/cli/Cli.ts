/**
 * The command line, as a value: arguments in, exit code out.
 *
 * 0 conformant; 1 not; 2 inconclusive, nothing selected, wrong usage or an unusable subject; 3 an error of the kit itself.
 */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Replay from "../Replay.ts"
import { visible } from "../report/Visible.ts"
import { check } from "./CheckCommand.ts"
import { diff } from "./DiffCommand.ts"
import { Ending, type ExitCode, wordsFor } from "./Ending.ts"
import { explain } from "./ExplainCommand.ts"
import { init } from "./InitCommand.ts"
import { list } from "./ListCommand.ts"
import { matrix } from "./MatrixCommand.ts"
import { mutants } from "./MutantsCommand.ts"

/** The command under another name, for a command line that it is a part of. */
export const named = (name: string) =>
  Command.make(name).pipe(
    Command.withDescription(
      "Tells whether a payment protocol keeps the laws of the Paylayer contract. Exit codes: 0 conformant, 1 not, 2 inconclusive or unusable, 3 an error of the kit itself."
    ),
    Command.withShortDescription("Check payment protocols against the laws of the contract"),
    Command.withSubcommands([check, list, explain, diff, matrix, mutants, init])
  )

const runWith = Command.runWith(named("paylayer-conformance"), { version: Replay.version })

/** What a run comes to that did not succeed; says why. */
export const ended = (cause: Cause.Cause<unknown>): Effect.Effect<ExitCode> => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (error instanceof Ending) {
    return error.sentence === undefined
      ? Effect.succeed(error.code)
      : Effect.as(Console.error(visible(error.sentence)), error.code)
  }
  if (CliError.isCliError(error)) return Effect.succeed(error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : 2)
  const defect = Cause.squash(cause)
  const stack = defect instanceof Error && defect.stack !== undefined ? `\n${defect.stack}` : ""
  return Effect.as(Console.error(visible(`the kit itself failed: ${wordsFor(defect)}${stack}`)), 3)
}

/** Runs the command line. */
export const run = (args: ReadonlyArray<string>): Effect.Effect<ExitCode, never, Command.Environment> =>
  runWith(args).pipe(
    Effect.as<ExitCode>(0),
    Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.interrupt : ended(cause)))
  )
