/**
 * The command line as the main program of a process.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cli from "../Cli.ts"

/** Runs the command line and ends the process. */
export const main = (args: ReadonlyArray<string>): void => {
  let code: number = 3
  Cli.run(args).pipe(
    Effect.tap((ended) => Effect.sync(() => (code = ended))),
    Effect.provide(NodeServices.layer),
    NodeRuntime.runMain({
      disableErrorReporting: true,
      teardown: (exit) => {
        if (Exit.hasInterrupts(exit)) code = 130
        // A subject that is still at work must not end the process with a code of its own, nor keep it alive by what it left open;
        // and nothing that was printed may be lost.
        process.on("exit", () => (process.exitCode = code))
        process.stdout.write("", () => process.stderr.write("", () => process.exit(code)))
      }
    })
  )
}
