/**
 * What every page of the dashboard has around its content.
 */
import * as DateTime from "effect/DateTime"
import type * as Money from "@paylayer/core/Money"
import { html, type Html } from "@paylayer/pages/Html"
import * as Pages from "@paylayer/pages/Language"
import * as Language from "./language.ts"
import * as Script from "./script.ts"
import type { Session } from "./sessions.ts"
import * as Stylesheet from "./stylesheet.ts"
import { words, type Words } from "./words.ts"

/** For whom a page is made, when and where. */
export interface View {
  readonly language: Pages.Language
  readonly words: Words
  readonly session: Session | undefined
  /** The address of the page, without a query, and its query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly zone: DateTime.TimeZone
  readonly now: number
  /** Whether somebody between could have read it. */
  readonly plain: boolean
}

export const view = (given: Omit<View, "words">): View => ({ ...given, words: words[given.language] })

/** An id, in letters that cannot be mistaken. */
export const id = (text: string): Html => html`<bdi class="id">${text}</bdi>`

/** An amount with its currency. */
export const money = ({ language }: View, amount: Money.Money): Html =>
  html`<span class="nowrap">${Pages.money(language, amount)}</span>`

/** A moment, for people in the operator's zone and for programs in UTC. */
export const time = ({ language, zone }: View, atMillis: number): Html =>
  html`<time class="nowrap" datetime="${DateTime.formatIso(DateTime.makeUnsafe(atMillis))}"
    >${Language.time(language, zone, atMillis)}</time
  >`

/** The same, to the millisecond. */
export const exactTime = ({ language, zone }: View, atMillis: number): Html =>
  html`<time class="nowrap" datetime="${DateTime.formatIso(DateTime.makeUnsafe(atMillis))}"
    >${Language.exactTime(language, zone, atMillis)}</time
  >`

/** The field that every form carries. */
export const formToken = ({ session }: View): Html =>
  html`<input type="hidden" name="form_token" value="${session?.formToken}" />`

/** This page's address with other parameters; `undefined` takes one away. */
export const address = (
  { path, query }: Pick<View, "path" | "query">,
  changes: Readonly<Record<string, string | undefined>>
): string => {
  const next = new URLSearchParams(query)
  for (const name of ["lang", "followed"]) next.delete(name)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) next.delete(name)
    else next.set(name, value)
  }
  const text = next.toString()
  return text === "" ? path : `${path}?${text}`
}

/** A choice between addresses, of which one is this page's. */
export const choice = (
  label: string,
  options: ReadonlyArray<{ readonly name: string; readonly href: string; readonly chosen: boolean }>
): Html =>
  html`<nav class="choice" aria-label="${label}">
    ${options.map(
      ({ chosen, href, name }) => html`<a href="${href}" ${chosen && html`aria-current="true"`}>${name}</a>`
    )}
  </nav>`

const sections = (
  [
    ["overview", ""],
    ["live", "/live"],
    ["charges", "/charges"],
    ["refusals", "/refusals"],
    ["budgets", "/budgets"],
    ["payouts", "/payouts"],
    ["reconciliation", "/reconciliation"],
    ["tools", "/tools"]
  ] as const
).map(([name, path]) => ({ name, path: `/dashboard${path}` }))

const isAt = (path: string, section: string) =>
  path === section || (section !== "/dashboard" && path.startsWith(`${section}/`))

const navigation = (view: View): Html => {
  const { path, words } = view
  return html`<nav aria-label="${words.sections}">
    <ul class="sections">
      ${sections.map(
        ({ name, path: section }) =>
          html`<li>
            <a href="${section}" ${isAt(path, section) && html`aria-current="${path === section ? "page" : "true"}"`}
              >${words.nav[name]}</a
            >
          </li>`
      )}
    </ul>
  </nav>`
}

const zoneName = (zone: DateTime.TimeZone) => {
  const name = DateTime.zoneToString(zone)
  return name === "+00:00" ? "UTC" : name
}

const who = (view: View): Html => {
  const { language, session, words, zone } = view
  const other = language === "en" ? "zh" : "en"
  return html`<div class="who">
    ${session !== undefined && html`<span class="zone soft">${words.zone(zoneName(zone))}</span>`}
    <a href="${address(view, { lang: other })}" lang="${Pages.tag(other)}" hreflang="${Pages.tag(other)}"
      >${words.otherLanguage}</a
    >
    ${
      session !== undefined &&
      html`<form method="post" action="/dashboard/sign-out">
        ${formToken(view)}<button class="link">${words.signOut}</button>
      </form>`
    }
  </div>`
}

/** A page. What is inside is for who is signed in. */
export const page = (view: View, title: string, content: Html): Html => {
  const { language, plain, session, words, zone } = view
  const inside = session !== undefined
  return html`<!doctype html>
    <html lang="${Pages.tag(language)}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title} · ${words.brand}</title>
        <link rel="icon" href="/dashboard/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="${Stylesheet.path}" />
        <script src="${Script.path}" defer></script>
      </head>
      <body class="${inside ? "inside" : "outside"}">
        <a class="skip" href="#content">${words.skip}</a>
        <header>
          <div class="rail">
            <a class="brand" href="/dashboard">${words.brand}</a>
            ${inside && navigation(view)} ${who(view)}
          </div>
        </header>
        <main id="content" tabindex="-1">
          ${content} ${plain && html`<p class="note warn">${words.plain}</p>`}
          ${inside && html`<p class="foot soft small"><span class="zone">${words.zone(zoneName(zone))}</span></p>`}
        </main>
      </body>
    </html> `
}

/** The heading of a page, and what stands beside it. */
export const title = (text: string, beside?: Html): Html =>
  html`<div class="title">
    <h1>${text}</h1>
    ${beside}
  </div>`
