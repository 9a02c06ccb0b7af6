/**
 * The signs of the page, drawn: not every font has them as characters.
 */
import type { Markup } from "./markup.ts"

const drawn = (path: string): Markup => ({
  markup: `<svg viewBox="0 0 16 16" width="1em" height="1em" fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="${path}"/></svg>`
})

export const tick = drawn("M3 8.5 6.5 12 13 4.5")
export const cross = drawn("M4 4 12 12M12 4 4 12")
/** Of what checked nothing. */
export const empty = drawn("M8 3a5 5 0 1 0 0 10a5 5 0 1 0 0-10M4 13 12 3")
