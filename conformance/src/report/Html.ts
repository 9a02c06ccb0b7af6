/**
 * A report as one HTML page, for people who decide whether a plug-in may touch money and do not read its source.
 *
 * The page loads nothing, runs nothing and says so in its policy; filters are radio buttons and style rules. Everything that
 * came from a plug-in is escaped.
 */
import type { Explained } from "../Explain.ts"
import type { LawReport, Report } from "../Report.ts"
import { isBad } from "../Verdict.ts"
import { failureCard } from "./internal/failureCard.ts"
import { type Markup, markup } from "./internal/markup.ts"
import * as Signs from "./internal/signs.ts"
import { styles } from "./internal/styles.ts"
import * as Tally from "./Tally.ts"

const tones = {
  pass: "good",
  fail: "bad",
  vacuous: "bad",
  inconclusive: "warn",
  exempt: "warn",
  "not-applicable": "calm"
} as const satisfies { readonly [T in Tally.Tag]: string }

const glyphs = {
  pass: Signs.tick,
  fail: Signs.cross,
  vacuous: Signs.empty,
  inconclusive: "?",
  exempt: "e",
  "not-applicable": "–"
} as const satisfies { readonly [T in Tally.Tag]: string | Markup }

const groups = ["broken", "open", "exempt", "kept", "absent"] as const
type Group = (typeof groups)[number]

const groupNames: { readonly [G in Group]: string } = {
  broken: "broken",
  open: "inconclusive",
  exempt: "exempt",
  kept: "kept",
  absent: "not applicable"
}

const groupOf = ({ verdict }: LawReport): Group => {
  if (isBad(verdict)) return "broken"
  if (verdict._tag === "inconclusive") return "open"
  if (verdict._tag === "exempt") return "exempt"
  return verdict._tag === "pass" ? "kept" : "absent"
}

const raw = (text: string): Markup => ({ markup: text })

const banner = (report: Report): Markup => {
  const outcome = Tally.outcome(report)
  const [tone, sign, meaning] = {
    conformant: ["good", Signs.tick, "Every required law that was checked is kept."],
    broken: ["bad", Signs.cross, "Each broken law is explained below: what it costs, and what happened step by step."],
    inconclusive: ["warn", "?", "Something outside the plug-in failed, so these laws say nothing about it yet."],
    unchecked: ["calm", "–", "This report is no evidence of anything."]
  }[outcome] as [string, string | Markup, string]
  return markup`<section class="card verdict ${tone}"><span class="sign" aria-hidden="true">${sign}</span><div><p class="said">${Tally.sentence(report)}</p><p class="soft">${meaning}</p></div></section>
`
}

const promises = {
  core: "Reads requests, amounts and currencies rightly, and says truthfully what failed.",
  guarded: "Also keeps limits, signatures, expiry and secrets against somebody who cheats.",
  resilient: "Also charges once and loses nothing when calls race, fail or are cut off."
} as const

const rung = ({ broken, laws, level, open, state }: Tally.Rung): Markup => {
  const links = broken.map((id, index) => markup`${index === 0 ? "" : ", "}<a href="#broken-${id}">${id}</a>`)
  const [tone, said] = {
    reached: ["good", markup`reached, ${laws} laws`],
    broken: ["bad", markup`not reached: ${links}`],
    unknown: ["calm", markup`not known: ${open.length} of ${laws} laws were not checked`]
  }[state] as [string, Markup]
  return markup`<li class="card ${tone}"><b>${level}</b> <span class="chip">${state === "reached" ? Signs.tick : state === "broken" ? Signs.cross : "?"}</span><p class="small">${promises[level]}</p><p class="small soft">${said}</p></li>
`
}

const map = (areas: ReadonlyArray<Tally.AreaLaws>): Markup => markup`<div class="card map">${areas.map(
  ({ id, laws, name }) => markup`<div><a href="#area-${id}">${name}</a><span class="squares">${laws.map(
    (law) =>
      markup`<a class="${tones[law.verdict._tag]}" href="#${law.id}" title="${law.id}: ${law.statement} (${Tally.words[law.verdict._tag]})" aria-label="${law.id} ${Tally.words[law.verdict._tag]}">${glyphs[law.verdict._tag]}</a>`
  )}</span></div>
`
)}</div>
`

const because = ({ id, verdict }: LawReport): Markup | undefined => {
  switch (verdict._tag) {
    case "pass":
      return undefined
    case "fail":
    case "vacuous":
      return markup`<p class="because bad"><a href="#broken-${id}">What happened</a></p>`
    case "inconclusive":
      return markup`<p class="because warn">${verdict.because}</p>`
    case "exempt":
      return markup`<p class="because warn">Exempt, as the plug-in's author says: ${verdict.reason} (${verdict.clause})</p>`
    case "not-applicable":
      return markup`<p class="because calm">${verdict.because}${verdict.complement ? "; that it then refuses was checked" : ""}</p>`
  }
}

const evidence = ({ millis, verdict }: LawReport): string => {
  if (verdict._tag !== "pass") return `${millis} ms`
  const met = Object.entries(verdict.met).map(([name, count]) => `${name}: ${count}`)
  return `${verdict.runs} ${verdict.runs === 1 ? "run" : "runs"}, ${millis} ms${met.length === 0 ? "" : `; of them ${met.join(", ")}`}`
}

const lawRow = (law: LawReport): Markup => {
  const { clause, id, kind, level, severity, statement, verdict, why } = law
  return markup`<div class="law g-${groupOf(law)} ${tones[verdict._tag]}" id="${id}"><span class="id mono">${id}</span><div class="body"><div>${statement}</div>${because(law)}
<details><summary>why it matters</summary><p class="small">${why}</p><p class="small soft">${level === "MUST" ? "required" : "recommended"}, ${severity}; checked by ${kind}; contract: ${clause}; ${evidence(law)}</p></details></div><span class="chip">${Tally.words[verdict._tag]}</span></div>
`
}

const area = ({ id, laws, name }: Tally.AreaLaws): Markup =>
  markup`<section class="card area" id="area-${id}"><header><h3>${name} <span class="mono soft">${id}</span></h3><span class="small soft">${Tally.print(laws)}</span></header>
${laws.map(lawRow)}</section>
`

/** One radio button per group of verdicts that occurs, and the rules that hide the others. */
const filters = (laws: ReadonlyArray<LawReport>) => {
  const present = groups.filter((group) => laws.some((law) => groupOf(law) === group))
  const input = (name: string) =>
    markup`<input class="filters" type="radio" name="show" id="show-${name}"${name === "all" ? raw(" checked") : undefined}>`
  const label = (name: string, text: string, count: number) =>
    markup`<label for="show-${name}">${text} <span class="soft">${count}</span></label>`
  const rules = present
    .map(
      (group) =>
        `#show-${group}:checked~.areas .law:not(.g-${group}),#show-${group}:checked~.areas .area:not(:has(.g-${group})){display:none}`
    )
    .concat(
      ["all", ...present].map(
        (name) =>
          `#show-${name}:checked~.tabs label[for=show-${name}]{background:var(--ink);color:var(--bg)}#show-${name}:checked~.tabs label[for=show-${name}] .soft{color:inherit}#show-${name}:focus-visible~.tabs label[for=show-${name}]{outline:2px solid var(--accent);outline-offset:2px}`
      )
    )
  return {
    rules: rules.join("\n"),
    controls: markup`${["all", ...present].map(input)}<div class="tabs" role="presentation">${label("all", "all", laws.length)}${present.map(
      (group) => label(group, groupNames[group], laws.filter((law) => groupOf(law) === group).length)
    )}</div>
`
  }
}

const about = ({ contract, manifest, millis, profile, seed, subject }: Report): Markup => {
  const triggers = manifest.triggers.map(({ header, prefix, scheme }) =>
    [header, scheme, prefix].filter(Boolean).join(" ")
  )
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["Protocol", `${manifest.displayName} (${manifest.id})${subject === manifest.id ? "" : `, checked as ${subject}`}`],
    [
      "How it is paid",
      manifest.flow === "authorize-then-settle"
        ? "the plug-in authorizes first and takes the money after the work is done"
        : "the agent pays first, the plug-in confirms delivery after the work is done"
    ],
    ["A credential buys", manifest.use === "once" ? "one request" : "as many requests as its terms allow"],
    ["Currencies", manifest.currencies.join(", ")],
    ["Found in", triggers.join(", ")],
    ["Can also", manifest.capabilities.length === 0 ? "nothing more" : manifest.capabilities.join(", ")],
    ["Checked with", `contract ${contract}, profile ${profile}, seed ${seed}, ${(millis / 1000).toFixed(1)} seconds`]
  ]
  return markup`<dl class="card facts">${rows.map(([term, text]) => markup`<dt>${term}</dt><dd>${text}</dd>`)}</dl>
`
}

/** The HTML document. */
export const html = (report: Report, explained: Explained = {}): string => {
  const areas = Tally.byArea(report.laws)
  const failures = Tally.broken(report.laws)
  const { controls, rules } = filters(report.laws)
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>${report.manifest.displayName}: conformance report</title>
<style>${raw(styles)}${raw(rules)}</style></head>
<body><main>
<p class="over">Conformance report</p>
<h1>${report.manifest.displayName}</h1>
<p class="soft">Whether this payment plug-in keeps the laws of the Paylayer contract.</p>
${banner(report)}<ol class="ladder">${Tally.ladder(report).map(rung)}</ol>
${map(areas)}${
    failures.length === 0
      ? undefined
      : markup`<h2 id="broken">What is broken</h2>
${failures.map((law) => failureCard(law, explained))}`
  }<h2>About the plug-in</h2>
${about(report)}<h2>Every law</h2>
${controls}<div class="areas">${areas.map(area)}</div>
<footer><p><b>kept</b>: it was put to the test and held. <b>broken</b>: a case was found in which it does not hold. <b>vacuous</b>: the cases that matter never came up, which counts as broken. <b>inconclusive</b>: something else failed, so it could not be told. <b>exempt</b>: the author states a reason not to keep it. <b>not applicable</b>: the protocol has no such feature.</p>
<p>Laws are put to the test with generated requests, chosen orders of events and injected faults. They find defects; that they find none is no proof that there are none.</p></footer>
</main></body></html>
`.markup
}
