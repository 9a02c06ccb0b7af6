/**
 * Judging: one law, one subject, one verdict.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { About } from "../About.ts"
import type { Budget } from "../Budget.ts"
import * as Gen from "../Gen.ts"
import type * as Law from "../Law.ts"
import * as Replay from "../Replay.ts"
import type { Plan } from "../SeededScheduler.ts"
import type { Subject } from "../Subject.ts"
import type { Failure, Verdict } from "../Verdict.ts"
import * as Race from "../Race.ts"
import * as Shop from "../Shop.ts"
import { type Settings, World } from "../World.ts"
import * as Money from "@paylayer/core/Money"
import { inapplicable } from "./applying.ts"
import { type Breach, type Cast, cast } from "./casting.ts"

export interface Hearing {
  readonly subject: Subject
  readonly about: About
  readonly seed: number
  readonly budget: Budget
  /** Only this path. */
  readonly path: string | undefined
}

interface Found {
  readonly breach: Breach
  readonly input?: unknown
  readonly path: string
  readonly run: number
  readonly runs: number
  readonly shrinks: number
}

const fail = (law: Law.Law, { seed }: Hearing, found: Found): Verdict => {
  const { mask, ...breach } = found.breach
  const failure: Failure = {
    expected: mask(breach.expected),
    actual: mask(breach.actual),
    atStake: [law.why, ...breach.facts.map(mask)],
    ...(found.input === undefined ? {} : { input: mask(Gen.print(found.input)) }),
    timeline: breach.timeline.map((event) => ({ ...event, what: mask(event.what) })),
    foundOnRun: found.run,
    runs: found.runs,
    shrinks: found.shrinks,
    replay: Replay.print({ law: law.id, seed, path: found.path })
  }
  return { _tag: "fail", failure }
}

const inconclusive = (because: string): Verdict => ({ _tag: "inconclusive", because })

const once = Effect.fnUntraced(function* (law: Law.Law, run: Law.Case<void>, hearing: Hearing) {
  const { subject, about, seed } = hearing
  const result = yield* cast(subject, about, { seed }, run, undefined)
  switch (result._tag) {
    case "Held":
      return { _tag: "pass", runs: 1, met: {} } satisfies Verdict
    case "Breached":
      return fail(law, hearing, { breach: result.breach, path: "", run: 1, runs: 1, shrinks: 0 })
    case "Unusable":
      return inconclusive(result.because)
  }
})

const calm: Plan = { points: [], gaps: [], picks: [] }

/** How many operations the plug-in's steps take in one purchase that nobody disturbs. */
const lengths = (subject: Subject, about: About, seed: number) => {
  const found = new Map<string, number>()
  const buy = Effect.gen(function* () {
    const { about, stage } = yield* World
    const money = Money.of(about.manifest.currencies[0], 15_00n)
    const { entries } = yield* Shop.mint({}, yield* Shop.charge(money))
    yield* Race.all([Shop.sell({ entries, money })])
    for (const [step, length] of stage.scheduler.lengths) found.set(step, length)
  })
  return Effect.as(
    cast(subject, about, { seed, plan: calm }, () => buy, undefined),
    found
  )
}

/** How much longer than its budget a law looks for an interesting case that has not occurred. */
const patience = 10

const forMany = Effect.fnUntraced(function* (
  law: Law.Law,
  check: Extract<Law.Check, { readonly _tag: "Property" }>,
  hearing: Hearing
): Effect.fn.Return<Verdict> {
  const { subject, about, seed, budget, path } = hearing
  const met = new Map<string, number>(check.interesting.map((name) => [name, 0]))
  let last: Breach | undefined
  let unusable: string | undefined
  let tried = 0
  const missing = () => (path === undefined ? check.interesting.filter((name) => met.get(name) === 0) : [])
  const plans = check.scheduled ? Gen.plan(yield* lengths(subject, about, seed)) : Gen.constant(undefined)
  const gen = Gen.tuple(check.gen(about), plans)
  const holds = ([input, plan]: [unknown, Plan | undefined]) => {
    if (unusable !== undefined) return Effect.succeed(true)
    tried++
    const settings: Settings = { seed, ...(plan === undefined ? {} : { plan }) }
    return Effect.map(cast(subject, about, settings, check.run, input), (result) => {
      if (result._tag === "Unusable") unusable = result.because
      if (result._tag === "Breached") last = result.breach
      if (result._tag === "Held" && last === undefined) {
        for (const name of result.met) met.set(name, (met.get(name) ?? 0) + 1)
      }
      return result._tag !== "Breached"
    })
  }
  const runs = Math.max(1, Math.round((check.scheduled ? budget.schedules : budget.runs) * check.weight))
  const { timeLimitMillis } = budget
  let checked = yield* Gen.check(gen, holds, { seed, runs, path, timeLimitMillis })
  if (checked.failure === undefined && missing().length > 0) {
    let drawn = 0
    // The same inputs again, which are not tried twice, and more until nothing is missing.
    const more = (input: [unknown, Plan | undefined]) =>
      drawn++ < runs || missing().length === 0 ? Effect.succeed(true) : holds(input)
    checked = yield* Gen.check(gen, more, { seed, runs: runs * patience, path, timeLimitMillis })
  }
  if (unusable !== undefined) return inconclusive(unusable)
  if (checked.failure !== undefined && last !== undefined) {
    const { input, ...where } = checked.failure
    const [drawn, plan] = input
    return fail(law, hearing, {
      ...where,
      runs: Math.max(runs, where.run),
      breach: last,
      ...(drawn === undefined && plan === undefined
        ? {}
        : { input: plan === undefined ? drawn : { input: drawn, plan } })
    })
  }
  if (missing().length > 0) return { _tag: "vacuous", missing: missing(), runs: tried }
  return { _tag: "pass", runs: tried, met: Object.fromEntries(met) }
})

/** The steps to try: all of them, or as many as the budget allows, evenly spread. */
const spread = (steps: number, most: number): ReadonlyArray<number> =>
  steps <= most
    ? Array.from({ length: steps }, (_, index) => index + 1)
    : Array.from({ length: most }, (_, index) => Math.floor((index * (steps - 1)) / (most - 1)) + 1)

const everyStep = Effect.fnUntraced(function* (
  law: Law.Law,
  { adversary, run }: Extract<Law.Check, { readonly _tag: "EveryStep" }>,
  hearing: Hearing
): Effect.fn.Return<Verdict> {
  const { subject, about, seed, budget, path } = hearing
  const at = (step: number | undefined): Effect.Effect<Cast> =>
    cast(
      subject,
      about,
      { seed, ...(step === undefined ? {} : adversary === "interrupt" ? { interruptAt: step } : { crashAt: step }) },
      run,
      undefined
    )
  const undisturbed = yield* at(undefined)
  if (undisturbed._tag === "Unusable") return inconclusive(undisturbed.because)
  if (undisturbed._tag === "Breached") {
    return fail(law, hearing, { breach: undisturbed.breach, path: "", run: 1, runs: 1, shrinks: 0 })
  }
  const steps = path === undefined || path === "" ? spread(undisturbed.steps, budget.steps) : [Number(path)]
  if (steps.length === 0) return { _tag: "vacuous", missing: [`a step at which to ${adversary}`], runs: 1 }
  const start = yield* Clock.currentTimeMillis
  let tried = 0
  for (const step of steps) {
    const result = yield* at(step)
    tried++
    if (result._tag === "Unusable") return inconclusive(result.because)
    if (result._tag === "Breached") {
      return fail(law, hearing, {
        breach: result.breach,
        input: `${adversary} at step ${step} of ${undisturbed.steps}`,
        path: String(step),
        run: tried,
        runs: steps.length,
        shrinks: 0
      })
    }
    if ((yield* Clock.currentTimeMillis) - start > budget.timeLimitMillis) break
  }
  return { _tag: "pass", runs: tried, met: { [`${adversary} at a step`]: tried } }
})

const check = (law: Law.Law, hearing: Hearing): Effect.Effect<Verdict> => {
  switch (law.check._tag) {
    case "Example":
      return once(law, law.check.run, hearing)
    case "Property":
      return forMany(law, law.check, hearing)
    case "EveryStep":
      return everyStep(law, law.check, hearing)
  }
}

/** The verdict on one law. */
export const judge = Effect.fnUntraced(function* (law: Law.Law, hearing: Hearing): Effect.fn.Return<Verdict> {
  const exemption = hearing.subject.exempt.find((exempt) => exempt.law === law.id)
  if (exemption !== undefined) return { _tag: "exempt", reason: exemption.reason, clause: exemption.clause }
  const because = inapplicable(law.needs, hearing.about)
  if (because === undefined) return yield* check(law, hearing)
  if (law.complement === undefined) return { _tag: "not-applicable", because, complement: false }
  const verdict = yield* once(law, law.complement, hearing)
  return verdict._tag === "pass" ? { _tag: "not-applicable", because, complement: true } : verdict
})
