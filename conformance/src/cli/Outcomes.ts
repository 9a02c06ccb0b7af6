/**
 * What reports come to as exit codes.
 */
import type { Report } from "../Report.ts"
import * as Tally from "../report/Tally.ts"
import type { ExitCode } from "./Ending.ts"

/** The exit code of one report. */
export const exitCode = (report: Pick<Report, "laws">): ExitCode =>
  ({ conformant: 0, broken: 1, inconclusive: 2, unchecked: 2 } as const)[Tally.outcome(report)]

/** The exit code of several checks: an error of the kit first, then a broken law, then what is not known. */
export const worst = (codes: ReadonlyArray<ExitCode>): ExitCode => {
  const found = ([3, 1, 2] as const).find((code) => codes.includes(code))
  return found ?? 0
}
