/**
 * `pnpm crash-test --kills 1000`: kills hosts at random moments under load, and compares the books afterwards. Exit code 0 when
 * all is well, 1 when it is not.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as CrashTest from "./CrashTest.ts"
import * as Database from "./Database.ts"
import * as Providers from "./Providers.ts"
import * as Table from "./Table.ts"

/** Something is not as it must be; it was printed. */
class CrashTestFailed extends Data.TaggedError("CrashTestFailed") {}

const flags = {
  kills: Flag.Int("kills").pipe(
    Flag.withDescription("How many host processes are killed, on each database"),
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 }))),
    Flag.withDefault(100)
  ),
  database: Flag.Literals("database", ["sqlite", "postgres", "both"]).pipe(
    Flag.withDescription("What the ledger is on"),
    Flag.withDefault("both" as const)
  ),
  seed: Flag.Int("seed").pipe(
    Flag.withDescription("Where moments and victims are drawn from; a fresh one unless given"),
    Flag.optional
  )
}

/** Writes over the line that the cursor is in, where there is a terminal. */
const progress = Effect.gen(function* () {
  const { canColor } = yield* TerminalCapabilities
  const { stderr } = yield* Stdio.Stdio
  return (text: string) =>
    canColor ? Stream.make(`\r\u001b[2K${text}`).pipe(Stream.run(stderr()), Effect.ignore) : Effect.void
})

const run = Effect.fnUntraced(function* ({ hosts, store, title }: Database.Database, kills: number, seed: number) {
  const show = yield* progress
  let killed = 0
  const ticking = Effect.suspend(() => show(`${title}: ${killed} of ${kills} killed`)).pipe(
    Effect.andThen(Effect.sleep("500 millis")),
    Effect.forever
  )
  yield* Effect.forkScoped(ticking)
  const outcome = yield* CrashTest.run({
    store: yield* store,
    seed,
    hosts,
    agents: 12,
    kills,
    pause: [20, 600],
    onKill: (now) => (killed = now)
  })
  yield* show("")
  for (const violation of outcome.violations.slice(0, 20)) yield* Console.error(`${title}: ${violation}\n`)
  return outcome
}, Effect.scoped)

const command = Command.make(
  "crash-test",
  flags,
  Effect.fnUntraced(function* ({ database, kills, seed: given }) {
    const seed = Option.isSome(given) ? given.value : yield* Random.nextIntBetween(0, 2 ** 31)
    yield* Console.log(`Killing ${kills} hosts on each database. Seed ${seed}.`)
    const columns: Array<Table.Column> = []
    for (const one of Database.all.filter(({ name }) => database === "both" || database === name)) {
      const { figures, violations } = yield* run(one, kills, seed).pipe(Effect.provide(Providers.layer))
      columns.push({ title: one.title, figures, violations: violations.length })
    }
    yield* Console.log(`\n${Table.print(columns)}`)
    if (columns.every(({ violations }) => violations === 0)) return
    yield* Console.error(`\nNot as it must be; the seed was ${seed}.`)
    return yield* new CrashTestFailed()
  })
).pipe(Command.withDescription("Kill hosts at random moments under load, and compare the books afterwards"))

Command.run(command, { version: "0.0.0" }).pipe(
  Effect.provide(Layer.mergeAll(NodeServices.layer, NodeHttpClient.layerUndici)),
  Effect.catchTag("CrashTestFailed", () =>
    Effect.sync(() => {
      process.exitCode = 1
    })
  ),
  NodeRuntime.runMain
)
