/**
 * Visible text: what a plug-in says ends up in terminals, pages and XML, and must not act there.
 *
 * Control characters, direction changes, invisible characters and lone surrogates are written as `\u{202e}`. Line breaks stay.
 */
const unseen = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\u{2028}\u{2029}\u{fffe}\u{ffff}]/gu

/** The text with everything in it visible. */
export const visible = (text: string): string =>
  text.replace(unseen, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)

/** The same on one line. */
export const visibleLine = (text: string): string => visible(text).replaceAll("\n", " ⏎ ")
