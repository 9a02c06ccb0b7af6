/**
 * The areas of the command line. Each is loaded when it is asked for, so that a short command does not wait for all of them.
 */
import type * as Cause from "effect/Cause"
import type * as Command from "effect/cli/Command"
import type * as Effect from "effect/Effect"

/** A part of the command line. */
export interface Area {
  readonly command: Command.Command.Any
  /** What an error of its own comes to; says why. Absent: it has none. */
  readonly ended?: (cause: Cause.Cause<unknown>) => Effect.Effect<0 | 1 | 2 | 3>
}

/** Each command by its name, in the order in which they are listed. */
export const areas: { readonly [name: string]: () => Promise<Area> } = {
  serve: async () => ({ command: (await import("./ServeCommand.ts")).serve }),
  sandbox: async () => ({ command: (await import("@paylayer/alipay-sandbox/SandboxCommand")).sandbox }),
  conformance: async () => {
    const { ended, named } = await import("@paylayer/conformance/cli/Cli")
    return { command: named("conformance"), ended }
  },
  "new-protocol": async () => {
    const { ended } = await import("@paylayer/conformance/cli/Cli")
    const { named } = await import("@paylayer/conformance/cli/InitCommand")
    return { command: named("new-protocol"), ended }
  },
  ledger: async () => {
    const { ended, named } = await import("@paylayer/ledger-cli/Cli")
    return { command: named("ledger"), ended }
  },
  reconcile: async () => {
    const { ended } = await import("@paylayer/ledger-cli/Cli")
    return { command: (await import("@paylayer/ledger-cli/ReconcileCommand")).reconcile, ended }
  },
  payouts: async () => ({ command: (await import("./PayoutsCommand.ts")).payouts }),
  doctor: async () => ({ command: (await import("./DoctorCommand.ts")).doctor })
}

/** The areas that these arguments are about: one that is named first, or all. */
export const asked = (args: ReadonlyArray<string>): Promise<ReadonlyArray<Area>> => {
  const [first = ""] = args
  const loaders = Object.hasOwn(areas, first) ? [areas[first]!] : Object.values(areas)
  return Promise.all(loaders.map((load) => load()))
}
