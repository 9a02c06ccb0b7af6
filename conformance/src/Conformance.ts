/**
 * `Conformance.check`: runs laws against a subject and gives a report.
 *
 * It is a plain effect that writes nothing and prints nothing; vitest, the command line and the mutants all call it.
 *
 * @example
 * const report = yield* Conformance.check(subject, { only: ["LIM", "CUR-03"], seed: 42 })
 */
import { Manifest } from "@paylayer/core/Manifest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { About } from "./About.ts"
import * as Area from "./Area.ts"
import * as Budget from "./Budget.ts"
import * as Catalogue from "./Catalogue.ts"
import { type Hearing, judge } from "./internal/judging.ts"
import { preflight } from "./internal/preflight.ts"
import type { Law } from "./Law.ts"
import * as Replay from "./Replay.ts"
import type { LawReport, Report, RequirementLevel } from "./Report.ts"
import * as Requirements from "./Requirements.ts"
import type { Subject } from "./Subject.ts"
import { isBad, type Verdict } from "./Verdict.ts"

export interface Options {
  /** The laws of a level, and of those before it. */
  readonly level?: RequirementLevel
  /** Areas (`"LIM"`) and laws (`"CUR-03"`). Nothing selected is an error. */
  readonly only?: ReadonlyArray<string>
  /** Without one, a fresh one. */
  readonly seed?: number
  readonly profile?: Budget.Profile
  /** Inputs per property, instead of the profile's. Schedules and steps grow with it. */
  readonly runs?: number
  /** A token from a failure: its law and its seed, and only what it names. */
  readonly replay?: string
  /** Other laws than the catalogue's. */
  readonly laws?: ReadonlyArray<Law>
  /** Told of every law as it is judged. */
  readonly onLaw?: (report: LawReport) => Effect.Effect<void>
}

/** The question cannot be asked: no law is selected, a token cannot be replayed, the options contradict each other. */
export class SelectionError extends Schema.TaggedError<SelectionError>()("SelectionError", {
  message: Schema.String
}) {}

/** The subject cannot be checked at all: a layer does not build, its double does not do what it declares. */
export class SubjectError extends Schema.TaggedError<SubjectError>()("SubjectError", { message: Schema.String }) {}

const selected = (id: string, only: ReadonlyArray<string>) =>
  only.some((name) => name === id || name === id.slice(0, 3))

/** The laws that the options select. */
export const select = ({
  level,
  only,
  laws = Catalogue.laws
}: Pick<Options, "level" | "only" | "laws">): Result.Result<ReadonlyArray<Law>, SelectionError> => {
  const unknown = only?.find((name) => !(name in Area.areas) && !laws.some(({ id }) => id === name))
  if (unknown !== undefined)
    return Result.fail(new SelectionError({ message: `there is no law and no area ${unknown}` }))
  const wanted = level === undefined ? undefined : new Set(Requirements.lawsOf(level))
  const found = laws.filter(
    ({ id }) => (wanted === undefined || wanted.has(id)) && (only === undefined || selected(id, only))
  )
  return found.length === 0
    ? Result.fail(new SelectionError({ message: "no law is selected, and checking nothing proves nothing" }))
    : Result.succeed(found)
}

const budgetOf = ({ profile = "ci", runs }: Options): Budget.Budget => {
  const budget = Budget.budgets[profile]
  if (runs === undefined) return budget
  const grown = (number: number) => Math.max(2, Math.round((number * runs) / budget.runs))
  return { ...budget, runs, schedules: grown(budget.schedules), steps: grown(budget.steps) }
}

/** For a check whose seed nobody chose. */
export const freshSeed: Effect.Effect<number> = Random.nextIntBetween(0, 2 ** 31 - 1)

const question = Effect.fnUntraced(function* (options: Options) {
  if (options.replay === undefined) {
    const seed = options.seed ?? (yield* freshSeed)
    return { laws: yield* Effect.fromResult(select(options)), seed, path: undefined }
  }
  const replay = yield* Effect.fromResult(Replay.parse(options.replay)).pipe(
    Effect.mapError(({ message }) => new SelectionError({ message }))
  )
  const laws = yield* Effect.fromResult(select({ ...options, only: [replay.law] }))
  return { laws, seed: replay.seed, path: replay.path }
})

const keeps = (laws: ReadonlyArray<LawReport>) => {
  const verdicts = new Map<string, Verdict>(laws.map(({ id, verdict }) => [id, verdict]))
  return (id: string) => {
    const verdict = verdicts.get(id)
    return verdict !== undefined && !isBad(verdict) && verdict._tag !== "inconclusive"
  }
}

/** An exemption that exempts from nothing, or for no reason. */
const unfounded = (subject: Subject, laws: ReadonlyArray<Law>): string | undefined => {
  const known = new Set<string>([...Catalogue.laws, ...laws].map(({ id }) => id))
  for (const { clause, law, reason } of subject.exempt) {
    if (!known.has(law)) return `the subject is exempt from ${law}, and there is no such law`
    if (reason.trim() === "" || clause.trim() === "") return `the exemption from ${law} needs a reason and a clause`
  }
  return undefined
}

/** What is known of a subject before any law. Fails where it cannot be checked. */
export const about = (subject: Subject): Effect.Effect<About, SubjectError> =>
  Effect.mapError(preflight(subject), ({ message }) => new SubjectError({ message }))

/** A check that has begun: its laws can be judged in any order, and also elsewhere by a session of the same options and seed. */
export interface Session {
  readonly laws: ReadonlyArray<Law>
  readonly judge: (law: Law) => Effect.Effect<LawReport>
  /** Of what was said of every law, in whatever order it was said. Dies where one was not judged. */
  readonly report: (judged: ReadonlyArray<LawReport>) => Effect.Effect<Report>
}

const inOrder = (laws: ReadonlyArray<Law>, judged: ReadonlyArray<LawReport>): ReadonlyArray<LawReport> =>
  laws.map(({ id }) => {
    const report = judged.find((each) => each.id === id)
    if (report === undefined) throw new Error(`${id} was selected and not judged`)
    return report
  })

/** Begins a check: the laws are selected and the subject is tried. */
export const begin = Effect.fnUntraced(function* (
  subject: Subject,
  options: Options = {}
): Effect.fn.Return<Session, SelectionError | SubjectError> {
  const { laws, seed, path } = yield* question(options)
  const begun = yield* Clock.currentTimeMillis
  const wrong = unfounded(subject, laws)
  if (wrong !== undefined) return yield* new SubjectError({ message: wrong })
  const known = yield* about(subject)
  const hearing: Hearing = { subject, about: known, seed, budget: budgetOf(options), path }
  const since = (start: number) => Effect.map(Clock.currentTimeMillis, (now) => Math.max(0, Math.round(now - start)))
  return {
    laws,
    judge: Effect.fnUntraced(function* (law) {
      const before = yield* Clock.currentTimeMillis
      const verdict = yield* judge(law, hearing)
      const { id, area, level, severity, kind, clause, statement, why } = law
      return { id, area, level, severity, kind, clause, statement, why, verdict, millis: yield* since(before) }
    }),
    report: Effect.fnUntraced(function* (judged) {
      const reports = inOrder(laws, judged)
      const reached = path === undefined ? Requirements.reached(keeps(reports)) : undefined
      return {
        report: "1.0",
        subject: subject.name ?? known.manifest.id,
        manifest: Manifest.make(known.manifest),
        contract: Replay.version,
        profile: options.profile ?? "ci",
        seed,
        ...(options.level === undefined ? {} : { asked: options.level }),
        ...(reached === undefined ? {} : { reached }),
        laws: reports,
        millis: yield* since(begun)
      }
    })
  }
})

/** Checks the selected laws, one after the other. */
export const check = Effect.fn("Conformance.check")(function* (
  subject: Subject,
  options: Options = {}
): Effect.fn.Return<Report, SelectionError | SubjectError> {
  const { judge, laws, report } = yield* begin(subject, options)
  const judged: Array<LawReport> = []
  for (const law of laws) {
    const said = yield* judge(law)
    judged.push(said)
    if (options.onLaw !== undefined) yield* options.onLaw(said)
  }
  return yield* report(judged)
})
