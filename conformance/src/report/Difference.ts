/**
 * The difference between two reports on one plug-in: what became better, and what worse.
 */
import type { LawReport, Report, RequirementLevel } from "../Report.ts"
import { isBad, type Verdict } from "../Verdict.ts"
import { words } from "./Tally.ts"

export interface Change {
  readonly id: string
  readonly statement: string
  readonly kind: "worse" | "better" | "other" | "gone" | "new"
  /** What became of it: `"kept, now broken"`. */
  readonly what: string
}

export interface Difference {
  readonly changes: ReadonlyArray<Change>
  readonly before: RequirementLevel | undefined
  readonly after: RequirementLevel | undefined
  /** A required law that was kept is not known to be kept any more, or a level is lost. */
  readonly worse: boolean
}

/** 0 is best. */
const rank = (verdict: Verdict): number =>
  isBad(verdict) ? 2 : verdict._tag === "pass" || verdict._tag === "not-applicable" ? 0 : 1

const change = (before: LawReport | undefined, after: LawReport | undefined): Change | undefined => {
  const either = after ?? before
  if (either === undefined) return undefined
  const { id, statement } = either
  if (before === undefined) return { id, statement, kind: "new", what: `new, ${words[either.verdict._tag]}` }
  if (after === undefined) return { id, statement, kind: "gone", what: `${words[before.verdict._tag]}, now not run` }
  if (before.verdict._tag === after.verdict._tag) return undefined
  const step = rank(after.verdict) - rank(before.verdict)
  return {
    id,
    statement,
    kind: step > 0 ? "worse" : step < 0 ? "better" : "other",
    what: `${words[before.verdict._tag]}, now ${words[after.verdict._tag]}`
  }
}

const order: ReadonlyArray<RequirementLevel | undefined> = [undefined, "core", "guarded", "resilient"]

/** What changed from one report to another. */
export const difference = (before: Report, after: Report): Difference => {
  const old = new Map(before.laws.map((law) => [law.id, law]))
  const now = new Map(after.laws.map((law) => [law.id, law]))
  const changes = [...new Set([...old.keys(), ...now.keys()])].flatMap((id) => {
    const changed = change(old.get(id), now.get(id))
    return changed === undefined ? [] : [changed]
  })
  const required = ({ id }: Change) => (now.get(id) ?? old.get(id))?.level === "MUST"
  const fresh = ({ id, kind }: Change) => kind === "new" && isBad(now.get(id)!.verdict)
  return {
    changes,
    before: before.reached,
    after: after.reached,
    worse:
      changes.some((changed) => required(changed) && (changed.kind === "worse" || fresh(changed))) ||
      order.indexOf(after.reached) < order.indexOf(before.reached)
  }
}

const signs = { worse: "-", better: "+", other: "~", gone: "o", new: "*" } as const

/** For a terminal. */
export const print = ({ after, before, changes, worse }: Difference): string =>
  [
    ...changes.map(({ id, kind, statement, what }) => `${signs[kind]} ${id}  ${what}: ${statement}`),
    before === after
      ? `level reached: ${after ?? "none"}, as before`
      : `level reached: ${after ?? "none"}, before: ${before ?? "none"}`,
    changes.length === 0 ? "No law changed." : worse ? "Worse than before." : "Not worse than before."
  ].join("\n")
