/**
 * Charges, newest first, a page at a time.
 */
import { html, type Html } from "@paylayer/pages/Html"
import type { Call, CallQuery } from "../../Usage.ts"
import { callTable } from "./callTable.ts"
import { address, page, title, type View } from "./layout.ts"

/** How many charges a page has. */
export const size = 50

export interface Charges {
  readonly calls: ReadonlyArray<Call>
  /** Whether there are older ones. */
  readonly more: boolean
  readonly query: CallQuery
  /** A day that is none. */
  readonly wrong: ReadonlyArray<"since" | "until">
  readonly tools: ReadonlyArray<string>
  readonly protocols: ReadonlyArray<string>
}

const select = (view: View, name: string, label: string, options: ReadonlyArray<readonly [string, string]>): Html => {
  const chosen = view.query.get(name) ?? ""
  const known = options.some(([value]) => value === chosen)
  const all = chosen === "" || known ? options : [...options, [chosen, chosen] as const]
  return html`<div class="field">
    <label for="${name}">${label}</label>
    <select id="${name}" name="${name}">
      <option value="">${view.words.any}</option>
      ${all.map(
        ([value, text]) => html`<option value="${value}" ${value === chosen && html`selected`}>${text}</option>`
      )}
    </select>
  </div>`
}

const input = (view: View, name: string, label: string, type: "date" | "text", wrong = false): Html =>
  html`<div class="field">
    <label for="${name}">${label}</label>
    <input
      id="${name}"
      name="${name}"
      type="${type}"
      value="${view.query.get(name) ?? ""}"
      maxlength="200"
      autocomplete="off"
      ${wrong && html`aria-invalid="true" aria-describedby="${name}-problem"`}
    />
    ${wrong && html`<span class="problem" id="${name}-problem">${view.words.badDay}</span>`}
  </div>`

const filter = (view: View, { protocols, tools, wrong }: Charges): Html => {
  const { words } = view
  const same = (names: ReadonlyArray<string>) => names.map((name) => [name, name] as const)
  return html`<form class="filter" method="get" action="/dashboard/charges">
    ${select(view, "tool", words.tool, same(tools))} ${select(view, "protocol", words.protocol, same(protocols))}
    ${select(view, "outcome", words.outcome, Object.entries(words.outcomes))}
    ${input(view, "payer", words.payer, "text")} ${input(view, "since", words.from, "date", wrong.includes("since"))}
    ${input(view, "until", words.until, "date", wrong.includes("until"))}
    <div class="buttons">
      <button class="main">${words.filter}</button>
      ${view.query.size > 0 && html`<a href="/dashboard/charges">${words.clear}</a>`}
    </div>
  </form>`
}

const finder = ({ words }: View): Html =>
  html`<form class="filter" method="get" action="/dashboard/charges">
    <div class="field">
      <label for="id">${words.findCharge}</label>
      <input id="id" name="id" type="text" autocomplete="off" spellcheck="false" maxlength="100" required />
    </div>
    <div class="buttons"><button>${words.find}</button></div>
  </form>`

const pager = (view: View, { calls, more }: Charges): Html | undefined => {
  const { query, words } = view
  const last = calls.at(-1)
  const begun = query.has("after")
  if (!begun && !more) return undefined
  return html`<nav class="pager" aria-label="${words.pages}">
    ${begun ? html`<a class="button" href="${address(view, { after: undefined })}">${words.newest}</a>` : html`<span></span>`}
    ${more && last !== undefined && html`<a class="button" rel="next" href="${address(view, { after: last.id })}">${words.older}</a>`}
  </nav>`
}

/** The page. */
export const chargesPage = (view: View, charges: Charges): Html => {
  const { words } = view
  const file = (format: "csv" | "json") =>
    address({ path: `/dashboard/charges.${format}`, query: view.query }, { after: undefined })
  return page(
    view,
    words.chargesTitle,
    html`${title(
        words.chargesTitle,
        html`<span class="small">
          ${words.download}: <a href="${file("csv")}" download>${words.asCsv}</a> ·
          <a href="${file("json")}" download>${words.asJson}</a>
        </span>`
      )}
      <section class="card">${filter(view, charges)}</section>
      <section class="card flush">
        ${callTable(view, charges.calls, { caption: words.chargesTitle, quiet: true, empty: words.noMatch })}
      </section>
      ${pager(view, charges)}
      <section class="card">${finder(view)}</section>`
  )
}
