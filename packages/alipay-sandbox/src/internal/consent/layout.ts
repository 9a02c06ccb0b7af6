/**
 * What every page of the wallet has around its content.
 */
import * as Accounts from "./accounts.ts"
import { html, type Html } from "@paylayer/pages/Html"
import { type Language, tag } from "@paylayer/pages/Language"
import type { Session } from "./sessions.ts"
import * as Stylesheet from "./stylesheet.ts"
import { words, type Words } from "./words.ts"

/** For whom a page is made. */
export interface View {
  readonly language: Language
  readonly words: Words
  readonly session: Session | undefined
  /** The address of the page, without a query. */
  readonly path: string
}

export const view = (language: Language, session: Session | undefined, path: string): View => ({
  language,
  words: words[language],
  session,
  path
})

/** The field that every form carries. */
export const formToken = ({ session }: View): Html =>
  html`<input type="hidden" name="form_token" value="${session?.formToken}" />`

const account = (view: View): Html | undefined => {
  const { language, session, words } = view
  const found = Accounts.find(session?.account)
  return found === undefined
    ? undefined
    : html`<a href="/wallet">${words.yours}</a>
        <form method="post" action="/wallet/sign-out">
          ${formToken(view)}<span>${found[language]}</span> <button class="link">${words.signOut}</button>
        </form>`
}

/** A page. */
export const page = (view: View, title: string, content: Html): Html => {
  const { language, path, words } = view
  const other = language === "en" ? "zh" : "en"
  return html`<!doctype html>
    <html lang="${tag(language)}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="same-origin" />
        <title>${title} · ${words.wallet}</title>
        <link rel="stylesheet" href="${Stylesheet.path}" />
      </head>
      <body>
        <a class="skip" href="#content">${words.skip}</a>
        <header>
          <div class="wide">
            <strong>${words.wallet}</strong>
            <nav aria-label="${words.wallet}">
              <a href="${path}?lang=${other}" lang="${tag(other)}" hreflang="${tag(other)}">${words.otherLanguage}</a>
              ${account(view)}
            </nav>
          </div>
          <div class="sandbox"><p class="wide">${words.sandbox}</p></div>
        </header>
        <main id="content" class="wide" tabindex="-1">${content}</main>
      </body>
    </html> `
}
