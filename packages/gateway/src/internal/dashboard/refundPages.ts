/**
 * Giving money back: a form, a page that asks once more, and what came of it.
 *
 * The refund's id is made with the form and stays with it: a double click, a reload or a second answer is the same refund.
 */
import type * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import type { PaymentError } from "@paylayer/core/PaymentError"
import * as Refund from "@paylayer/core/Refund"
import { html, type Html, named } from "@paylayer/pages/Html"
import * as Result from "effect/Result"
import { pathOf } from "./chargePage.ts"
import * as Language from "./language.ts"
import { formToken, id, money, page, title, type View } from "./layout.ts"

/** What a form asks for. */
export interface Asked {
  readonly refundId: string
  readonly amount: Money.Money
  readonly reason: string | undefined
}

/** What is wrong with a form. */
export type Issue = "amount" | "reason"

// Control and format characters break lines, turn text around or hide in it.
const unprintable = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u

/** Reads a form; `undefined` where it was not made by this dashboard. */
export const read = (
  form: URLSearchParams,
  left: Money.Money
): Result.Result<Asked, ReadonlyArray<Issue>> | undefined => {
  const refundId = form.get("refund_id") ?? ""
  if (!Refund.isId(refundId)) return undefined
  const typed = form.get("how_much") === "part" ? (form.get("amount") ?? "").trim() : Money.decimalString(left)
  const amount = Result.getOrUndefined(Money.parse(left.currency, typed))
  const reason = (form.get("reason") ?? "").trim()
  const fits = amount !== undefined && amount.minor > 0n && amount.minor <= left.minor
  const issues: ReadonlyArray<Issue> = [
    ...(fits ? [] : ["amount" as const]),
    ...(reason.length > 200 || unprintable.test(reason) ? ["reason" as const] : [])
  ]
  return fits && issues.length === 0
    ? Result.succeed({ refundId, amount, reason: reason === "" ? undefined : reason })
    : Result.fail(issues)
}

const head = (view: View, { charge }: Ledger.Entry): Html =>
  html`<p class="soft">
    ${view.words.charge} <a href="${pathOf(charge.id)}">${id(charge.id)}</a>, ${money(view, charge.money)}
  </p>`

/** The form; `returned` is one that was sent and not accepted. */
export const formPage = (
  view: View,
  entry: Ledger.Entry,
  refundId: string,
  returned?: { readonly form: URLSearchParams; readonly issues: ReadonlyArray<Issue> }
): Html => {
  const { language, words } = view
  const left = Refund.left(entry)
  const { currency } = left
  const path = pathOf(entry.charge.id)
  if (left.minor === 0n) {
    return page(
      view,
      words.refundTitle,
      html`${title(words.refundTitle)}
        <section class="card">
          ${head(view, entry)}
          <p>${words.nothingLeft}</p>
          <a class="button" href="${path}">${words.backToCharge}</a>
        </section>`
    )
  }
  const most = Language.amount(language, currency, left.minor)
  const isPart = returned?.form.get("how_much") === "part"
  const wrong = (issue: Issue) => returned?.issues.includes(issue) === true
  const problem = (issue: Issue, text: string) =>
    wrong(issue) && html`<span class="problem" id="${issue}-problem" role="alert">${text}</span>`
  return page(
    view,
    words.refundTitle,
    html`${title(words.refundTitle)}
      <section class="card">
        ${head(view, entry)}
        <form method="post" action="${path}/refund">
          ${formToken(view)}
          <input type="hidden" name="refund_id" value="${refundId}" />
          <input type="hidden" name="step" value="review" />
          <fieldset>
            <legend>${words.howMuch}</legend>
            <label class="pick">
              <input type="radio" name="how_much" value="all" ${!isPart && html`checked`} />
              <span>${words.refundWhole(money(view, left))}</span>
            </label>
            <label class="pick">
              <input type="radio" name="how_much" value="part" ${isPart && html`checked`} />
              <span>${words.refundPart}</span>
            </label>
            <div class="field">
              <label for="amount">${words.amount}</label>
              <span class="soft small" id="amount-hint">${words.partHint(currency, most)}</span>
              <input
                id="amount"
                name="amount"
                type="text"
                inputmode="decimal"
                autocomplete="off"
                maxlength="24"
                value="${returned?.form.get("amount") ?? ""}"
                aria-describedby="amount-hint${wrong("amount") && " amount-problem"}"
                ${wrong("amount") && html`aria-invalid="true"`}
              />
              ${problem("amount", words.badAmount(currency, most))}
            </div>
          </fieldset>
          <div class="field">
            <label for="reason">${words.reason}</label>
            <span class="soft small" id="reason-hint">${words.reasonHint}</span>
            <input
              id="reason"
              name="reason"
              type="text"
              autocomplete="off"
              maxlength="200"
              value="${returned?.form.get("reason") ?? ""}"
              aria-describedby="reason-hint${wrong("reason") && " reason-problem"}"
              ${wrong("reason") && html`aria-invalid="true"`}
            />
            ${problem("reason", words.badReason)}
          </div>
          <div class="buttons">
            <button class="main">${words.review}</button>
            <a href="${path}">${words.cancel}</a>
          </div>
        </form>
      </section>`
  )
}

/** The refund as hidden fields, for a form that asks for exactly it. */
const fields = (view: View, { amount, reason, refundId }: Asked): Html =>
  html`${formToken(view)}
    <input type="hidden" name="step" value="confirm" />
    <input type="hidden" name="refund_id" value="${refundId}" />
    <input type="hidden" name="how_much" value="part" />
    <input type="hidden" name="amount" value="${Money.decimalString(amount)}" />
    <input type="hidden" name="reason" value="${reason ?? ""}" />`

const told = (view: View, { amount, reason, refundId }: Asked): Html =>
  html`<span class="sum">${money(view, amount)}</span>
    <dl class="facts">
      ${
        reason !== undefined &&
        html`<dt>${view.words.reason}</dt>
          <dd>${named(reason)}</dd>`
      }
      <dt>${view.words.refundId}</dt>
      <dd>${id(refundId)}</dd>
    </dl>`

/** The page that asks once more. */
export const confirmPage = (view: View, entry: Ledger.Entry, asked: Asked): Html => {
  const { words } = view
  const path = pathOf(entry.charge.id)
  return page(
    view,
    words.confirmTitle,
    html`${title(words.confirmTitle)}
      <section class="card">
        ${told(view, asked)} ${head(view, entry)}
        <p class="note warn">${words.confirmHint}</p>
        <form method="post" action="${path}/refund">
          ${fields(view, asked)}
          <div class="buttons">
            <button class="danger">${words.confirm(money(view, asked.amount))}</button>
            <a href="${path}">${words.cancel}</a>
          </div>
        </form>
      </section>`
  )
}

/** What came of a refund that did not succeed. Where it is not known, the same refund can be asked for again. */
export const failedPage = (view: View, entry: Ledger.Entry, asked: Asked, error: PaymentError): Html => {
  const { words } = view
  const path = pathOf(entry.charge.id)
  const known = error.moved === "no"
  const heading = known ? words.refundFailedTitle : words.refundUnknownTitle
  return page(
    view,
    heading,
    html`${title(heading)}
      <section class="card">
        ${told(view, asked)} ${head(view, entry)}
        <div class="note ${known ? "warn" : "bad"}" role="alert">
          <p>${known ? words.refundFailed : words.refundUnknown}</p>
          <p class="small"><code>${error.code}</code> ${error.reason.detail}</p>
        </div>
        <div class="buttons">
          ${
            !known &&
            html`<form method="post" action="${path}/refund">
              ${fields(view, asked)}<button class="main">${words.askAgain}</button>
            </form>`
          }
          <a class="button" href="${path}">${words.backToCharge}</a>
        </div>
      </section>`
  )
}
