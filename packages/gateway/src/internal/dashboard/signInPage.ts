/**
 * Where an operator says who they are.
 */
import { html, type Html } from "@paylayer/pages/Html"
import { page, type View } from "./layout.ts"

/** Why it is shown again, or at all. */
export interface Said {
  readonly text: string
  readonly tone: "bad" | "good"
}

/** The page. `next` is where it leads. */
export const signInPage = (view: View, next: string, said?: Said): Html => {
  const { words } = view
  const wrong = said?.tone === "bad"
  return page(
    view,
    words.signInTitle,
    html`<section class="card">
      <h1>${words.signInTitle}</h1>
      <p class="soft">${words.signInHint}</p>
      ${said !== undefined && html`<p class="note ${said.tone}" id="said" role="alert">${said.text}</p>`}
      <form method="post" action="/dashboard/sign-in">
        <input type="hidden" name="next" value="${next}" />
        <div class="field">
          <label for="token">${words.token}</label>
          <input
            id="token"
            name="token"
            type="password"
            autocomplete="current-password"
            autocapitalize="none"
            spellcheck="false"
            required
            maxlength="1024"
            ${wrong && html`aria-invalid="true" aria-describedby="said"`}
          />
        </div>
        <button class="main whole">${words.signIn}</button>
      </form>
    </section>`
  )
}
