/**
 * Generators: the one module that knows fast-check. What it draws is decided by a seed and a path, so every input can be drawn
 * again; what it finds is shrunk.
 *
 * `check` returns data and never throws: a failing input is a result like any other.
 */
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Plan } from "./SeededScheduler.ts"

/** Draws values of one type, and knows how to make them smaller. */
export type Gen<A> = fc.Arbitrary<A>

/** Changes whenever a generator draws something else from the same seed: replay tokens of another revision are refused. */
export const revision = 1

export {
  array,
  bigInt,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  noBias,
  oneof,
  option,
  record,
  shuffledSubarray,
  string,
  subarray,
  tuple,
  uniqueArray
} from "fast-check"

/** Where money moves is where races matter most. */
const weights: { readonly [step: string]: number } = { settle: 6, verify: 3 }

/**
 * A schedule: few preemptions, evenly spread over the plug-in's steps, sometimes anywhere, and picks that mostly leave the order
 * alone. Most races need one preemption, hardly any more than two. `lengths` says how many operations each step takes.
 */
export const plan = (lengths: ReadonlyMap<string, number>): Gen<Plan> => {
  const points = [...lengths].map(([step, length]) => ({
    weight: weights[step] ?? 1,
    arbitrary: fc.record({
      step: fc.constant(step),
      op: fc.noBias(fc.nat(length)),
      call: fc.constantFrom(0, 0, 0, 1, 2)
    })
  }))
  // A plug-in that gets nowhere undisturbed has no steps.
  const few = points.length === 0 ? fc.constant([]) : fc.array(fc.oneof(...points), { minLength: 1, maxLength: 3 })
  const gaps = fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.noBias(fc.nat(500)), { maxLength: 2 }) }
  )
  return fc.record({ points: few, gaps, picks: fc.array(fc.nat(3), { maxLength: 8 }) })
}

export interface CheckOptions {
  readonly seed: number
  readonly runs: number
  /** Draws only what this path leads to. */
  readonly path?: string | undefined
  /** No new input after so much real time. What was found by then counts. */
  readonly timeLimitMillis: number
}

/** What came of drawing: the smallest failing input, if any failed. */
export interface Checked<A> {
  readonly runs: number
  readonly failure:
    | { readonly input: A; readonly path: string; readonly run: number; readonly shrinks: number }
    | undefined
}

/** Draws inputs until `holds` says no; then finds a smaller one to which it says no as well. */
export const check = Effect.fnUntraced(function* <A, R>(
  gen: Gen<A>,
  holds: (input: A) => Effect.Effect<boolean, never, R>,
  options: CheckOptions
): Effect.fn.Return<Checked<A>, never, R> {
  const run = Effect.runPromiseWith(yield* Effect.context<R>())
  const property = fc.asyncProperty(gen, (input) => run(holds(input)))
  const details = yield* Effect.promise(() =>
    Promise.resolve(
      fc.check(property, {
        seed: options.seed,
        numRuns: options.path === undefined ? options.runs : 1,
        interruptAfterTimeLimit: options.timeLimitMillis,
        ...(options.path === undefined ? {} : { path: options.path, endOnFailure: true })
      })
    )
  )
  const failure =
    details.counterexample === null || details.counterexamplePath === null
      ? undefined
      : {
          input: details.counterexample[0],
          path: details.counterexamplePath,
          run: Number(details.counterexamplePath.split(":")[0]) + 1,
          shrinks: details.numShrinks
        }
  return { runs: details.numRuns, failure }
})

/** Some values, for the generators' own tests. */
export const sample = <A>(gen: Gen<A>, seed: number, count: number): ReadonlyArray<A> =>
  fc.sample(gen, { seed, numRuns: count })

/** An input in words, for reports. */
export const print = (input: unknown): string => fc.stringify(input)
