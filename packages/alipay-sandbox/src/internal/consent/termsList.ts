/**
 * The terms of a delegation as sentences: what it allows, one thing a line.
 */
import type { IntentAuthorizationCredential as Iac } from "@paylayer/alipay/IntentAuthorizationCredential"
import type * as Money from "@paylayer/core/Money"
import type * as DateTime from "effect/DateTime"
import { html, type Html, named } from "@paylayer/pages/Html"
import * as Pages from "@paylayer/pages/Language"
import * as Language from "./language.ts"
import { type View } from "./layout.ts"

export const money = ({ language }: View, amount: Money.Money): Html => html`<b>${Pages.money(language, amount)}</b>`

/** A time, and that it is Beijing's. */
export const time = ({ language, words }: View, at: DateTime.Utc): Html =>
  html`<b>${Language.time(language, at)}</b> (${words.beijing})`

/** The terms, with the time that counts as now. */
export const termsList = (view: View, iac: Iac, sid: string | undefined, now: number): Html => {
  const { language, words } = view
  const commerce = iac.ext?.commerce
  const times = iac.ext?.vendor_private?.times_limit
  const list = (values: ReadonlyArray<string>) => named(Language.either(language, values))
  const codes = (values: ReadonlyArray<string>) => list(values.map((code) => Language.category(language, code)))
  const lines: ReadonlyArray<Html | string | undefined> = [
    words.inTotal(money(view, iac.max_total_amount)),
    commerce?.max_single_amount === undefined
      ? words.noPerCharge
      : words.perCharge(money(view, commerce.max_single_amount)),
    commerce?.min_single_amount && words.atLeast(money(view, commerce.min_single_amount)),
    times === undefined ? words.noTimes : words.times(times),
    iac.validity_start_time.epochMilliseconds > now ? words.from(time(view, iac.validity_start_time)) : undefined,
    words.until(time(view, iac.validity_end_time)),
    commerce?.allowed_merchants === undefined ? words.anyMerchant : words.merchants(list(commerce.allowed_merchants)),
    commerce?.forbidden_merchants && words.notMerchants(list(commerce.forbidden_merchants)),
    commerce?.allowed_categories === undefined
      ? words.anyCategory
      : words.categories(codes(commerce.allowed_categories)),
    commerce?.forbidden_categories && words.notCategories(codes(commerce.forbidden_categories)),
    iac.allowed_payment_methods === undefined
      ? words.anyMethod
      : words.methods(list(iac.allowed_payment_methods.map((name) => Language.method(language, name)))),
    sid === undefined ? undefined : words.session(named(sid))
  ]
  return html`<ul>
    ${lines.filter((line) => line !== undefined).map((line) => html`<li>${line}</li>`)}
  </ul>`
}
