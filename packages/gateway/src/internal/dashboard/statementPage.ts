/**
 * A developer's statement of a month: what was owed, what changed it, what is owed. Its lines are for taking away.
 */
import * as Currency from "@paylayer/core/Currency"
import { html, type Html, named } from "@paylayer/pages/Html"
import type { Month, Summary, Total } from "../../DeveloperStatement.ts"
import * as Language from "./language.ts"
import { address, id, page, time, title, type View } from "./layout.ts"
import { tableCard } from "./table.ts"

/** Which statement an address asks for: `of=CNY acme&month=2026-11`. Nothing where it is none. */
export const asked = (query: URLSearchParams): Month | undefined => {
  const [, currency, developer] = /^([A-Z]{3}) (.{1,200})$/.exec(query.get("of") ?? "") ?? []
  const month = query.get("month") ?? ""
  return Currency.is(currency) && developer !== undefined && /^\d{4}-(0[1-9]|1[0-2])$/.test(month)
    ? { developer, currency, month }
    : undefined
}

/** What its file is called. */
export const fileName = ({ currency, developer, month }: Month, format: "csv" | "json"): string =>
  `statement-${developer.replaceAll(/[^A-Za-z0-9-]/g, "_")}-${month}-${currency}.${format}`

/** A month whose end the ledger has not been read beyond may still change. */
const isComplete = ({ readUntilMillis, untilMillis }: Summary) => readUntilMillis > untilMillis + 3_600_000

/** The page; `name` is the developer's. */
export const statementPage = (view: View, name: string, summary: Summary): Html => {
  const { language, words } = view
  const { closing, currency, developer, month, opening, totals } = summary
  const amount = (minor: bigint) => Language.amount(language, currency, minor)
  const file = (format: "csv" | "json") => address({ path: `/dashboard/statements.${format}`, query: view.query }, {})
  const balance = (of: string, minor: bigint) =>
    html`<div class="tile">
      <dt>${of}</dt>
      <dd class="big">${amount(minor)} <span class="soft">${currency}</span></dd>
    </div>`
  return page(
    view,
    `${words.statement} ${month}`,
    html`${title(
        words.statement,
        html`<span class="small">
          ${words.download}: <a href="${file("csv")}" download>${words.asCsv}</a> ·
          <a href="${file("json")}" download>${words.asJson}</a>
        </span>`
      )}
      <p>${named(name)} <span class="soft">${id(developer)}</span>, ${Language.month(language, month)}, ${currency}</p>
      ${!isComplete(summary) && html`<p class="note warn">${words.notComplete(time(view, summary.readUntilMillis))}</p>`}
      <dl class="tiles">${balance(words.opening, opening)} ${balance(words.closing, closing)}</dl>
      ${tableCard<Total>({
        caption: words.movement,
        columns: [
          { name: words.kind, full: true, cell: ({ kind }) => words.transactions[kind] },
          { name: words.lines, kind: "number", cell: ({ lines }) => Language.count(language, lines) },
          { name: words.gross, kind: "number", cell: ({ gross }) => amount(gross) },
          { name: words.fees, kind: "number", cell: ({ fees }) => amount(fees) },
          { name: words.net, kind: "number", cell: ({ net }) => amount(net) }
        ],
        rows: totals.filter(({ lines }) => lines > 0n),
        empty: words.noMovement
      })}
      <p><a class="button" href="/dashboard/payouts">${words.nav.payouts}</a></p>`
  )
}
