/**
 * Takings over time as a picture: a bar for each day, its parts one on the other, and below it the same figures as a table.
 *
 * One chart is of one currency. It is drawn by the server; words stand beside the picture, not in it, so that they keep their
 * size on a phone.
 */
import type { Currency } from "@paylayer/core/Currency"
import { html, type Html, named } from "@paylayer/pages/Html"
import * as Language from "./language.ts"
import { money, type View } from "./layout.ts"
import { table } from "./table.ts"

/** What was taken under one name, day by day. */
export interface Series {
  /** Absent: all the others together. */
  readonly name: string | undefined
  /** Minor units, one for each day of the chart. */
  readonly minor: ReadonlyArray<bigint>
  readonly total: bigint
}

export interface Chart {
  readonly currency: Currency
  /** `"yyyy-MM-dd"`, oldest first, without a gap. */
  readonly days: ReadonlyArray<string>
  /** The largest first; what is behind the fifth stands together. */
  readonly series: ReadonlyArray<Series>
}

interface Amount {
  readonly day: string
  readonly name: string
  readonly minor: bigint
}

/** More would not be told apart. */
const apart = 5

const sum = (amounts: ReadonlyArray<bigint>) => amounts.reduce((total, minor) => total + minor, 0n)

/** A chart of these amounts, all of one currency. */
export const chart = (currency: Currency, days: ReadonlyArray<string>, amounts: ReadonlyArray<Amount>): Chart => {
  const place = new Map(days.map((day, index) => [day, index]))
  const byName = new Map<string, Array<bigint>>()
  for (const { day, minor, name } of amounts) {
    const index = place.get(day)
    if (index === undefined) continue
    const row = byName.get(name) ?? days.map(() => 0n)
    row[index]! += minor
    byName.set(name, row)
  }
  const all = [...byName]
    .map(([name, minor]): Series => ({ name, minor, total: sum(minor) }))
    .filter(({ total }) => total > 0n)
    .toSorted((one, other) => (one.total < other.total ? 1 : one.total > other.total ? -1 : 0))
  const others = all.slice(apart)
  const together = {
    name: undefined,
    minor: days.map((_, index) => sum(others.map(({ minor }) => minor[index]!))),
    total: sum(others.map(({ total }) => total))
  }
  return { currency, days, series: others.length === 0 ? all : [...all.slice(0, apart), together] }
}

/** The least of 1, 2 and 5 times a power of ten that is not below. */
const round = (minor: bigint): bigint => {
  let power = 1n
  while (power * 10n < minor) power *= 10n
  return [1n, 2n, 5n, 10n].map((times) => times * power).find((step) => step >= minor)!
}

const parts = 4n

/** Of a hundred, to the thousandth. */
const share = (minor: bigint, of: bigint): number => Number((minor * 100_000n) / of) / 1_000

const nameOf = ({ words }: View, { name }: Series): Html =>
  name === undefined ? html`${words.others}` : named(name === "" ? words.none : name)

const plain = ({ words }: View, { name }: Series): string => (name === undefined ? words.others : name || words.none)

const bars = (view: View, { currency, days, series }: Chart, totals: ReadonlyArray<bigint>, top: bigint): Html => {
  const { language } = view
  const amount = (minor: bigint) => Language.amount(language, currency, minor)
  return html`${days.map((day, index) => {
    let height = 0
    const stack = series.map(({ minor }, at) => {
      const part = share(minor[index]!, top)
      if (part === 0) return html``
      height += part
      const y = (100 - height).toFixed(2)
      return html`<rect class="s${at}" x="${index * 10 + 1.5}" y="${y}" width="7" height="${part.toFixed(2)}" />`
    })
    const parts = series.filter(({ minor }) => minor[index]! > 0n)
    const each = parts.map((one) => `${plain(view, one)} ${amount(one.minor[index]!)}`)
    const said = `${Language.shortDay(language, day)}: ${amount(totals[index]!)} ${currency}`
    const title = each.length > 1 ? `${said} (${each.join(", ")})` : said
    return html`${stack}<rect class="hit" x="${index * 10}" y="0" width="10" height="100"
        ><title>${title}</title></rect
      >`
  })}`
}

const scale = ({ language }: View, currency: Currency, top: bigint): Html =>
  html`<div class="scale" aria-hidden="true">
    ${[4n, 3n, 2n, 1n, 0n].map((step) => html`<span>${Language.compact(language, currency, (top / parts) * step)}</span>`)}
  </div>`

/** Some of the days, evenly apart, from the first to the last. */
const marked = (days: ReadonlyArray<string>): ReadonlyArray<string> => {
  const shown = Math.min(days.length, 4)
  return Array.from(
    { length: shown },
    (_, index) => days[Math.round((index * (days.length - 1)) / Math.max(shown - 1, 1))]!
  )
}

/** The picture, its legend and its figures. */
export const figure = (view: View, given: Chart): Html => {
  const { language, words } = view
  const { currency, days, series } = given
  const totals = days.map((_, index) => sum(series.map(({ minor }) => minor[index]!)))
  const total = sum(totals)
  const most = totals.reduce((best, minor, index) => (minor > totals[best]! ? index : best), 0)
  const top = round((totals[most]! + parts - 1n) / parts) * parts
  const amount = (minor: bigint) => Language.amount(language, currency, minor)
  const said = `${words.perDay(currency, amount(total), days.length)}. ${words.most(Language.longDay(language, days[most]!), amount(totals[most]!))}`
  const rows = days.map((day, index) => ({ day, index })).toReversed()
  return html`<figure class="chart">
    <div class="plot">
      ${scale(view, currency, top)}
      <svg role="img" aria-label="${said}" viewBox="0 0 ${days.length * 10} 100" preserveAspectRatio="none">
        ${[0, 25, 50, 75, 100].map((y) => html`<line class="grid" x1="0" x2="${days.length * 10}" y1="${y}" y2="${y}" />`)}
        ${bars(view, given, totals, top)}
      </svg>
      <div class="days" aria-hidden="true">
        ${marked(days).map((day) => html`<span>${Language.shortDay(language, day)}</span>`)}
      </div>
    </div>
    <ul class="legend">
      ${series.map(
        (one, at) =>
          html`<li>
            <span class="key s${at}"></span><span>${nameOf(view, one)}</span>
            <b>${money(view, { currency, minor: one.total })}</b>
          </li>`
      )}
    </ul>
    <details class="figures">
      <summary>${words.figures}</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="${words.figures}: ${currency}">
        ${table({
          caption: words.perDay(currency, amount(total), days.length),
          columns: [
            { name: words.day, full: true, cell: ({ day }) => Language.longDay(language, day) },
            ...series.map((one) => ({
              name: plain(view, one),
              kind: "number" as const,
              cell: ({ index }: { readonly index: number }) => amount(one.minor[index]!)
            })),
            { name: words.total, kind: "number", cell: ({ index }) => amount(totals[index]!) }
          ],
          rows,
          empty: words.noTakings
        })}
      </div>
    </details>
  </figure>`
}
