/**
 * Checking the subject of a file: loading it, asking the kit, and never ending without an answer.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Path from "effect/Path"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Budget from "../Budget.ts"
import * as Conformance from "../Conformance.ts"
import type { Law } from "../Law.ts"
import * as Replay from "../Replay.ts"
import type { LawReport, Report, RequirementLevel } from "../Report.ts"
import type { Subject } from "../Subject.ts"
import { Ending, unusable, wordsFor } from "./Ending.ts"
import * as Board from "./internal/board.ts"
import * as Crew from "./internal/crew.ts"
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
  /** Threads that share the laws. */
  readonly workers: number
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

/** Fails when a thread has been at one law for that long. */
const stalling = (file: string, seconds: number, board: Board.Board, laws: ReadonlyArray<Law>) =>
  Effect.gen(function* () {
    const states = Array.from({ length: board.threads }, () => ({ at: 0, sinceMillis: 0 }))
    while (true) {
      const now = yield* Clock.currentTimeMillis
      for (const [thread, state] of states.entries()) {
        const at = board.at(thread)
        if (at !== state.at || state.sinceMillis === 0) Object.assign(state, { at, sinceMillis: now })
        if (at === Board.idle || now - state.sinceMillis <= seconds * 1000) continue
        const law = at === Board.beginning ? `building its layers, or ${laws[0]!.id},` : laws[at]!.id
        return yield* unusable(
          `${file}: ${law} did not end within ${seconds} seconds: the subject waits for something outside of its world, or takes too long`
        )
      }
      yield* Effect.sleep("250 millis")
    }
  })

/** How a command ends whose kit died. */
export const kitFailed = (file: string, cause: Cause.Cause<unknown>): Ending => {
  const defect = Cause.squash(cause)
  const stack = defect instanceof Error && defect.stack !== undefined ? `\n${defect.stack}` : ""
  return new Ending({ code: 3, sentence: `${file}: the kit itself failed: ${wordsFor(defect)}${stack}` })
}

/** Runs an effect that may run what a subject says, and never goes on without an answer. */
const watched = <A>(
  file: string,
  patience: number,
  board: Board.Board,
  laws: ReadonlyArray<Law>,
  effect: Effect.Effect<A, Ending, FileSystem.FileSystem | Path.Path | Scope.Scope>
): Effect.Effect<A, Ending, FileSystem.FileSystem | Path.Path> =>
  Process.owning(
    file,
    Effect.scoped(Effect.andThen(Watchdog.watch({ file, patienceSeconds: patience, board, laws }), effect))
  ).pipe(
    Effect.catchCause((cause) =>
      Result.isSuccess(Cause.findError(cause)) || Cause.hasInterruptsOnly(cause)
        ? Effect.failCause(cause)
        : Effect.fail(kitFailed(file, cause))
    )
  )

/** References to all subjects of a file. */
export const subjectsOf = (file: string, { patience }: Asked) =>
  watched(file, patience, Board.make(1), [], SubjectFile.references(file, patience))

/** A thread costs as much to begin with as a few laws. */
const lawsPerThread = 8

/** Begins a check of the subject of a file. */
export const begin = (file: string, subject: Subject, options: Conformance.Options) =>
  Effect.mapError(Conformance.begin(subject, options), ({ message }) =>
    unusable(`${file}: ${wordsFor(new Error(message))}`)
  )

/** A law says the same wherever it is judged, as all is drawn from the seed: threads take laws as they come. */
const sharing = Effect.fnUntraced(function* (
  { judge, laws, report }: Conformance.Session,
  board: Board.Board,
  crew: Crew.Crew,
  onLaw: (report: LawReport) => Effect.Effect<void>
) {
  const judged: Array<LawReport> = []
  const all = yield* Deferred.make<void>()
  const tell = (said: LawReport) =>
    Effect.suspend(() => {
      judged.push(said)
      const last = judged.length === laws.length ? Deferred.succeed(all, undefined) : Effect.void
      return Effect.andThen(onLaw(said), last)
    })
  const own = Effect.gen(function* () {
    for (let next = board.take(0); next !== undefined; next = board.take(0)) yield* tell(yield* judge(laws[next]!))
    yield* Deferred.await(all)
  })
  yield* Effect.raceFirst(own, crew.listen(tell))
  return yield* report(judged)
})

/** Loads and checks the subject of a file. */
export const check = Effect.fnUntraced(function* (
  file: string,
  asked: Asked,
  onLaw: (report: LawReport) => Effect.Effect<void>
): Effect.fn.Return<Report, Ending, FileSystem.FileSystem | Path.Path> {
  const selected = yield* select(asked)
  const { laws } = selected
  const { patience, profile } = asked
  const options =
    Option.isSome(asked.replay) || Option.isSome(asked.seed)
      ? selected.options
      : { ...selected.options, seed: yield* Conformance.freshSeed }
  const board = Board.make(Math.min(asked.workers, Math.ceil(laws.length / lawsPerThread)), laws.length)
  const allowed = patience + Math.ceil(Budget.budgets[profile].timeLimitMillis / 1000)
  const checking = Effect.gen(function* () {
    const crew = yield* Crew.hire({ file, patience, options, board })
    const subject = yield* SubjectFile.load(file, patience)
    const judging = Effect.flatMap(begin(file, subject, options), (session) => sharing(session, board, crew, onLaw))
    return yield* Effect.raceFirst(judging, stalling(file, allowed, board, laws))
  })
  return yield* watched(file, patience, board, laws, checking)
})
