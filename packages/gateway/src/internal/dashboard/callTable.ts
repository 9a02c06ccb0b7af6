/**
 * Calls as a table, newest first.
 */
import { html, type Html, named } from "@paylayer/pages/Html"
import type { Call } from "../../Usage.ts"
import * as Badges from "./badges.ts"
import * as Language from "./language.ts"
import { money, time, type View } from "./layout.ts"
import { table, type Table } from "./table.ts"

const taken = (view: View, { currency, minor, returned }: Call): Html =>
  minor === 0n
    ? html`<span class="soft">–</span>`
    : html`${money(view, { currency, minor })}
      ${
        returned > 0n &&
        returned < minor &&
        html`<span class="soft small">${view.words.partly(money(view, { currency, minor: returned }))}</span>`
      }`

/** The table. */
export const callTable = (
  view: View,
  calls: ReadonlyArray<Call>,
  given: Pick<Table<Call>, "caption" | "empty" | "quiet"> & { readonly attributes?: Html }
): Html => {
  const { language, words } = view
  return table<Call>({
    ...given,
    brief: true,
    columns: [
      {
        name: words.when,
        full: true,
        cell: ({ atMillis, id }) =>
          html`<a href="/dashboard/charges/${encodeURIComponent(id)}">${time(view, atMillis)}</a>`
      },
      { name: words.tool, cell: ({ tool }) => named(tool) },
      { name: words.protocol, cell: ({ protocol }) => named(protocol) },
      { name: words.agent, cell: ({ agent, payer }) => named(agent ?? payer) },
      {
        name: words.outcome,
        cell: ({ code, outcome }) =>
          html`${Badges.ofOutcome(view, outcome)}
          ${code !== undefined && html`<span class="soft small">${named(code)}</span>`}`
      },
      { name: words.latency, kind: "number", cell: ({ latencyMillis }) => Language.span(language, latencyMillis) },
      { name: words.amount, kind: "number", cell: (call) => taken(view, call) }
    ],
    rows: calls,
    id: ({ id }) => id
  })
}
