/**
 * Budgets: how much is spent on looking for a counterexample.
 */

/** `quick` while writing, `ci` on every change, `thorough` overnight. */
export type Profile = "quick" | "ci" | "thorough"

export interface Budget {
  /** Inputs per property. */
  readonly runs: number
  /** Schedules per scheduled law. */
  readonly schedules: number
  /** The most steps of one enumeration; more are thinned out evenly. */
  readonly steps: number
  /** The longest that one law looks for more, in real time. */
  readonly timeLimitMillis: number
}

export const budgets: { readonly [P in Profile]: Budget } = {
  quick: { runs: 20, schedules: 40, steps: 30, timeLimitMillis: 2_000 },
  ci: { runs: 100, schedules: 400, steps: 200, timeLimitMillis: 10_000 },
  thorough: { runs: 2_000, schedules: 4_000, steps: 4_000, timeLimitMillis: 120_000 }
}
