/**
 * What the last reconciliations found; where no result is kept, that.
 */
import * as Money from "@paylayer/core/Money"
import * as Reconciliation from "@paylayer/core/Reconciliation"
import type { Movement } from "@paylayer/core/Statement"
import { html, type Html } from "@paylayer/pages/Html"
import type { Reconciled } from "../../Reconciler.ts"
import * as Badges from "./badges.ts"
import { pathOf } from "./chargePage.ts"
import * as Language from "./language.ts"
import { id, money, page, time, title, type View } from "./layout.ts"
import { table } from "./table.ts"

const side = (view: View, movement: Movement | undefined): Html | string =>
  movement === undefined
    ? "–"
    : html`${money(view, movement.money)} <span class="soft small">${id(movement.reference)}</span>`

const sums = (view: View, { sums }: Reconciliation.Reconciliation): Html => {
  const { language, words } = view
  return table<Reconciliation.Sum>({
    caption: words.total,
    columns: [
      { name: words.kind, cell: ({ currency, kind }) => `${currency} ${words.movements[kind]}` },
      { name: words.here, kind: "number", cell: ({ currency, here }) => Language.amount(language, currency, here) },
      { name: words.there, kind: "number", cell: ({ currency, there }) => Language.amount(language, currency, there) }
    ],
    rows: sums,
    empty: words.none
  })
}

const differences = (view: View, { differences }: Reconciliation.Reconciliation): Html => {
  const { words } = view
  return table<Reconciliation.Difference>({
    caption: words.differences,
    columns: [
      {
        name: words.charge,
        full: true,
        cell: ({ chargeId }) => html`<a href="${pathOf(chargeId)}">${id(chargeId)}</a>`
      },
      { name: words.what, cell: ({ kind, what }) => `${words.movements[kind]}: ${words.whats[what]}` },
      { name: words.here, kind: "number", cell: ({ here }) => side(view, here) },
      { name: words.there, kind: "number", cell: ({ there }) => html`${there.map((one) => html`${side(view, one)} `)}` }
    ],
    rows: differences.slice(0, 200),
    empty: words.none
  })
}

const card = (view: View, { atMillis, result }: Reconciled): Html => {
  const { language, words } = view
  const clean = Reconciliation.isClean(result)
  const count = (value: number) => Language.count(language, value)
  return html`<section class="card flush">
    <div class="title">
      <h2>${words.statementDay} ${Language.longDay(language, result.day.date)}</h2>
      ${Badges.ofAgreement(view, clean)}
    </div>
    <dl class="facts">
      <dt>${words.protocol}</dt>
      <dd>${result.protocols.join(", ")}</dd>
      <dt>${words.ranAt}</dt>
      <dd>${time(view, atMillis)}</dd>
      <dt>${words.matched}</dt>
      <dd>${count(result.matched)}</dd>
      <dt>${words.shifted}</dt>
      <dd>${count(result.shifted)}</dd>
      <dt>${words.foreign}</dt>
      <dd>${count(result.foreign)}</dd>
      <dt>${words.uncovered}</dt>
      <dd>
        ${
          result.uncovered.length === 0
            ? words.none
            : result.uncovered.slice(0, 20).map((movement) => html`${Money.print(movement.money)} `)
        }
      </dd>
    </dl>
    ${sums(view, result)} ${result.differences.length > 0 && differences(view, result)}
  </section>`
}

/** The page, newest first. */
export const reconciliationPage = (view: View, results: ReadonlyArray<Reconciled>): Html => {
  const { words } = view
  return page(
    view,
    words.reconciliationTitle,
    html`${title(words.reconciliationTitle)}
    ${
      results.length === 0
        ? html`<section class="card">
            <p><b>${words.noneKept}</b></p>
            <p class="soft">${words.noneKeptHint}</p>
          </section>`
        : results.map((one) => card(view, one))
    }`
  )
}
