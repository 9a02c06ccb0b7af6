/**
 * The matrix: protocols × laws, from several reports.
 */
import * as Area from "../Area.ts"
import type { LawReport, Report } from "../Report.ts"
import type { Tag } from "./Tally.ts"
import { visibleLine } from "./Visible.ts"

export const marks = {
  pass: "✓",
  fail: "✗",
  vacuous: "∅",
  inconclusive: "?",
  exempt: "e",
  "not-applicable": "–"
} as const satisfies { readonly [T in Tag]: string }

const legend = "✓ kept  ✗ broken  ∅ vacuous  ? inconclusive  e exempt  – not applicable  · not run"

interface Row {
  readonly law: LawReport
  readonly cells: ReadonlyArray<string>
}

const rowsOf = (reports: ReadonlyArray<Report>): ReadonlyArray<Row> => {
  const all = new Map<string, LawReport>()
  for (const { laws } of reports) for (const law of laws) if (!all.has(law.id)) all.set(law.id, law)
  const order = ({ area, id }: LawReport) => `${String(Area.ids.indexOf(area)).padStart(2, "0")} ${id}`
  const verdicts = reports.map(({ laws }) => new Map(laws.map(({ id, verdict }) => [id, verdict._tag])))
  return [...all.values()]
    .toSorted((a, b) => (order(a) < order(b) ? -1 : 1))
    .map((law) => ({
      law,
      cells: verdicts.map((of) => {
        const tag = of.get(law.id)
        return tag === undefined ? "·" : marks[tag]
      })
    }))
}

const levelOf = ({ reached }: Report) => reached ?? "none"

const shortened = (text: string, width: number) => (text.length <= width ? text : `${text.slice(0, width - 1)}…`)

/** For a terminal. */
export const text = (reports: ReadonlyArray<Report>): string => {
  const names = reports.map(({ subject }) => visibleLine(subject))
  const widths = names.map((name, index) => Math.max(name.length, levelOf(reports[index]!).length))
  const statement = 64
  const line = (head: string, cells: ReadonlyArray<string>) =>
    `${head.padEnd(8 + statement)}  ${cells.map((cell, index) => cell.padEnd(widths[index]!)).join("  ")}`.trimEnd()
  const body = rowsOf(reports).map(({ cells, law }) =>
    line(`${law.id}  ${shortened(visibleLine(law.statement), statement)}`, cells)
  )
  return [line("", names), ...body, line("level reached", reports.map(levelOf)), legend].join("\n")
}

/** For a page. */
export const markdown = (reports: ReadonlyArray<Report>): string => {
  const cell = (content: string) => visibleLine(content).replace(/[|<>\\`]/g, (mark) => `\\${mark}`)
  const row = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  return [
    row(["law", "what must hold", ...reports.map(({ subject }) => cell(subject))]),
    row(["---", "---", ...reports.map(() => ":-:")]),
    ...rowsOf(reports).map(({ cells, law }) => row([law.id, cell(law.statement), ...cells])),
    row(["", "level reached", ...reports.map(levelOf)]),
    "",
    legend
  ].join("\n")
}
