/**
 * What developers are owed, what was paid out, and the way to statements.
 */
import type * as Money from "@paylayer/core/Money"
import { html, type Html, named } from "@paylayer/pages/Html"
import type { Developer, Schedule } from "../../Developer.ts"
import type { Line, Part, Payout } from "../../Payout.ts"
import * as Badges from "./badges.ts"
import * as Language from "./language.ts"
import { address, formToken, id, money, page, time, title, type View } from "./layout.ts"
import { tableCard } from "./table.ts"

/** How many payouts a page has. */
export const size = 25

export interface Owed {
  readonly developer: Developer
  readonly payable: ReadonlyArray<Money.Money>
}

export interface PayoutsShown {
  readonly owed: ReadonlyArray<Owed>
  readonly payouts: ReadonlyArray<Payout>
  readonly more: boolean
  /** `"yyyy-MM"`: the month that a statement is offered of first. */
  readonly month: string
  /** A statement was asked for that there cannot be. */
  readonly wrong: boolean
}

const scheduleOf = ({ language, words }: View, schedule: Schedule): string => {
  if (typeof schedule === "string") return words.schedules[schedule]
  return "weekly" in schedule
    ? words.schedules.weekly(Language.weekday(language, schedule.weekly))
    : words.schedules.monthly(schedule.monthly)
}

interface Row extends Owed {
  readonly money: Money.Money | undefined
}

const owedTable = (view: View, owed: ReadonlyArray<Owed>): Html => {
  const { words } = view
  const rows = owed.flatMap((one): ReadonlyArray<Row> =>
    one.payable.length === 0 ? [{ ...one, money: undefined }] : one.payable.map((money) => ({ ...one, money }))
  )
  return tableCard<Row>({
    caption: words.owed,
    columns: [
      {
        name: words.developer,
        full: true,
        cell: ({ developer }) => html`${named(developer.name)} <span class="soft small">${id(developer.id)}</span>`
      },
      {
        name: words.rail,
        cell: ({ developer }) => (developer.payout === undefined ? words.noRail : words.rails[developer.payout.rail])
      },
      { name: words.schedule, cell: ({ developer }) => scheduleOf(view, developer.schedule) },
      {
        name: words.threshold,
        kind: "number",
        cell: ({ developer, money: due }) => {
          const least = due === undefined ? undefined : developer.threshold[due.currency]
          return due !== undefined && least !== undefined ? money(view, { currency: due.currency, minor: least }) : ""
        }
      },
      {
        name: words.amount,
        kind: "number",
        cell: ({ money: due }) => (due === undefined ? html`<span class="soft">${words.none}</span>` : money(view, due))
      }
    ],
    rows,
    empty: words.noDevelopers
  })
}

const choices = ({ developer, payable }: Owed): ReadonlyArray<readonly [string, string]> => {
  const currencies = new Set([...developer.currencies, ...payable.map(({ currency }) => currency)])
  return [...currencies].map((currency) => [`${currency} ${developer.id}`, `${developer.name}, ${currency}`] as const)
}

const statement = (view: View, { month, owed, wrong }: PayoutsShown): Html => {
  const { words } = view
  const options = owed.flatMap(choices)
  return html`<section class="card" aria-labelledby="statements">
    <h2 id="statements">${words.statements}</h2>
    ${wrong && html`<p class="note bad" role="alert">${words.badMonth}</p>`}
    ${
      options.length === 0
        ? html`<p class="soft">${words.noDevelopers}</p>`
        : html`<form class="filter wide" method="get" action="/dashboard/statements">
            <div class="field">
              <label for="of">${words.developerAndCurrency}</label>
              <select id="of" name="of">
                ${options.map(([value, text]) => html`<option value="${value}">${text}</option>`)}
              </select>
            </div>
            <div class="field">
              <label for="month">${words.month}</label>
              <input id="month" name="month" type="month" value="${month}" pattern="[0-9]{4}-[0-9]{2}" required />
            </div>
            <div class="buttons"><button>${words.show}</button></div>
          </form>`
    }
  </section>`
}

const payoutTable = (view: View, payouts: ReadonlyArray<Payout>): Html => {
  const { words } = view
  return tableCard<Payout>({
    caption: words.payoutsTitle,
    columns: [
      {
        name: words.when,
        full: true,
        cell: (payout) =>
          html`<a href="/dashboard/payouts/${encodeURIComponent(payout.id)}">${time(view, payout.createdAtMillis)}</a>`
      },
      { name: words.developer, cell: ({ developer }) => named(developer) },
      { name: words.rail, cell: ({ destination }) => words.rails[destination.rail] },
      {
        name: words.state,
        cell: ({ cause, state }) =>
          html`${Badges.ofPayout(view, state)}
          ${cause !== undefined && html`<span class="soft small">${named(cause)}</span>`}`
      },
      { name: words.amount, kind: "number", cell: ({ money: amount }) => money(view, amount) }
    ],
    rows: payouts,
    empty: words.noPayouts
  })
}

/** The page. */
export const payoutsPage = (view: View, shown: PayoutsShown): Html => {
  const { words } = view
  const { more, owed, payouts } = shown
  const last = payouts.at(-1)
  return page(
    view,
    words.payoutsTitle,
    html`${title(words.payoutsTitle)} ${owedTable(view, owed)} ${statement(view, shown)} ${payoutTable(view, payouts)}
    ${
      more &&
      last !== undefined &&
      html`<nav class="pager" aria-label="${words.pages}">
        <a class="button" rel="next" href="${address(view, { after: last.id })}">${words.older}</a>
      </nav>`
    }`
  )
}

/** Of an account, as much as tells it apart. */
const accountOf = ({ destination }: Payout): string =>
  typeof destination.account === "string" ? destination.account : destination.account.account

/** The page of one payout. */
export const payoutPage = (view: View, payout: Payout): Html => {
  const { words } = view
  const amount = (minor: bigint) => money(view, { currency: payout.money.currency, minor })
  return page(
    view,
    `${words.payout} ${payout.id}`,
    html`${title(
        words.payout,
        html`<form method="post" action="/dashboard/payouts/${encodeURIComponent(payout.id)}/look-up">
          ${formToken(view)}<button>${words.lookUp}</button>
        </form>`
      )}
      <section class="card">
        <span class="sum">${money(view, payout.money)}</span>
        <p>${Badges.ofPayout(view, payout.state)} ${payout.cause !== undefined && named(payout.cause)}</p>
        <dl class="facts">
          <dt>${words.developer}</dt>
          <dd>${named(payout.developer)}</dd>
          <dt>${words.rail}</dt>
          <dd>${words.rails[payout.destination.rail]} ${id(accountOf(payout))}</dd>
          <dt>${words.when}</dt>
          <dd>${time(view, payout.createdAtMillis)}</dd>
          <dt>${words.payoutStates.paid}</dt>
          <dd>${amount(payout.paid)}</dd>
          <dt>${words.payoutStates.reversed}</dt>
          <dd>${amount(payout.reversed + payout.returned)}</dd>
        </dl>
        <p class="soft">${id(payout.id)}</p>
      </section>
      ${tableCard<Part>({
        caption: words.parts,
        columns: [
          { name: words.reference, full: true, cell: ({ number, reference }) => id(reference ?? number) },
          {
            name: words.charge,
            full: true,
            cell: ({ source }) =>
              source === undefined
                ? ""
                : html`<a href="/dashboard/charges/${encodeURIComponent(source.chargeId)}">${id(source.chargeId)}</a>`
          },
          { name: words.state, cell: ({ state }) => Badges.ofPayout(view, state) },
          { name: words.amount, kind: "number", cell: (part) => money(view, part.money) }
        ],
        rows: payout.parts.slice(0, 500),
        empty: ""
      })}
      ${tableCard<Line>({
        caption: words.journal,
        columns: [
          { name: words.when, full: true, cell: ({ atMillis }) => time(view, atMillis) },
          { name: words.state, cell: ({ state }) => Badges.ofPayout(view, state) },
          { name: words.cause, cell: ({ cause }) => cause && named(cause) },
          { name: words.reference, cell: ({ part }) => id(part) }
        ],
        rows: payout.journal.slice(-500),
        empty: ""
      })}`
  )
}
