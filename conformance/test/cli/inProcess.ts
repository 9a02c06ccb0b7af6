// The command line in this process, with its output caught.
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cli from "@paylayer/conformance/cli/Cli"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"

export const cli = (...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const out: Array<string> = []
    const err: Array<string> = []
    const caught: Console.Console = {
      ...globalThis.console,
      log: (text: string) => void out.push(text ?? ""),
      error: (text: string) => void err.push(text)
    }
    const code = yield* Effect.provideService(Cli.run(args), Console.Console, caught)
    return { code, out: out.join("\n"), err: err.join("\n") }
  }).pipe(Effect.provide(NodeServices.layer))
