/**
 * Which laws a plug-in has to keep for which level. Frozen per version of the contract: a law that is added later asks nothing of
 * plug-ins that conform already.
 */
import type { RequirementLevel } from "./Report.ts"
import frozen from "./requirements/1.0.json" with { type: "json" }

const order = ["core", "guarded", "resilient"] as const

/** The ids of the laws of a level, with those of the levels before it. */
export const lawsOf = (level: RequirementLevel): ReadonlyArray<string> =>
  order.slice(0, order.indexOf(level) + 1).flatMap((each) => frozen.levels[each])

/** Every law that some level asks for: the scored set. */
export const scored: ReadonlyArray<string> = lawsOf("resilient")

/** The highest level whose laws all satisfy the predicate. */
export const reached = (keeps: (law: string) => boolean): RequirementLevel | undefined => {
  const broken = order.findIndex((level) => !frozen.levels[level].every(keeps))
  return broken === -1 ? "resilient" : order[broken - 1]
}
