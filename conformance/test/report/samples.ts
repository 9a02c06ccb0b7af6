// Reports for tests: one with every verdict, and one whose every text is hostile.
import * as Catalogue from "@paylayer/conformance/Catalogue"
import type { Law } from "@paylayer/conformance/Law"
import type { LawReport, Report } from "@paylayer/conformance/Report"
import * as Requirements from "@paylayer/conformance/Requirements"
import type { Verdict } from "@paylayer/conformance/Verdict"

export const fail: Verdict = {
  _tag: "fail",
  failure: {
    expected: "what is settled stays within the budget",
    actual: "more was settled",
    atStake: ["An agent spends past what its owner allowed.", "budget CNY 100.00, settled CNY 101.00"],
    input: "[46n, 55n]",
    timeline: [
      { atMillis: 0, fiber: 1, what: "settle of charge 1, CNY 46.00" },
      { atMillis: 0, fiber: 2, what: "settle of charge 2, CNY 55.00", mark: "preempted" },
      { atMillis: 20, fiber: 1, what: "settle of charge 1, CNY 46.00: settled" }
    ],
    foundOnRun: 110,
    runs: 1000,
    shrinks: 7,
    replay: "LIM-02~1.0g1~42:109:3"
  }
}
export const pass: Verdict = { _tag: "pass", runs: 100, met: { "at the limit": 31 } }
const absent: Verdict = { _tag: "not-applicable", because: "the manifest does not declare refund", complement: true }

const lawReport = (law: Law, verdict: Verdict): LawReport => {
  const { area, clause, id, kind, level, severity, statement, why } = law
  return { id, area, level, severity, kind, clause, statement, why, verdict, millis: 12 }
}

/** A report on every law, with these verdicts and `pass` for the rest. */
export const report = (verdicts: { readonly [law: string]: Verdict } = {}, changes: Partial<Report> = {}): Report => {
  const laws = Catalogue.laws.map((law) => lawReport(law, verdicts[law.id] ?? pass))
  const bad = (id: string) => ["fail", "vacuous", "inconclusive"].includes((verdicts[id] ?? pass)._tag)
  const reached = Requirements.reached((id) => !bad(id))
  return {
    report: "1.0",
    subject: "acorn",
    manifest: {
      id: "acorn",
      contract: "1.0",
      displayName: "Acorn pay",
      flow: "authorize-then-settle",
      use: "many",
      identityType: "tree",
      paymentType: "acorn",
      triggers: [{ header: "x-acorn" }],
      currencies: ["CNY", "EUR"],
      capabilities: []
    },
    contract: "1.0g1",
    profile: "ci",
    seed: 42,
    ...(reached === undefined ? {} : { reached }),
    laws,
    millis: 1234,
    ...changes
  }
}

/** Every verdict there is. */
export const mixed = report({
  "LIM-02": fail,
  "CUR-03": { _tag: "vacuous", missing: ["a look-alike"], runs: 20 },
  "SIG-01": { _tag: "inconclusive", because: "the provider's double failed: no ink" },
  "RPL-01": { _tag: "exempt", reason: "the bank does it", clause: "Mandate.uses" },
  "IDM-07": absent
})

/** What a plug-in might say to whoever reads about it. */
export const hostile =
  "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>]]>\u0000\u001b[2J\u202e&lt;`|\n# x\n```\n\ud800\ufffe"

export const hostileReport: Report = report(
  {
    "LIM-02": {
      _tag: "fail",
      failure: {
        expected: hostile,
        actual: hostile,
        atStake: [hostile, hostile],
        input: hostile,
        timeline: [{ atMillis: 0, fiber: 1, what: hostile, mark: "crashed" }],
        foundOnRun: 1,
        runs: 1,
        shrinks: 0,
        replay: hostile
      }
    },
    "SIG-01": { _tag: "inconclusive", because: hostile },
    "RPL-01": { _tag: "exempt", reason: hostile, clause: hostile },
    "CUR-03": { _tag: "vacuous", missing: [hostile], runs: 1 },
    "DET-01": { _tag: "pass", runs: 1, met: { [hostile]: 1 } }
  },
  { subject: hostile }
)
