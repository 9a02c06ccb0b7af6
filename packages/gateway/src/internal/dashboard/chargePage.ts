/**
 * One charge: what it is, how it came to its state, what went back, and where its money stands in the book.
 *
 * Of what the ledger has, the authorization, the answer, the key and the receipt's headers are not shown: they are the protocol's
 * and the agent's.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Refund from "@paylayer/core/Refund"
import { html, type Html, named } from "@paylayer/pages/Html"
import type { Account, Posting, Transaction } from "../../Book.ts"
import { measured } from "../measured.ts"
import * as Badges from "./badges.ts"
import * as Language from "./language.ts"
import { exactTime, formToken, id, money, page, time, title, type View } from "./layout.ts"
import { tableCard } from "./table.ts"

export interface Shown {
  readonly entry: Ledger.Entry
  /** Its transactions; nothing where the book did not answer. */
  readonly book: ReadonlyArray<Transaction> | undefined
  /** Whether its protocol is installed here and can give back. */
  readonly refundable: boolean
  readonly note?: { readonly text: Html; readonly tone: "good" | "bad" }
}

/** Where it is. */
export const pathOf = (chargeId: string): string => `/dashboard/charges/${encodeURIComponent(chargeId)}`

type Fact = readonly [name: string, value: Html | undefined]

const facts = (given: ReadonlyArray<Fact>): Html =>
  html`<dl class="facts">
    ${given
      .map(
        ([name, value]) =>
          value !== undefined &&
          html`<dt>${name}</dt>
            <dd>${value}</dd>`
      )
      .filter((one) => one !== false)}
  </dl>`

const maybe = (text: string | undefined): Html | undefined => (text === undefined ? undefined : named(text))

const about = (view: View, entry: Ledger.Entry): Html => {
  const { words } = view
  const { charge, owner, payer, protocol } = entry
  const { quoted } = charge
  const { agent, latencyMillis, principal, units } = measured(entry.usage)
  return html`<section class="card" aria-labelledby="facts">
    <h2 id="facts">${words.facts}</h2>
    ${facts([
      [words.tool, maybe(charge.tool)],
      [words.description, maybe(charge.description)],
      [words.resource, html`<code>${charge.method}</code> ${id(charge.resource)}`],
      [words.protocol, named(protocol)],
      [words.payer, id(payer)],
      [words.agent, maybe(agent)],
      [words.principal, maybe(principal)],
      [words.units, units === undefined ? undefined : html`${Language.count(view.language, units)}`],
      [words.latency, latencyMillis === undefined ? undefined : html`${Language.span(view.language, latencyMillis)}`],
      [words.merchant, id(charge.merchant)],
      [words.category, maybe(charge.category)],
      [
        words.quoted,
        quoted &&
          html`${money(view, quoted.listed)}
            <span class="soft">${named(quoted.quote.source)}, ${quoted.quote.rate}</span>`
      ],
      [words.openedAt, time(view, charge.openedAt.epochMilliseconds)],
      [words.expiresAt, time(view, charge.expiresAt.epochMilliseconds)],
      [words.host, id(owner)]
    ])}
  </section>`
}

const receipt = (view: View, { receipt }: Ledger.Entry): Html => {
  const { words } = view
  return html`<section class="card" aria-labelledby="receipt">
    <h2 id="receipt">${words.receipt}</h2>
    ${
      receipt === undefined
        ? html`<p class="soft">${words.noReceipt}</p>`
        : facts([
            [words.amount, money(view, receipt.money)],
            [words.reference, id(receipt.reference)],
            [words.settledAt, time(view, receipt.settledAt.epochMilliseconds)],
            [words.method, maybe(receipt.method)],
            [
              words.settlement,
              receipt.settlement &&
                ("minor" in receipt.settlement ? money(view, receipt.settlement) : html`${receipt.settlement.currency}`)
            ]
          ])
    }
  </section>`
}

const refunds = (view: View, { entry, refundable }: Shown): Html => {
  const { words } = view
  const all = Refund.of(entry)
  const left = Refund.left(entry)
  const path = pathOf(entry.charge.id)
  return html`<section class="card" aria-labelledby="refunds">
    <h2 id="refunds">${words.refunds}</h2>
    ${
      all.length === 0
        ? html`<p class="soft">${words.noRefunds}</p>`
        : html`<ul class="list">
            ${all.map(
              (refund) =>
                html`<li>
                  <span>
                    <b>${money(view, refund.money)}</b> ${words.refundStates[refund.state]}
                    ${refund.reason !== undefined && html`<span class="soft">“${named(refund.reason)}”</span>`}
                    ${refund.cause !== undefined && html`<code>${refund.cause}</code>`} <br /><span class="soft small"
                      >${id(refund.id)}</span
                    >
                  </span>
                  <span class="soft">${time(view, refund.atMillis)}</span>
                </li>`
            )}
          </ul>`
    }
    ${facts([[words.left, left.minor > 0n ? money(view, left) : undefined]])}
    ${left.minor > 0n && refundable && html`<a class="button" href="${path}/refund">${words.refund}</a>`}
  </section>`
}

/** A step of the timeline: what happened, and how long after the one before. */
const step = (view: View, line: Ledger.JournalLine, before: Ledger.JournalLine | undefined): Html => {
  const { language, words } = view
  const { atMillis, cause, refund, state } = line
  const isAdoption = cause === Ledger.adopted
  const tone = refund === undefined ? Badges.toneOf(state) : refund.to === "unknown" ? "bad" : "warn"
  const what =
    refund !== undefined
      ? words.refundOf(id(refund.id), words.refundStates[refund.to])
      : html`${isAdoption ? words.adopted : words.states[state]}`
  const means = refund === undefined && !isAdoption ? words.stateMeans[state] : undefined
  return html`<li class="${tone}">
    <div class="head">
      <b>${what}</b>
      <span class="soft small">
        ${
          before === undefined
            ? time(view, atMillis)
            : html`${Language.clock(language, view.zone, atMillis)} ·
              ${words.later(Language.span(language, Math.max(0, atMillis - before.atMillis)))}`
        }
      </span>
    </div>
    ${means !== undefined && html`<div class="soft small">${means}</div>`}
    ${cause !== undefined && !isAdoption && html`<code>${cause}</code>`}
  </li>`
}

const timeline = (view: View, { journal }: Ledger.Entry): Html =>
  html`<section class="card" aria-labelledby="timeline">
    <h2 id="timeline">${view.words.timeline}</h2>
    <ol class="timeline">
      ${journal.map((line, index) => step(view, line, journal[index - 1]))}
    </ol>
  </section>`

const journal = (view: View, { journal }: Ledger.Entry): Html => {
  const { words } = view
  return tableCard<Ledger.JournalLine>({
    caption: html`${words.journal} <span class="soft small">${words.journalHint}</span>`,
    columns: [
      {
        name: words.when,
        full: true,
        cell: ({ atMillis }) => exactTime(view, atMillis)
      },
      { name: words.state, cell: ({ state }) => Badges.ofState(view, state) },
      {
        name: words.cause,
        cell: ({ cause, refund }) =>
          html`${cause !== undefined && html`<code>${cause}</code>`}
          ${refund !== undefined && words.refundOf(id(refund.id), words.refundStates[refund.to])}
          ${refund?.money !== undefined && money(view, refund.money)}`
      },
      { name: words.host, cell: ({ owner }) => id(owner) },
      { name: words.trace, full: true, cell: ({ traceId }) => traceId && id(traceId) }
    ],
    rows: journal,
    empty: ""
  })
}

/** `Developer acme`. */
export const accountName = ({ words }: View, { kind, owner }: Account): Html =>
  html`${words.accounts[kind]}${owner !== "" && html` ${named(owner)}`}`

interface Line {
  readonly of: Transaction
  readonly posting: Posting
  readonly first: boolean
}

const book = (view: View, transactions: ReadonlyArray<Transaction>): Html => {
  const { language, words } = view
  const side = ({ account, minor }: Posting, sign: bigint) =>
    minor * sign > 0n ? Language.amount(language, account.currency, minor * sign) : ""
  return tableCard<Line>({
    caption: words.bookTitle,
    columns: [
      {
        name: words.account,
        full: true,
        cell: ({ first, of, posting }) =>
          html`${first && html`<span class="soft small">${words.transactions[of.kind]} · ${time(view, of.atMillis)}</span><br />`}${accountName(view, posting.account)}`
      },
      { name: words.currency, cell: ({ posting }) => posting.account.currency },
      { name: words.debit, kind: "number", cell: ({ posting }) => side(posting, 1n) },
      { name: words.credit, kind: "number", cell: ({ posting }) => side(posting, -1n) }
    ],
    rows: transactions.flatMap((of) => of.postings.map((posting, index) => ({ of, posting, first: index === 0 }))),
    empty: words.noBook
  })
}

/** Asks the provider now, where a charge waits for that. */
const lookUp = (view: View, { charge, state }: Ledger.Entry): Html | undefined =>
  state === "unknown" || Ledger.isOpen(state)
    ? html`<form method="post" action="${pathOf(charge.id)}/look-up">
        ${formToken(view)}<button>${view.words.lookUp}</button>
      </form>`
    : undefined

/** The page. */
export const chargePage = (view: View, shown: Shown): Html => {
  const { words } = view
  const { entry, note } = shown
  const { charge, state } = entry
  return page(
    view,
    `${words.charge} ${charge.id}`,
    html`${title(words.charge, lookUp(view, entry))}
      ${note !== undefined && html`<p class="note ${note.tone}" role="status">${note.text}</p>`}
      <section class="card">
        <span class="sum">${money(view, charge.money)}</span>
        <p>${Badges.ofState(view, state)} ${words.stateMeans[state]}</p>
        <p class="soft">${id(charge.id)}</p>
      </section>
      <div class="pair">
        <div>${about(view, entry)} ${receipt(view, entry)} ${refunds(view, shown)}</div>
        <div>${timeline(view, entry)}</div>
      </div>
      ${shown.book !== undefined && book(view, shown.book)} ${journal(view, entry)}`
  )
}
