/**
 * The figures of runs as a table for a terminal, one column per database.
 */
import type { Figures } from "./Figures.ts"

export interface Column {
  readonly title: string
  readonly figures: Figures
  readonly violations: number
}

const seconds = (millis: number) => `${(millis / 1000).toFixed(1)} s`

const recovered = ({ recovered }: Figures, state: "settled" | "released") => String(recovered[state] ?? 0)

const rows: ReadonlyArray<readonly [string, (figures: Figures) => string]> = [
  ["hosts killed", ({ kills }) => String(kills)],
  ["hosts started", ({ starts }) => String(starts)],
  ["requests", ({ requests }) => String(requests)],
  ["orders", ({ orders }) => String(orders)],
  ["charges settled", ({ settled }) => String(settled)],
  ["refused over a limit", ({ refused }) => String(refused)],
  ["answers given again", ({ replays }) => String(replays)],
  ["taken over, then settled", (figures) => recovered(figures, "settled")],
  ["taken over, then released", (figures) => recovered(figures, "released")],
  ["unknown for a while", ({ unknown }) => String(unknown)],
  ["longest time without a host", ({ longestOutageMillis }) => seconds(longestOutageMillis)],
  ["time", ({ millis }) => seconds(millis)]
]

export const print = (columns: ReadonlyArray<Column>): string => {
  const lines = [
    ["", ...columns.map(({ title }) => title)],
    ...rows.map(([name, read]) => [name, ...columns.map(({ figures }) => read(figures))]),
    ["what must not be", ...columns.map(({ violations }) => (violations === 0 ? "nothing" : String(violations)))]
  ]
  return lines
    .map(([name = "", ...cells]) => [name.padEnd(28), ...cells.map((cell) => cell.padStart(12))].join(" ").trimEnd())
    .join("\n")
}
