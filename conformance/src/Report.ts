/**
 * The report: every law with its verdict, as data. All other forms (JUnit, Markdown, HTML, a badge) are made of it.
 */
import { Manifest } from "@paylayer/core/Manifest"
import * as Schema from "effect/Schema"
import { ids } from "./Area.ts"
import { isBad, Verdict } from "./Verdict.ts"

/** The requirement levels, each with those before it. */
export const RequirementLevel = Schema.Literals(["core", "guarded", "resilient"])
export type RequirementLevel = (typeof RequirementLevel)["Type"]

export const LawReport = Schema.Struct({
  id: Schema.String,
  area: Schema.Literals(ids),
  level: Schema.Literals(["MUST", "SHOULD"]),
  severity: Schema.Literals(["critical", "high", "medium", "low"]),
  kind: Schema.String,
  clause: Schema.String,
  statement: Schema.String,
  why: Schema.String,
  verdict: Verdict,
  millis: Schema.Int
})
export type LawReport = (typeof LawReport)["Type"]

export const Report = Schema.Struct({
  /** The version of this form. */
  report: Schema.Literal("1.0"),
  subject: Schema.String,
  manifest: Manifest,
  /** The contract's version, and the generators'. */
  contract: Schema.String,
  profile: Schema.String,
  seed: Schema.Int,
  /** The level that was asked for, if one was. */
  asked: Schema.optionalKey(RequirementLevel),
  /** The highest level whose laws were all run and none of which is broken. */
  reached: Schema.optionalKey(RequirementLevel),
  laws: Schema.Array(LawReport),
  millis: Schema.Int
})
export type Report = (typeof Report)["Type"]

/** A report as JSON text, and back. */
export const Json = Schema.fromJsonString(Schema.toCodecJson(Report))

/** `conformant`: no MUST law is broken. `inconclusive`: none is known to be, and some could not be told. */
export type Conclusion = "conformant" | "broken" | "inconclusive"

export const conclusion = ({ laws }: Pick<Report, "laws">): Conclusion => {
  const musts = laws.filter(({ level }) => level === "MUST")
  if (musts.some(({ verdict }) => isBad(verdict))) return "broken"
  return musts.some(({ verdict }) => verdict._tag === "inconclusive") ? "inconclusive" : "conformant"
}
