/**
 * The page on which a principal decides: who asks, what they would allow, and a form that can only make it less.
 */
import * as Money from "@paylayer/core/Money"
import * as Categories from "./categories.ts"
import { html, type Html, named } from "@paylayer/pages/Html"
import { money } from "@paylayer/pages/Language"
import * as Language from "./language.ts"
import { formToken, page, type View } from "./layout.ts"
import * as Narrowing from "./narrowing.ts"
import type { ConsentRequest } from "./requests.ts"
import { termsList } from "./termsList.ts"

/** A form that was sent and not accepted: what was in it, and what is wrong with it. */
export interface Returned {
  readonly form: URLSearchParams
  readonly issues: ReadonlyArray<Narrowing.Issue>
}

interface Context {
  readonly view: View
  readonly returned: Returned | undefined
}

const problemOf = ({ returned, view }: Context, field: Narrowing.Field): Html | undefined => {
  const issue = returned?.issues.find((one) => one.field === field)
  return issue && html`<span class="problem" id="${field}-problem">${view.words.problem[issue.problem]}</span>`
}

const attributes = (context: Context, field: Narrowing.Field, hint: boolean): Html => {
  const problem = context.returned?.issues.some((one) => one.field === field) === true
  const described = [hint && `${field}-hint`, problem && `${field}-problem`].filter((id) => id !== false).join(" ")
  return html`${described !== "" && html`aria-describedby="${described}"`}${problem && html` aria-invalid="true"`}`
}

interface Entry {
  readonly asked: string | undefined
  readonly hint: string
  readonly more: Html
}

const entry = (context: Context, field: Narrowing.Field, { asked, hint, more }: Entry): Html => {
  const value = context.returned?.form.get(field) ?? asked ?? ""
  return html`<div class="field">
    <label class="name" for="${field}">${context.view.words.field[field]}</label>
    <span class="soft" id="${field}-hint">${hint}</span>
    <input id="${field}" name="${field}" value="${value}" ${more} ${attributes(context, field, true)} />
    ${problemOf(context, field)}
  </div>`
}

const choices = (
  context: Context,
  field: Narrowing.Field,
  offered: ReadonlyArray<string>,
  options: { readonly name: (value: string) => string; readonly all: boolean }
): Html => {
  const before = context.returned?.form.getAll(field)
  const one = (value: string) => {
    const ticked = before === undefined ? options.all : before.includes(value)
    return html`<label class="pick"
      ><input type="checkbox" name="${field}" value="${value}" ${ticked && html`checked`} />
      ${named(options.name(value))}</label
    >`
  }
  return html`<fieldset ${attributes(context, field, false)}>
    <legend>${context.view.words.field[field]}</legend>
    ${offered.map(one)}${problemOf(context, field)}
  </fieldset>`
}

/** A list that the agent left open: it can be closed, behind a summary. */
const optional = (context: Context, field: Narrowing.Field, content: Html): Html => {
  const used = context.returned?.form.getAll(field).some((value) => value !== "") === true
  return html`<details ${used && html`open`}>
    <summary>${context.view.words.field[field]}</summary>
    ${content}
  </details>`
}

const fields = (context: Context, { asked }: ConsentRequest): Html => {
  const { language, words } = context.view
  const { iac } = asked.terms
  const commerce = iac.ext?.commerce
  const times = iac.ext?.vendor_private?.times_limit
  const decimal = html`type="text" inputmode="decimal" autocomplete="off" maxlength="24"`
  const amount = (field: Narrowing.Field, limit: Money.Money | undefined) =>
    entry(context, field, {
      asked: limit && Money.decimalString(limit),
      hint: limit === undefined ? words.noneAsked : words.askedFor(money(language, limit)),
      more: decimal
    })
  const end = Narrowing.timeField(iac.validity_end_time)
  const category = (code: string) => Language.category(language, code)
  return html`${amount("max_total_amount", iac.max_total_amount)}
  ${amount("max_single_amount", commerce?.max_single_amount)}
  ${entry(context, "times_limit", {
    asked: times === undefined ? undefined : String(times),
    hint: times === undefined ? words.noneAsked : words.askedFor(String(times)),
    more: html`type="text" inputmode="numeric" autocomplete="off" maxlength="9"`
  })}
  ${entry(context, "validity_end_time", {
    asked: end,
    hint: `${words.askedFor(Language.time(language, iac.validity_end_time))} (${words.beijing})`,
    more: html`type="datetime-local" max="${end}"${end.length > 16 && html` step="1"`}`
  })}
  ${choices(context, "allowed_payment_methods", iac.allowed_payment_methods ?? Narrowing.preferences, {
    name: (name) => Language.method(language, name),
    all: true
  })}
  ${
    commerce?.allowed_categories === undefined
      ? optional(
          context,
          "allowed_categories",
          html`<p class="soft">${words.onlyThese}</p>
            ${choices(context, "allowed_categories", Categories.codes, { name: category, all: false })}`
        )
      : choices(context, "allowed_categories", commerce.allowed_categories, { name: category, all: true })
  }
  ${
    commerce?.allowed_merchants === undefined
      ? optional(
          context,
          "allowed_merchants",
          entry(context, "allowed_merchants", {
            asked: undefined,
            hint: words.onlyMerchants,
            more: html`type="text" autocomplete="off" maxlength="3300"`
          })
        )
      : choices(context, "allowed_merchants", commerce.allowed_merchants, { name: (id) => id, all: true })
  }`
}

const errors = ({ returned, view: { words } }: Context): Html | undefined =>
  returned &&
  html`<div class="errors" role="alert">
    <strong>${words.wrong}</strong>
    <ul>
      ${returned.issues.map(({ field, problem }) => html`<li>${words.field[field]}: ${words.problem[problem]}</li>`)}
    </ul>
  </div>`

/** The page. `returned` is the form that was sent before, if one was. */
export const consentPage = (view: View, request: ConsentRequest, now: number, returned?: Returned): Html => {
  const { words } = view
  const { clientId, name, purpose, terms } = request.asked
  const title = words.asksTitle(named(name))
  const context = { view, returned }
  return page(
    view,
    words.consentTitle,
    html`${errors(context)}
      <section class="card" aria-labelledby="who">
        <h1 id="who">${title}</h1>
        <dl class="who">
          ${
            purpose !== undefined &&
            html`<dt>${words.itSays}</dt>
              <dd>“${named(purpose)}”</dd>`
          }
          <dt>${words.itsNumber}</dt>
          <dd>${named(clientId)}<br /><span class="soft">${words.unverified}</span></dd>
          <dt>${words.code}</dt>
          <dd><span class="code">${request.userCode}</span><br /><span class="soft">${words.codeHint}</span></dd>
        </dl>
        <div class="allow">
          <h2>${words.allows}</h2>
          <span class="sum">${money(view.language, terms.iac.max_total_amount)}</span>
          ${termsList(view, terms.iac, terms.sid, now)}
        </div>
      </section>
      <form class="card" method="post" action="${view.path}" novalidate>
        ${formToken(view)}
        <details class="less" ${returned && html`open`}>
          <summary>${words.narrow}</summary>
          <p class="soft">${words.narrowHint}</p>
          ${fields(context, request)}
        </details>
        <div class="buttons">
          <button class="main" name="decision" value="approve">${words.approve}</button>
          <button name="decision" value="refuse">${words.refuse}</button>
        </div>
        <p class="soft">${words.later}</p>
      </form>`
  )
}
