/**
 * The command line, as a value: arguments in, exit code out.
 *
 * 0 all is well; 1 there is something to look at: a difference, something unresolved, something that does not add up; 2 it was
 * asked wrongly; 3 it could not be done, and nothing is known.
 */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as References from "effect/References"
import { audit } from "./AuditCommand.ts"
import { Ending, type ExitCode } from "./Ending.ts"
import { forget } from "./ForgetCommand.ts"
import { list } from "./ListCommand.ts"
import { reconcile } from "./ReconcileCommand.ts"
import { show } from "./ShowCommand.ts"
import { visible } from "./Text.ts"
import { unresolved } from "./UnresolvedCommand.ts"

/** The command under another name, for a command line that it is a part of. */
export const named = (name: string) =>
  Command.make(name).pipe(
    Command.withDescription(
      "Looks into a ledger. Exit codes: 0 all is well, 1 there is something to look at, 2 asked wrongly, 3 it could not be done."
    ),
    Command.withShortDescription("Look into a ledger, audit it, forget what is over"),
    Command.withSubcommands([list, show, unresolved, audit, reconcile, forget])
  )

const runWith = Command.runWith(named("paylayer-ledger"), { version: "0.1.0" })

/** What a run comes to that did not succeed; says why. */
export const ended = (cause: Cause.Cause<unknown>): Effect.Effect<ExitCode> => {
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (error instanceof Ending) {
    return error.sentence === undefined
      ? Effect.succeed(error.code)
      : Effect.as(Console.error(error.sentence), error.code)
  }
  if (CliError.isCliError(error)) return Effect.succeed(error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : 2)
  const defect = Cause.squash(cause)
  const words = defect instanceof Error ? defect.name : "something else"
  return Effect.as(Console.error(visible(`it failed in a way that nobody foresaw: ${words}`)), 3)
}

/** Runs the command line. */
export const run = (args: ReadonlyArray<string>): Effect.Effect<ExitCode, never, Command.Environment> =>
  runWith(args).pipe(
    Effect.as<ExitCode>(0),
    // What a layer has to say would stand between the lines of a table.
    Effect.provideService(References.MinimumLogLevel, "None"),
    Effect.catchCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.interrupt : ended(cause)))
  )
