/**
 * Pages that say one thing: nothing is here, nothing was done, nothing is known.
 */
import { html, type Html } from "@paylayer/pages/Html"
import { page, title, type View } from "./layout.ts"

const notice = (view: View, heading: string, text: string, link?: { readonly href: string; readonly name: string }) =>
  page(
    view,
    heading,
    html`${title(heading)}
      <section class="card">
        <p>${text}</p>
        ${link !== undefined && html`<p><a class="button" href="${link.href}">${link.name}</a></p>`}
      </section>`
  )

export const notFound = (view: View): Html =>
  notice(view, view.words.notFoundTitle, view.words.pageNotFound, { href: "/dashboard", name: view.words.nav.overview })

export const noCharge = (view: View): Html =>
  notice(view, view.words.notFoundTitle, view.words.chargeNotFound, {
    href: "/dashboard/charges",
    name: view.words.nav.charges
  })

/** A form of another session. `path` is where it can be opened again. */
export const stale = (view: View, path: string): Html =>
  notice(view, view.words.staleTitle, view.words.stale, { href: path, name: view.words.openAgain })

/** A store did not answer. */
export const failed = (view: View): Html =>
  notice(view, view.words.errorTitle, view.words.storeFailed, { href: view.path, name: view.words.refresh })
