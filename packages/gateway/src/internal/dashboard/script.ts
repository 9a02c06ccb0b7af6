/**
 * The one script: it keeps the rows of the page of live calls new. Without it, that page is reloaded by its link.
 *
 * It asks for the rows every two seconds while the page is looked at, and later and later while the gateway does not answer. What
 * comes is the server's own HTML, parsed without running anything.
 */
import * as Digest from "@paylayer/core/Digest"

export const js = `
"use strict"
const live = document.querySelector("[data-live]")
if (live !== null) {
  const button = document.querySelector("[data-pause]")
  const say = (text) => {
    live.caption.textContent = text
  }
  let paused = false
  let wait = 2000
  button.hidden = false
  button.addEventListener("click", () => {
    paused = !paused
    button.textContent = paused ? button.dataset.resume : button.dataset.pause
  })
  const rows = async () => {
    const response = await fetch(live.dataset.live, { redirect: "error", signal: AbortSignal.timeout(10000) })
    if (response.status === 401) return location.reload()
    if (!response.ok) throw new Error(response.statusText)
    const parsed = new DOMParser().parseFromString(await response.text(), "text/html")
    const fresh = parsed.querySelector("tbody")
    if (paused || fresh === null || live.contains(document.activeElement)) return
    const known = new Set([...live.tBodies[0].rows].map((row) => row.dataset.id))
    if (known.size > 0) for (const row of fresh.rows) if (!known.has(row.dataset.id)) row.classList.add("fresh")
    live.tBodies[0].replaceWith(document.adoptNode(fresh))
    say(parsed.querySelector("caption").textContent)
  }
  const turn = async () => {
    if (!paused && !document.hidden) {
      try {
        await rows()
        wait = 2000
      } catch {
        wait = Math.min(wait * 2, 60000)
        say(live.dataset.stalled)
      }
    }
    setTimeout(turn, wait)
  }
  setTimeout(turn, wait)
}
`.trimStart()

/** Where it is. */
export const path: `/${string}` = `/dashboard/live-${Digest.sha256(js).slice(0, 16)}.js`
