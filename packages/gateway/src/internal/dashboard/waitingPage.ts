/**
 * Charges that wait for their end: the ledger's own list, whatever the gateway has counted.
 */
import type * as Ledger from "@paylayer/core/Ledger"
import { html, type Html, named } from "@paylayer/pages/Html"
import * as Badges from "./badges.ts"
import { pathOf } from "./chargePage.ts"
import { id, money, page, time, title, type View } from "./layout.ts"
import { tableCard } from "./table.ts"

export interface WaitingCharges {
  readonly unknown: ReadonlyArray<Ledger.Entry>
  readonly abandoned: ReadonlyArray<Ledger.Entry>
  readonly refunding: ReadonlyArray<Ledger.Entry>
}

const list = (view: View, caption: string, rows: ReadonlyArray<Ledger.Entry>): Html => {
  const { words } = view
  return tableCard<Ledger.Entry>({
    caption,
    columns: [
      {
        name: words.charge,
        full: true,
        cell: ({ charge }) => html`<a href="${pathOf(charge.id)}">${id(charge.id)}</a>`
      },
      { name: words.state, cell: ({ state }) => Badges.ofState(view, state) },
      { name: words.protocol, cell: ({ protocol }) => named(protocol) },
      {
        name: words.updated,
        cell: ({ charge, journal }) => time(view, journal.at(-1)?.atMillis ?? charge.openedAt.epochMilliseconds)
      },
      { name: words.amount, kind: "number", cell: ({ charge }) => money(view, charge.money) }
    ],
    rows,
    empty: words.none
  })
}

/** The page. */
export const waitingPage = (view: View, { abandoned, refunding, unknown }: WaitingCharges): Html => {
  const { words } = view
  return page(
    view,
    words.attention,
    html`${title(words.attention)} ${list(view, words.attends.unknown, unknown)}
    ${list(view, words.attends.refunding, refunding)} ${list(view, words.attends.abandoned, abandoned)}`
  )
}
