/** One broken law, told to somebody who does not know the source. */
import type { Explained } from "../../Explain.ts"
import type { LawReport } from "../../Report.ts"
import type { Event } from "../../Timeline.ts"
import type { Failure } from "../../Verdict.ts"
import { type Markup, markup } from "./markup.ts"

/** Longer timelines are folded after this many events. */
const shown = 40

/** Steps of one charge have one colour, whoever makes them. */
const lane = ({ fiber, what }: Event): number => Number(/charge ([0-9]+)/.exec(what)?.[1] ?? fiber) % 5

const row = (event: Event, index: number, timed: boolean): Markup => {
  const { atMillis, fiber, mark, what } = event
  return markup`<tr${mark === undefined ? undefined : markup` class="marked"`}><td>${index + 1}</td>${timed ? markup`<td>+${atMillis} ms</td>` : undefined}<td><span class="fiber" data-n="${lane(event)}">${fiber}</span></td><td>${what}${mark === undefined ? undefined : markup` <span class="mark">← ${mark} here</span>`}</td></tr>
`
}

const rows = (events: ReadonlyArray<Event>, from: number, timed: boolean): Markup =>
  markup`<div class="scroll"><table class="timeline"><thead><tr><th>#</th>${timed ? markup`<th>time</th>` : undefined}<th>fiber</th><th>what happened</th></tr></thead><tbody>
${events.map((event, index) => row(event, from + index, timed))}</tbody></table></div>`

const timeline = (events: ReadonlyArray<Event>): Markup | undefined => {
  const timed = events.some(({ atMillis }) => atMillis > 0)
  return events.length === 0
    ? undefined
    : markup`<p class="over">What happened, in order</p>
${rows(events.slice(0, shown), 0, timed)}${
        events.length > shown
          ? markup`<details><summary>${events.length - shown} more steps</summary>${rows(events.slice(shown), shown, timed)}</details>`
          : undefined
      }`
}

const story = (failure: Failure, { replay = (token) => token }: Explained): Markup => {
  const [why = "", ...facts] = failure.atStake
  return markup`<div class="stake"><b>At stake</b>${why}${facts.length === 0 ? undefined : markup`<ul>${facts.map((fact) => markup`<li>${fact}</li>`)}</ul>`}</div>
<dl class="facts"><dt>Expected</dt><dd>${failure.expected}</dd><dt>Instead</dt><dd><b>${failure.actual}</b></dd>${
    failure.input === undefined ? undefined : markup`<dt>With</dt><dd><code>${failure.input}</code></dd>`
  }</dl>
${timeline(failure.timeline)}
<p class="small soft">Found on run ${failure.foundOnRun} of ${failure.runs}, made smaller ${failure.shrinks} ${failure.shrinks === 1 ? "time" : "times"}. To see it again:</p>
<pre>${replay(failure.replay)}</pre>`
}

/** The card of a law that is broken. */
export const failureCard = (law: LawReport, explained: Explained): Markup => {
  const { clause, id, level, severity, statement, verdict, why } = law
  const content =
    verdict._tag === "fail"
      ? story(verdict.failure, explained)
      : markup`<div class="stake"><b>At stake</b>${why}</div><p>Nothing was checked${
          verdict._tag === "vacuous"
            ? `: in ${verdict.runs} runs there never was ${verdict.missing.join(", nor ")}`
            : ""
        }.</p>`
  return markup`<article class="card failure ${level === "MUST" ? "bad" : "warn"}" id="broken-${id}"><header>
<p class="over">Broken, and ${level === "MUST" ? "required" : "recommended"}</p><h3>A plug-in ${statement}</h3>
<a class="mono" href="#${id}">${id}</a><span class="chip">${severity}</span><span class="small soft">${clause}</span></header>
${content}</article>
`
}
