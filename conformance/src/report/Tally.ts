/**
 * Tallies: the verdicts of a report counted, by area and in all, and what they come to.
 */
import * as Area from "../Area.ts"
import { conclusion, type LawReport, type Report, type RequirementLevel } from "../Report.ts"
import * as Requirements from "../Requirements.ts"
import { isBad, type Verdict } from "../Verdict.ts"

export type Tag = Verdict["_tag"]

/** In the order in which they are listed, with the words for people. */
export const words = {
  fail: "broken",
  vacuous: "vacuous",
  inconclusive: "inconclusive",
  pass: "kept",
  exempt: "exempt",
  "not-applicable": "not applicable"
} as const satisfies { readonly [T in Tag]: string }

const tags = Object.keys(words) as ReadonlyArray<Tag>

export interface Count {
  readonly tag: Tag
  readonly count: number
}

/** How many laws have each verdict, without those that none has. */
export const counts = (laws: ReadonlyArray<LawReport>): ReadonlyArray<Count> =>
  tags.flatMap((tag) => {
    const count = laws.filter(({ verdict }) => verdict._tag === tag).length
    return count === 0 ? [] : [{ tag, count }]
  })

/** `"1 broken, 7 kept"` */
export const print = (laws: ReadonlyArray<LawReport>): string =>
  counts(laws)
    .map(({ count, tag }) => `${count} ${words[tag]}`)
    .join(", ")

export interface AreaLaws {
  readonly id: Area.AreaId
  readonly name: string
  readonly laws: ReadonlyArray<LawReport>
}

/** The laws by area, in order, without areas that have none. */
export const byArea = (laws: ReadonlyArray<LawReport>): ReadonlyArray<AreaLaws> =>
  Area.ids.flatMap((id) => {
    const own = laws.filter(({ area }) => area === id)
    return own.length === 0 ? [] : [{ id, name: Area.areas[id], laws: own }]
  })

/** The laws that are broken, what matters most first. */
export const broken = (laws: ReadonlyArray<LawReport>): ReadonlyArray<LawReport> => {
  const weight = ({ level, severity }: LawReport) =>
    ["critical", "high", "medium", "low"].indexOf(severity) + (level === "MUST" ? 0 : 10)
  return laws.filter(({ verdict }) => isBad(verdict)).toSorted((a, b) => weight(a) - weight(b))
}

/** A law that was really put to the test. Where all are exempt or not applicable, nothing is known. */
const tested = ({ verdict }: LawReport): boolean =>
  verdict._tag !== "exempt" && (verdict._tag !== "not-applicable" || verdict.complement)

/** What a report comes to: the conclusion, and `unchecked` where no law was put to the test. */
export const outcome = (report: Pick<Report, "laws">): ReturnType<typeof conclusion> | "unchecked" =>
  report.laws.some(tested) ? conclusion(report) : "unchecked"

/** One requirement level, as far as a report tells. */
export interface Rung {
  readonly level: RequirementLevel
  readonly state: "reached" | "broken" | "unknown"
  readonly laws: number
  /** Laws of the level, and those before it, that are broken. */
  readonly broken: ReadonlyArray<string>
  /** Laws of the level, and those before it, that were not run, or not told. */
  readonly open: ReadonlyArray<string>
}

/** The levels, each with what stands in its way. */
export const ladder = ({ laws }: Pick<Report, "laws">): ReadonlyArray<Rung> => {
  const verdicts = new Map<string, Verdict>(laws.map(({ id, verdict }) => [id, verdict]))
  return (["core", "guarded", "resilient"] as const).map((level) => {
    const ids = Requirements.lawsOf(level)
    const broken = ids.filter((id) => verdicts.has(id) && isBad(verdicts.get(id)!))
    const open = ids.filter((id) => !verdicts.has(id) || verdicts.get(id)!._tag === "inconclusive")
    const state = broken.length > 0 ? "broken" : open.length > 0 ? "unknown" : "reached"
    return { level, state, laws: ids.length, broken, open }
  })
}

/** The report in one sentence. */
export const sentence = (report: Pick<Report, "laws" | "reached">): string => {
  const musts = report.laws.filter(({ level }) => level === "MUST")
  const bad = musts.filter(({ verdict }) => isBad(verdict)).length
  const reached = report.reached === undefined ? "" : `, level reached: ${report.reached}`
  switch (outcome(report)) {
    case "broken":
      return `Not conformant: ${bad} of ${musts.length} required laws ${bad === 1 ? "is" : "are"} broken${reached}.`
    case "inconclusive": {
      const open = musts.filter(({ verdict }) => verdict._tag === "inconclusive").length
      return `Inconclusive: ${open} of ${musts.length} required laws could not be told${reached}.`
    }
    case "unchecked":
      return "Nothing was checked: every selected law is exempt or does not apply."
    case "conformant":
      return report.reached === undefined
        ? `Conformant in what was checked: ${report.laws.length} ${report.laws.length === 1 ? "law" : "laws"}, which make no whole level.`
        : `Conformant: level ${report.reached}.`
  }
}
