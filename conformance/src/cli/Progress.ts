/**
 * Progress: a line per area as soon as it is judged. On a terminal the law at work is shown meanwhile.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import * as Area from "../Area.ts"
import type { Law } from "../Law.ts"
import type { LawReport } from "../Report.ts"
import * as Tally from "../report/Tally.ts"
import { isBad } from "../Verdict.ts"
import { type Paint, paint } from "./Paint.ts"

export interface Progress {
  readonly onLaw: (report: LawReport) => Effect.Effect<void>
}

const width = Math.max(...Object.values(Area.areas).map((name) => name.length))

const sign = (laws: ReadonlyArray<LawReport>, { green, red, yellow }: Paint): string => {
  if (laws.some(({ level, verdict }) => level === "MUST" && isBad(verdict))) return red("✗")
  const unsure = laws.some(({ verdict }) => isBad(verdict) || verdict._tag === "inconclusive")
  return unsure ? yellow("?") : green("✓")
}

const line = (laws: ReadonlyArray<LawReport>, painted: Paint): string => {
  const { area } = laws[0]!
  const seconds = (laws.reduce((sum, { millis }) => sum + millis, 0) / 1000).toFixed(1)
  return `${sign(laws, painted)} ${area} ${Area.areas[area].padEnd(width)}  ${painted.dim(`${seconds.padStart(5)} s`)}  ${Tally.print(laws)}`
}

/** Goes over the line again that the cursor is in. */
const again = "\r\u001b[2K"

/** For laws that will be judged in this order. */
export const make = Effect.fnUntraced(function* (
  laws: ReadonlyArray<Law>,
  stream: "stdout" | "stderr" = "stdout"
): Effect.fn.Return<Progress> {
  const { canAnimate } = yield* TerminalCapabilities
  const painted = yield* paint
  const console = yield* Console.Console
  const done = new Map<string, Array<LawReport>>()
  const transient = (text: string) => {
    if (canAnimate && stream === "stdout") process.stdout.write(`${again}${text}`)
  }
  let judged = 0
  const next = () => {
    const law = laws[judged]
    if (law !== undefined) transient(painted.dim(`  ${law.area} ${Area.areas[law.area]}: ${law.id} …`))
  }
  next()
  return {
    onLaw: (report) =>
      Effect.sync(() => {
        judged++
        const own = done.get(report.area) ?? []
        own.push(report)
        done.set(report.area, own)
        if (own.length === laws.filter(({ area }) => area === report.area).length) {
          transient("")
          if (stream === "stdout") console.log(line(own, painted))
          else console.error(line(own, painted))
        }
        next()
      })
  }
})
