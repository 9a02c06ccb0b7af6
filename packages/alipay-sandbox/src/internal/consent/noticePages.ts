/**
 * The small pages: signing in, how a decision went, and why there is nothing to decide.
 */
import type { Token } from "../../AlipaySandbox.ts"
import { accounts } from "./accounts.ts"
import { html, type Html, named } from "@paylayer/pages/Html"
import { formToken, page, type View } from "./layout.ts"
import type { ConsentRequest } from "./requests.ts"
import { termsList } from "./termsList.ts"

/** A page that asks which test account to be; `handle` is the request that waits behind it. */
export const signInPage = (view: View, request: ConsentRequest | undefined): Html => {
  const { language, words } = view
  const account = (one: (typeof accounts)[number]) =>
    html`<button name="account" value="${one.id}">${words.signInAs(one[language])}</button>`
  return page(
    view,
    words.signInTitle,
    html`<section class="card">
      <h1>${words.signInTitle}</h1>
      ${request && html`<p>${words.signInFor(named(request.asked.name))}</p>`}
      <form class="stack" method="post" action="/wallet/sign-in">
        ${formToken(view)} ${request && html`<input type="hidden" name="request" value="${request.handle}" />`}
        ${accounts.map(account)}
      </form>
      <p class="soft">${words.signInNote}</p>
    </section>`
  )
}

const notice = (view: View, title: string, mark: Html, content: Html): Html =>
  page(
    view,
    title,
    html`<section class="card">
      ${mark}
      <h1>${title}</h1>
      ${content}
    </section>`
  )

const mark = (kind: "good" | "bad" | "", sign: string): Html =>
  html`<div class="mark ${kind}" aria-hidden="true">${sign}</div>`

export const approvedPage = (view: View, request: ConsentRequest, token: Token, now: number): Html => {
  const { words } = view
  return notice(
    view,
    words.approvedTitle,
    mark("good", "✓"),
    html`<p>${words.approved(named(request.asked.name))}</p>
      <div class="allow">${termsList(view, token.terms, token.sid, now)}</div>
      <p>${words.close} <a href="/wallet">${words.yours}</a></p>`
  )
}

export const refusedPage = (view: View, request: ConsentRequest): Html =>
  notice(
    view,
    view.words.refusedTitle,
    mark("bad", "✕"),
    html`<p>${view.words.refused(named(request.asked.name))}</p>
      <p>${view.words.close}</p>`
  )

export const answeredPage = (view: View): Html =>
  notice(view, view.words.answeredTitle, mark("", "·"), html`<p>${view.words.answered}</p>`)

export const expiredPage = (view: View): Html =>
  notice(view, view.words.expiredTitle, mark("", "·"), html`<p>${view.words.expired}</p>`)

export const unknownPage = (view: View): Html =>
  notice(view, view.words.unknownTitle, mark("", "?"), html`<p>${view.words.unknown}</p>`)

/** A form that belongs to no session, or to another. `back` is a path of this wallet. */
export const stalePage = (view: View, back: string): Html =>
  notice(
    view,
    view.words.staleTitle,
    mark("bad", "!"),
    html`<p>${view.words.stale}</p>
      <p><a href="${back}">${view.words.tryAgain}</a></p>`
  )
