/**
 * A report as JUnit XML, for CI servers: a suite per area, a case per law.
 *
 * A SHOULD that is not kept is skipped and says so, since it does not keep a plug-in from conforming.
 */
import { explain, type Explained } from "../Explain.ts"
import type { LawReport, Report } from "../Report.ts"
import { isBad } from "../Verdict.ts"
import { type Markup, markup } from "./internal/markup.ts"
import * as Tally from "./Tally.ts"

const seconds = (millis: number) => (millis / 1000).toFixed(3)

type Result = "failure" | "error" | "skipped" | "passed"

const resultOf = ({ level, verdict }: LawReport): Result => {
  if (isBad(verdict)) return level === "MUST" ? "failure" : "skipped"
  if (verdict._tag === "inconclusive") return level === "MUST" ? "error" : "skipped"
  if (verdict._tag === "exempt") return "skipped"
  return verdict._tag === "not-applicable" && !verdict.complement ? "skipped" : "passed"
}

const message = ({ verdict }: LawReport): string => {
  switch (verdict._tag) {
    case "fail":
      return verdict.failure.actual
    case "vacuous":
      return `nothing was checked: there never was ${verdict.missing.join(", nor ")}`
    case "exempt":
      return verdict.reason
    case "inconclusive":
    case "not-applicable":
      return verdict.because
    case "pass":
      return ""
  }
}

const body = (law: LawReport, explained: Explained): Markup => {
  const text = explain(law, explained)
  switch (resultOf(law)) {
    case "failure":
      return markup`<failure type="${law.verdict._tag}" message="${message(law)}">${text}</failure>`
    case "error":
      return markup`<error type="inconclusive" message="${message(law)}">${text}</error>`
    case "skipped":
      return markup`<skipped message="${law.level === "SHOULD" ? "SHOULD: " : ""}${message(law)}"/><system-out>${text}</system-out>`
    case "passed":
      return markup`<system-out>${text}</system-out>`
  }
}

const totals = (laws: ReadonlyArray<LawReport>, millis: number): Markup => {
  const count = (result: Result) => laws.filter((law) => resultOf(law) === result).length
  return markup`tests="${laws.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}" time="${seconds(millis)}"`
}

/** The XML document. */
export const junit = (report: Report, explained: Explained = {}): string => {
  const properties = {
    protocol: report.manifest.id,
    contract: report.contract,
    profile: report.profile,
    seed: String(report.seed),
    outcome: Tally.outcome(report),
    "level reached": report.reached ?? "none"
  }
  const suite = ({ id, laws, name }: Tally.AreaLaws) => {
    const millis = laws.reduce((sum, law) => sum + law.millis, 0)
    return markup`  <testsuite name="${id} ${name}" ${totals(laws, millis)}>
    <properties>${Object.entries(properties).map(([name, value]) => markup`<property name="${name}" value="${value}"/>`)}</properties>
${laws.map(
  (
    law
  ) => markup`    <testcase classname="${report.subject}.${id}" name="${law.id} ${law.statement}" time="${seconds(law.millis)}">${body(law, explained)}</testcase>
`
)}  </testsuite>
`
  }
  return markup`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="${report.subject} conformance" ${totals(report.laws, report.millis)}>
${Tally.byArea(report.laws).map(suite)}</testsuites>
`.markup
}
