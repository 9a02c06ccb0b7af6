/**
 * The newest calls. A script keeps the rows new; without it there is a link.
 */
import { html, type Html } from "@paylayer/pages/Html"
import type { Call } from "../../Usage.ts"
import { callTable } from "./callTable.ts"
import { page, time, title, type View } from "./layout.ts"

/** How many calls it shows. */
export const size = 30

/** The table alone, which the script asks for. */
export const liveTable = (view: View, calls: ReadonlyArray<Call>): Html =>
  callTable(view, calls, {
    caption: html`${view.words.updated} ${time(view, view.now)}`,
    empty: view.words.noCalls,
    attributes: html`data-live="/dashboard/live/rows" data-stalled="${view.words.stalled}"`
  })

/** The page. */
export const livePage = (view: View, calls: ReadonlyArray<Call>): Html => {
  const { words } = view
  return page(
    view,
    words.liveTitle,
    html`${title(
        words.liveTitle,
        html`<div class="buttons">
          <button type="button" hidden data-pause="${words.pause}" data-resume="${words.resume}">${words.pause}</button>
          <a class="button" href="/dashboard/live">${words.refresh}</a>
        </div>`
      )}
      <p class="soft">${words.liveHint}</p>
      <section class="card flush">${liveTable(view, calls)}</section>`
  )
}
