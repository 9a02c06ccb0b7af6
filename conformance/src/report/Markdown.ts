/**
 * A report as Markdown, for pull requests and wikis.
 */
import { explain, type Explained } from "../Explain.ts"
import type { LawReport, Report } from "../Report.ts"
import * as Tally from "./Tally.ts"
import { visible, visibleLine } from "./Visible.ts"

/** Text that Markdown and HTML leave alone, also within a cell of a table. */
const plain = (text: string): string => visibleLine(text).replace(/[\\`*_{}[\]<>()#+|!~&@:]/g, (mark) => `\\${mark}`)

/** A block of text as it is, in a fence that it cannot close. */
const block = (text: string): string => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = "`".repeat(longest + 1)
  return `${fence}text\n${visible(text)}\n${fence}`
}

const note = ({ verdict }: LawReport): string => {
  switch (verdict._tag) {
    case "pass":
      return verdict.runs === 1 ? "" : `${verdict.runs} runs`
    case "fail":
      return verdict.failure.actual
    case "vacuous":
      return `never: ${verdict.missing.join(", ")}`
    case "inconclusive":
    case "not-applicable":
      return verdict.because.split("\n", 1)[0] ?? ""
    case "exempt":
      return `${verdict.reason} (${verdict.clause})`
  }
}

const row = (law: LawReport): string =>
  `| ${law.id} | ${law.level} | ${plain(law.statement)} | ${Tally.words[law.verdict._tag]} | ${plain(note(law))} |`

/** The Markdown text. */
export const markdown = (report: Report, explained: Explained = {}): string => {
  const { manifest } = report
  const failures = Tally.broken(report.laws)
  return [
    `# Conformance of ${plain(manifest.displayName)}`,
    `**${plain(Tally.sentence(report))}**`,
    [
      `- protocol: \`${manifest.id}\`, ${manifest.flow}, a credential is used ${manifest.use}`,
      `- currencies: ${manifest.currencies.join(", ")}`,
      `- contract ${plain(report.contract)}, profile ${plain(report.profile)}, seed ${report.seed}`,
      ...Tally.ladder(report).map(
        ({ broken, laws, level, open, state }) =>
          `- level ${level} (${laws} laws): ${state}${broken.length === 0 ? "" : `; broken: ${broken.join(", ")}`}${open.length === 0 ? "" : `; not known: ${open.length}`}`
      )
    ].join("\n"),
    ...(failures.length === 0 ? [] : ["## What is broken", ...failures.map((law) => block(explain(law, explained)))]),
    "## Every law",
    ...Tally.byArea(report.laws).map(({ id, laws, name }) =>
      [
        `### ${id} ${name}: ${Tally.print(laws)}`,
        "",
        "| law | | what must hold | verdict | |",
        "| --- | --- | --- | --- | --- |",
        ...laws.map(row)
      ].join("\n")
    )
  ]
    .join("\n\n")
    .concat("\n")
}
