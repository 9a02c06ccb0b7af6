/** The command line as the main program of a process. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cli from "../Cli.ts"

let code: number = 3
Cli.run(process.argv.slice(2)).pipe(
  Effect.tap((ended) => Effect.sync(() => (code = ended))),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit) => {
      if (Exit.hasInterrupts(exit)) code = 130
      // Nothing that was printed may be lost.
      process.stdout.write("", () => process.stderr.write("", () => process.exit(code)))
    }
  })
)
