/**
 * The first page: what was taken, how, and what waits for the operator.
 */
import { type Currency, is } from "@paylayer/core/Currency"
import { html, type Html, named } from "@paylayer/pages/Html"
import type { DayRow, Outcome } from "../../Usage.ts"
import * as Chart from "./chart.ts"
import * as Language from "./language.ts"
import { address, choice, money, page, title, type View } from "./layout.ts"
import * as Period from "./period.ts"
import { tableCard } from "./table.ts"

/** What takings can be split by. */
export const dimensions = ["protocol", "tool", "developer"] as const
export type Dimension = (typeof dimensions)[number]

/** What waits: how many, and whether there may be more. */
export interface Waiting {
  readonly what: "unknown" | "abandoned" | "refunding" | "payouts" | "budgets"
  readonly count: number
  readonly more: boolean
  readonly href: string
}

export interface Overview {
  readonly period: Period.Period
  readonly by: Dimension
  /** By `by` and currency. */
  readonly rows: ReadonlyArray<DayRow>
  /** By tool and currency. */
  readonly tools: ReadonlyArray<DayRow>
  /** By outcome and currency. */
  readonly outcomes: ReadonlyArray<DayRow>
  /** Calls refused without a charge. */
  readonly refused: bigint
  readonly waiting: ReadonlyArray<Waiting>
}

interface Sum {
  readonly calls: bigint
  readonly minor: bigint
  readonly returned: bigint
}

const grouped = <K extends string>(rows: ReadonlyArray<DayRow>, key: (row: DayRow) => K): ReadonlyMap<K, Sum> => {
  const sums = new Map<K, Sum>()
  for (const row of rows) {
    const { calls, minor, returned } = sums.get(key(row)) ?? { calls: 0n, minor: 0n, returned: 0n }
    sums.set(key(row), {
      calls: calls + row.calls,
      minor: minor + row.minor,
      returned: returned + row.returned
    })
  }
  return sums
}

const tile = (name: string, big: Html | string, below?: Html | string): Html =>
  html`<div class="tile">
    <dt>${name}</dt>
    <dd class="big">${big}</dd>
    ${below !== undefined && html`<dd class="soft small">${below}</dd>`}
  </div>`

const currencies = (rows: ReadonlyArray<DayRow>) =>
  [...grouped(rows, ({ currency }) => currency)]
    .filter(([, { minor }]) => minor > 0n)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))

const tiles = (view: View, { outcomes, refused }: Overview): Html => {
  const { language, words } = view
  const count = (value: bigint) => Language.count(language, value)
  const byOutcome = grouped(outcomes, ({ outcome }) => outcome ?? ("open" as Outcome))
  const calls = [...byOutcome.values()].reduce((total, sum) => total + sum.calls, 0n)
  const each = [...byOutcome].filter(([, sum]) => sum.calls > 0n)
  return html`<dl class="tiles">
    ${currencies(outcomes).map(([currency, { minor, returned }]) =>
      tile(
        words.takingsIn(currency),
        money(view, { currency, minor }),
        returned > 0n ? html`${words.wentBack} ${money(view, { currency, minor: returned })}` : words.nothingBack
      )
    )}
    ${tile(
      words.calls,
      count(calls),
      each.map(([outcome, sum]) => `${words.outcomes[outcome]} ${count(sum.calls)}`).join(" · ")
    )}
    ${tile(words.refusedBefore, html`<a href="/dashboard/refusals">${count(refused)}</a>`)}
  </dl>`
}

const attention = ({ language, words }: View, waiting: ReadonlyArray<Waiting>): Html => {
  const some = waiting.filter(({ count }) => count > 0)
  if (some.length === 0) return html`<p class="note good">${words.allWell}</p>`
  return html`<section class="card" aria-labelledby="attention">
    <h2 id="attention">${words.attention}</h2>
    <ul class="list">
      ${some.map(({ count, href, more, what }) => {
        const number = Language.count(language, count)
        return html`<li>
          <a href="${href}">${words.attends[what]}</a>
          <span class="badge warn">${more ? words.orMore(number) : number}</span>
        </li>`
      })}
    </ul>
  </section>`
}

const charts = (view: View, { by, period, rows }: Overview): Html => {
  const { words } = view
  const present = currencies(rows)
  if (present.length === 0) return html`<section class="card"><p class="soft">${words.noTakings}</p></section>`
  return html`${present.map(([currency]) => {
    const amounts = rows
      .filter((row) => row.currency === currency)
      .map((row) => ({ day: row.day, name: row[by] ?? "", minor: row.minor }))
    return html`<section class="card">
      <h2>${words.takingsIn(currency)}</h2>
      ${Chart.figure(view, Chart.chart(currency, period.days, amounts))}
    </section>`
  })}`
}

const toolTable = (view: View, rows: ReadonlyArray<DayRow>): Html => {
  const { language, words } = view
  const sums = [...grouped(rows, ({ currency, tool }) => JSON.stringify([tool ?? "", currency]))]
    .map(([key, sum]) => ({ key: JSON.parse(key) as readonly [string, Currency], ...sum }))
    .toSorted((one, other) => (one.calls < other.calls ? 1 : one.calls > other.calls ? -1 : 0))
  return tableCard({
    caption: words.byTool,
    columns: [
      {
        name: words.tool,
        full: true,
        cell: ({ key: [tool] }) =>
          html`<a href="/dashboard/charges?tool=${encodeURIComponent(tool)}">${named(tool || words.none)}</a>`
      },
      { name: words.calls, kind: "number", cell: ({ calls }) => Language.count(language, calls) },
      {
        name: words.taken,
        kind: "number",
        cell: ({ key: [, currency], minor }) => (is(currency) ? money(view, { currency, minor }) : "")
      },
      {
        name: words.wentBack,
        kind: "number",
        cell: ({ key: [, currency], returned }) =>
          is(currency) && returned > 0n ? money(view, { currency, minor: returned }) : ""
      }
    ],
    rows: sums.slice(0, 20),
    empty: words.noTakings
  })
}

/** The page. */
export const overviewPage = (view: View, overview: Overview): Html => {
  const { words } = view
  const { by, period, tools, waiting } = overview
  const dimension = choice(
    words.by,
    dimensions.map((one) => ({
      name: words.dimension[one],
      href: address(view, { by: one }),
      chosen: one === by
    }))
  )
  return page(
    view,
    words.nav.overview,
    html`${title(words.nav.overview, html`<div class="choices">${dimension}${Period.switcher(view, period)}</div>`)}
      ${tiles(view, overview)} ${attention(view, waiting)} ${charts(view, overview)} ${toolTable(view, tools)}
      <p class="soft small">${words.asOf}</p>`
  )
}
