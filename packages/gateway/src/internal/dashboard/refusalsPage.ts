/**
 * Calls that were turned away, by reason; and charges that came to nothing.
 */
import { html, type Html, named } from "@paylayer/pages/Html"
import type { DayRow, RefusedCount } from "../../Usage.ts"
import * as Badges from "./badges.ts"
import * as Language from "./language.ts"
import { page, title, type View } from "./layout.ts"
import * as Period from "./period.ts"
import { tableCard } from "./table.ts"

export interface Refusals {
  readonly period: Period.Period
  readonly refused: ReadonlyArray<RefusedCount>
  /** By tool and outcome. */
  readonly rows: ReadonlyArray<DayRow>
}

const byCount = (one: { readonly count: bigint }, other: { readonly count: bigint }) =>
  one.count < other.count ? 1 : one.count > other.count ? -1 : 0

const reasons = (view: View, refused: ReadonlyArray<RefusedCount>): Html => {
  const { language, words } = view
  const sums = new Map<string, bigint>()
  for (const { code, count } of refused) sums.set(code, (sums.get(code) ?? 0n) + count)
  const total = refused.reduce((sum, { count }) => sum + count, 0n)
  const codes = [...sums].map(([code, count]) => ({ code, count })).toSorted(byCount)
  return html`<section class="card" aria-labelledby="reasons">
    <h2 id="reasons">${words.code}</h2>
    ${
      codes.length === 0
        ? html`<p class="soft">${words.noRefusals}</p>`
        : html`<ul class="list">
            ${codes.map(({ code, count }) => {
              const share = (count * 1_000n) / total
              return html`<li class="bar">
                <span><code>${code}</code></span>
                <span
                  >${Language.count(language, count)}
                  <span class="soft">${Language.percent(language, share)}</span></span
                >
                <progress max="1000" value="${String(share)}" aria-hidden="true"></progress>
              </li>`
            })}
          </ul>`
    }
  </section>`
}

interface Failure {
  readonly tool: string
  readonly outcome: "refused" | "failed" | "unknown"
  readonly count: bigint
}

const failures = (rows: ReadonlyArray<DayRow>): ReadonlyArray<Failure> => {
  const sums = new Map<string, Failure>()
  for (const { calls, outcome, tool = "" } of rows) {
    if (outcome !== "refused" && outcome !== "failed" && outcome !== "unknown") continue
    const key = JSON.stringify([tool, outcome])
    sums.set(key, { tool, outcome, count: (sums.get(key)?.count ?? 0n) + calls })
  }
  return [...sums.values()].toSorted(byCount)
}

/** The page. */
export const refusalsPage = (view: View, { period, refused, rows }: Refusals): Html => {
  const { language, words } = view
  return page(
    view,
    words.refusalsTitle,
    html`${title(words.refusalsTitle, Period.switcher(view, period))}
      <p class="soft">${words.refusalsHint}</p>
      ${reasons(view, refused)}
      ${tableCard<RefusedCount>({
        caption: words.refusedBefore,
        columns: [
          { name: words.code, full: true, cell: ({ code }) => html`<code>${code}</code>` },
          { name: words.tool, cell: ({ tool }) => named(tool || words.none) },
          { name: words.protocol, cell: ({ protocol }) => named(protocol || words.noCredential) },
          { name: words.calls, kind: "number", cell: ({ count }) => Language.count(language, count) }
        ],
        rows: refused.toSorted(byCount).slice(0, 100),
        empty: words.noRefusals
      })}
      ${tableCard<Failure>({
        caption: words.failuresTitle,
        columns: [
          { name: words.tool, full: true, cell: ({ tool }) => named(tool || words.none) },
          { name: words.outcome, cell: ({ outcome }) => Badges.ofOutcome(view, outcome) },
          { name: words.calls, kind: "number", cell: ({ count }) => Language.count(language, count) }
        ],
        rows: failures(rows).slice(0, 100),
        empty: words.noFailures
      })}`
  )
}
