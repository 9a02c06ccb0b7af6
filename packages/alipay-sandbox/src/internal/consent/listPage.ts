/**
 * The principal's delegations, newest first, and what can be done with each.
 */
import * as Money from "@paylayer/core/Money"
import type { Token } from "../../AlipaySandbox.ts"
import { html, type Html, named } from "@paylayer/pages/Html"
import { formToken, page, type View } from "./layout.ts"
import { money, termsList } from "./termsList.ts"

/** A delegation and the name its agent went by. */
export interface Listed {
  readonly token: Token
  readonly name: string
}

const button = (view: View, { id }: Token, act: string, label: string, kind = ""): Html =>
  html`<form method="post" action="/wallet/delegations/${id}/${act}">
    ${formToken(view)}<button class="${kind}">${label}</button>
  </form>`

const acts = (view: View, token: Token): Html | undefined => {
  const { words } = view
  const { status } = token
  if (status !== "NORMAL" && status !== "INVALID" && status !== "FINISHED") return undefined
  return html`<div class="act">
    ${
      status === "INVALID" ? button(view, token, "resume", words.resume) : button(view, token, "suspend", words.suspend)
    }
    <details>
      <summary>${words.revoke}</summary>
      <p class="soft">${words.revokeSure}</p>
      ${button(view, token, "revoke", words.revokeNow, "danger")}
    </details>
  </div>`
}

const item = (view: View, { name, token }: Listed, now: number): Html => {
  const { words } = view
  const { remaining, remaining_times, sid, status, terms } = token
  const total = terms.max_total_amount
  const spent = Money.of(total.currency, total.minor - remaining.minor)
  const live = status === "NORMAL" || status === "INVALID"
  // Of a thousand, since a bar needs no more.
  const share = total.minor === 0n ? 0n : (spent.minor * 1_000n) / total.minor
  return html`<li class="card">
    <div class="head">
      <h2>${named(name)}</h2>
      <span class="badge ${status}">${words.status[status]}</span>
    </div>
    <p class="soft">${named(terms.agent_id)}</p>
    <p>
      ${words.spent(money(view, spent), money(view, total))} ${live && html` · ${words.left(money(view, remaining))}`}
      ${live && remaining_times !== undefined && html` · ${words.charges(remaining_times)}`}
      <progress max="1000" value="${share.toString()}" aria-hidden="true"></progress>
    </p>
    <details>
      <summary>${words.terms}</summary>
      <div class="allow">${termsList(view, terms, sid, now)}</div>
    </details>
    ${acts(view, token)}
  </li>`
}

/** The page. */
export const listPage = (view: View, delegations: ReadonlyArray<Listed>, now: number): Html => {
  const { words } = view
  return page(
    view,
    words.listTitle,
    html`<h1>${words.listTitle}</h1>
      ${
        delegations.length === 0
          ? html`<section class="card"><p>${words.listEmpty}</p></section>`
          : html`<ul class="list">
              ${delegations.map((one) => item(view, one, now))}
            </ul>`
      }`
  )
}
