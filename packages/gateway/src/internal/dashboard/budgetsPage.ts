/**
 * Spending limits, and who has come how far in each, by the ledger's own count.
 */
import type * as Money from "@paylayer/core/Money"
import type { SpendingLimit } from "@paylayer/core/SpendingLimit"
import { html, type Html, named } from "@paylayer/pages/Html"
import { money, page, title, type View } from "./layout.ts"

/** Who has taken how much of a limit in the window that runs. */
export interface Fill {
  /** Whose: one for each part of `per`. */
  readonly subjects: ReadonlyArray<string>
  readonly minor: bigint
}

/** A limit and its fullest buckets, fullest first. */
export interface Filled {
  readonly limit: SpendingLimit
  /** The tool that it belongs to; absent where it is the gateway's. */
  readonly tool?: string
  readonly fills: ReadonlyArray<Fill>
}

/** From here on a limit is near its end: four fifths. */
export const isNear = (amount: Money.Money, minor: bigint): boolean => minor * 5n >= amount.minor * 4n

const bar = (view: View, { limit }: Filled, { minor, subjects }: Fill): Html => {
  const { words } = view
  const { amount } = limit
  const share = amount.minor === 0n ? 1_000n : (minor * 1_000n) / amount.minor
  const whose = subjects.filter((subject) => subject !== "")
  const tone = minor >= amount.minor ? "end" : isNear(amount, minor) ? "near" : ""
  return html`<li class="bar">
    <span
      >${whose.length === 0 ? words.everyone : html`${whose.map((one, index) => html`${index > 0 && " · "}${named(one)}`)}`}</span
    >
    <span>
      ${money(view, { currency: amount.currency, minor })}
      <span class="soft">/ ${money(view, amount)}</span>
    </span>
    <progress
      class="${tone}"
      max="1000"
      value="${String(share > 1_000n ? 1_000n : share)}"
      aria-hidden="true"
    ></progress>
  </li>`
}

const card = (view: View, filled: Filled): Html => {
  const { words } = view
  const { fills, limit, tool } = filled
  const per = (typeof limit.per === "string" ? [limit.per] : limit.per).filter((one) => one !== "host")
  const amount = money(view, limit.amount)
  const window = words.window[limit.window]
  const heading =
    per.length === 0
      ? words.perHost(amount, window)
      : words.perEach(per.map((one) => words.per[one]).join(" × "), amount, window)
  return html`<section class="card">
    <h2>${heading}${tool !== undefined && html` <span class="soft">${named(tool)}</span>`}</h2>
    ${
      fills.length === 0
        ? html`<p class="soft">${words.unused}</p>`
        : html`<ul class="list">
            ${fills.map((fill) => bar(view, filled, fill))}
          </ul>`
    }
  </section>`
}

/** The page. */
export const budgetsPage = (view: View, limits: ReadonlyArray<Filled>): Html => {
  const { words } = view
  return page(
    view,
    words.budgetsTitle,
    html`${title(words.budgetsTitle)}
      <p class="soft">${words.budgetsHint}</p>
      ${
        limits.length === 0
          ? html`<section class="card"><p class="soft">${words.noLimits}</p></section>`
          : limits.map((one) => card(view, one))
      }
      <p class="soft small">${words.mandates}</p>`
  )
}
