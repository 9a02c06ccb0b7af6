/**
 * A failure in words, for terminals and test output.
 */
import type { LawReport } from "./Report.ts"
import type { Event } from "./Timeline.ts"

const lines = (timeline: ReadonlyArray<Event>): ReadonlyArray<string> => {
  const width = String(timeline.length).length
  return timeline.map(({ atMillis, fiber, mark, what }, index) => {
    const at = atMillis === 0 ? "" : `  +${atMillis} ms`
    return `  ${String(index + 1).padStart(width)}  fiber ${fiber}  ${what}${at}${mark === undefined ? "" : `     <- ${mark} here`}`
  })
}

/** What became of a law, in one line. */
export const headline = ({ id, level, statement, verdict }: LawReport): string =>
  `${id} ${level} ${statement}: ${verdict._tag}`

/** What is known where the text is read. */
export interface Explained {
  /** The command that replays a token. Without one the token stands alone. */
  readonly replay?: (token: string) => string
}

/** Everything that a reader without the source needs to understand a failure. */
export const explain = (report: LawReport, { replay: command = (token) => token }: Explained = {}): string => {
  const { id, kind, level, severity, statement, verdict } = report
  const title = `${id} ${level} ${statement}   ${severity} · ${kind}`
  switch (verdict._tag) {
    case "fail": {
      const { actual, atStake, expected, foundOnRun, input, replay, runs, shrinks, timeline } = verdict.failure
      return [
        title,
        ...atStake.map((fact, index) => `  ${index === 0 ? "at stake: " : ""}${fact}`),
        `  expected: ${expected}`,
        `  but: ${actual}`,
        ...(input === undefined ? [] : [`  with: ${input}`]),
        ...lines(timeline),
        `  found on run ${foundOnRun} of ${runs}, shrunk ${shrinks} times`,
        `  replay: ${command(replay)}`
      ].join("\n")
    }
    case "vacuous":
      return `${title}\n  nothing was checked: in ${verdict.runs} runs there never was ${verdict.missing.map((name) => `"${name}"`).join(" nor ")}`
    case "inconclusive":
    case "not-applicable":
      return `${title}\n  ${verdict._tag}: ${verdict.because}`
    case "exempt":
      return `${title}\n  exempt: ${verdict.reason} (${verdict.clause})`
    case "pass":
      return `${title}\n  pass, ${verdict.runs} runs`
  }
}
