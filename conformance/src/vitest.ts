/**
 * The whole test file of a plug-in:
 *
 * @example
 * import { conformance } from "@paylayer/conformance/vitest"
 * import { subject } from "./subject.ts"
 * conformance(subject)
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { describe, test } from "vitest"
import * as Conformance from "./Conformance.ts"
import { explain } from "./Explain.ts"
import * as Replay from "./Replay.ts"
import type { Subject } from "./Subject.ts"
import { isBad } from "./Verdict.ts"

/** A law that is not kept; its message is the whole story. */
class LawBroken extends Error {
  override readonly name = "LawBroken"
  override readonly stack = ""
}

/** One test per law, named by what it promises. Laws that do not apply are skipped and say why. */
export const conformance = (
  subject: Subject,
  options: Omit<Conformance.Options, "onLaw"> & { readonly timeoutMillis?: number } = {}
): void => {
  const { timeoutMillis = 60_000, ...asked } = options
  const replay = asked.replay === undefined ? undefined : Result.getOrThrow(Replay.parse(asked.replay))
  const laws = Result.getOrThrow(Conformance.select(replay === undefined ? asked : { ...asked, only: [replay.law] }))
  describe(`conformance of ${subject.name ?? "the subject"}`, () => {
    for (const law of laws) {
      test(`${law.id} ${law.statement}`, { timeout: timeoutMillis }, async (context) => {
        const { laws: reports } = await Effect.runPromise(Conformance.check(subject, { ...asked, only: [law.id] }))
        const [report] = reports
        if (report === undefined) throw new LawBroken(`${law.id} was not judged`)
        if (isBad(report.verdict) && law.level === "MUST") throw new LawBroken(explain(report))
        if (report.verdict._tag === "inconclusive") throw new LawBroken(explain(report))
        if (report.verdict._tag === "not-applicable" && !report.verdict.complement) context.skip(report.verdict.because)
        if (report.verdict._tag === "exempt") context.skip(`exempt: ${report.verdict.reason}`)
      })
    }
  })
}
