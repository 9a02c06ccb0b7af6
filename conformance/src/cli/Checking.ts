/**
 * Checking the subject of a file: loading it, asking the kit, and never ending without an answer.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Budget from "../Budget.ts"
import * as Conformance from "../Conformance.ts"
import type { Law } from "../Law.ts"
import * as Replay from "../Replay.ts"
import type { LawReport, Report, RequirementLevel } from "../Report.ts"
import { Ending, unusable, wordsFor } from "./Ending.ts"
import * as Watchdog from "./internal/watchdog.ts"
import * as Process from "./internal/subjectInProcess.ts"
import * as SubjectFile from "./SubjectFile.ts"

/** What to check, as it was asked on the command line. */
export interface Asked {
  readonly level: Option.Option<RequirementLevel>
  readonly only: Option.Option<string>
  readonly profile: Budget.Profile
  readonly seed: Option.Option<number>
  readonly runs: Option.Option<number>
  readonly replay: Option.Option<string>
  readonly patience: number
}

const given = <K extends string, A>(key: K, value: Option.Option<A>): { readonly [P in K]?: A } =>
  (Option.isSome(value) ? { [key]: value.value } : {}) as { readonly [P in K]?: A }

/** `"lim, CUR-03"` is `["LIM", "CUR-03"]`. */
export const split = (list: string): ReadonlyArray<string> =>
  list
    .split(",")
    .map((name) => name.trim().toUpperCase())
    .filter((name) => name !== "")

const optionsOf = ({ level, only, profile, replay, runs, seed }: Asked): Conformance.Options => ({
  profile,
  ...given("level", level),
  ...given("only", Option.map(only, split)),
  ...given("seed", seed),
  ...given("runs", runs),
  ...given("replay", replay)
})

/** The options, and the laws that they select, in order. */
export const select = (
  asked: Asked
): Effect.Effect<{ readonly laws: ReadonlyArray<Law>; readonly options: Conformance.Options }, Ending> =>
  Effect.gen(function* () {
    const options = optionsOf(asked)
    if (options.replay === undefined) return { options, laws: yield* Effect.fromResult(Conformance.select(options)) }
    const also = (["level", "only", "seed"] as const).find((name) => options[name] !== undefined)
    if (also !== undefined) return yield* unusable(`a replay token says everything itself: leave out --${also}`)
    const { law } = yield* Effect.fromResult(Replay.parse(options.replay))
    return { options, laws: yield* Effect.fromResult(Conformance.select({ only: [law] })) }
  }).pipe(Effect.mapError((error) => (error._tag === "Ending" ? error : unusable(error.message))))

/** Fails when no law has been judged for that long. */
const stalling = (file: string, seconds: number, state: { readonly law: string; readonly sinceMillis: number }) =>
  Effect.gen(function* () {
    while (true) {
      yield* Effect.sleep("250 millis")
      const waited = (yield* Clock.currentTimeMillis) - state.sinceMillis
      if (waited > seconds * 1000) {
        return yield* unusable(
          `${file}: ${state.law} did not end within ${seconds} seconds: the subject waits for something outside of its world, or takes too long`
        )
      }
    }
  })

const kitFailed = (file: string, cause: Cause.Cause<unknown>): Ending => {
  const defect = Cause.squash(cause)
  const stack = defect instanceof Error && defect.stack !== undefined ? `\n${defect.stack}` : ""
  return new Ending({ code: 3, sentence: `${file}: the kit itself failed: ${wordsFor(defect)}${stack}` })
}

/** Runs an effect that may run what a subject says, and never goes on without an answer. */
const watched = <A>(
  file: string,
  patience: number,
  effect: (dog: Watchdog.Watchdog) => Effect.Effect<A, Ending, FileSystem.FileSystem | Path.Path>
): Effect.Effect<A, Ending, FileSystem.FileSystem | Path.Path> =>
  Process.owning(file, Effect.scoped(Effect.flatMap(Watchdog.watch(file, patience), effect))).pipe(
    Effect.catchCause((cause) =>
      Result.isSuccess(Cause.findError(cause)) || Cause.hasInterruptsOnly(cause)
        ? Effect.failCause(cause)
        : Effect.fail(kitFailed(file, cause))
    )
  )

/** References to all subjects of a file. */
export const subjectsOf = (file: string, { patience }: Asked) =>
  watched(file, patience, () => SubjectFile.references(file, patience))

/** Loads and checks the subject of a file. */
export const check = Effect.fnUntraced(function* (
  file: string,
  asked: Asked,
  onLaw: (report: LawReport) => Effect.Effect<void>
): Effect.fn.Return<Report, Ending, FileSystem.FileSystem | Path.Path> {
  const { laws, options } = yield* select(asked)
  return yield* watched(
    file,
    asked.patience,
    Effect.fnUntraced(function* (dog) {
      const subject = yield* SubjectFile.load(file, asked.patience)
      const state = { law: `building its layers, or ${laws[0]!.id},`, sinceMillis: yield* Clock.currentTimeMillis }
      dog.during(laws[0]!.id)
      let judged = 0
      const judging = Conformance.check(subject, {
        ...options,
        onLaw: (report) =>
          Effect.gen(function* () {
            state.law = laws[++judged]?.id ?? "the last law"
            state.sinceMillis = yield* Clock.currentTimeMillis
            dog.during(state.law)
            yield* onLaw(report)
          })
      }).pipe(Effect.mapError(({ message }) => unusable(`${file}: ${wordsFor(new Error(message))}`)))
      const allowed = asked.patience + Math.ceil(Budget.budgets[asked.profile].timeLimitMillis / 1000)
      return yield* Effect.raceFirst(judging, stalling(file, allowed, state))
    })
  )
})
