/**
 * Text for terminals: aligned, whatever its script, and harmless, whatever a payer wrote into it.
 */
import * as Effect from "effect/Effect"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import stringWidth from "string-width"

const unseen = /[\p{Cc}\p{Cf}\p{Cs}\u{2028}\u{2029}\u{fffe}\u{ffff}]/gu

/** The text on one line, with control characters, changes of direction and the like written as `\u{202e}`. */
export const visible = (text: string): string =>
  text.replace(unseen, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" })

/** The beginning of the text, at most `columns` wide; `…` stands for the rest. */
export const cut = (text: string, columns: number): string => {
  if (stringWidth(text) <= columns) return text
  let kept = ""
  for (const { segment } of graphemes.segment(text)) {
    if (stringWidth(kept + segment) >= columns) break
    kept += segment
  }
  return `${kept}…`
}

export interface Column {
  readonly name: string
  readonly align?: "right"
  /** How wide it may become. Default: as wide as it needs. */
  readonly most?: number
}

/** Rows below a heading, each column as wide as its widest cell. `style` colours a cell once it is aligned. */
export const table = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  style: (text: string, column: Column, row: number) => string = (text) => text
): ReadonlyArray<string> => {
  const cells = [columns.map(({ name }) => name), ...rows].map((row) =>
    row.map((text, index) => cut(visible(text), columns[index]?.most ?? Infinity))
  )
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => stringWidth(row[index] ?? ""))))
  return cells.map((row, line) =>
    columns
      .map((column, index) => {
        const text = row[index] ?? ""
        const space = " ".repeat(widths[index]! - stringWidth(text))
        const styled = line === 0 ? text : style(text, column, line - 1)
        return column.align === "right" ? space + styled : styled + space
      })
      .join("  ")
      .trimEnd()
  )
}

const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const

export type Paint = { readonly [S in keyof typeof styles]: (text: string) => string }

/** Colour, where the terminal has it. */
export const paint: Effect.Effect<Paint> = Effect.map(TerminalCapabilities, ({ canColor }) => {
  const style = (code: number) => (text: string) => (canColor ? `\u001b[${code}m${text}\u001b[0m` : text)
  return {
    bold: style(styles.bold),
    dim: style(styles.dim),
    red: style(styles.red),
    green: style(styles.green),
    yellow: style(styles.yellow)
  }
})

/** `1 charge`, `3 charges`. */
export const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`
