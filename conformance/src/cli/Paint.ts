/**
 * Colour for terminals that have it.
 */
import * as Effect from "effect/Effect"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"

const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const

export type Paint = { readonly [S in keyof typeof styles]: (text: string) => string }

const make = (canColor: boolean): Paint => {
  const style = (code: number) => (text: string) => (canColor ? `\u001b[${code}m${text}\u001b[0m` : text)
  return {
    bold: style(styles.bold),
    dim: style(styles.dim),
    red: style(styles.red),
    green: style(styles.green),
    yellow: style(styles.yellow)
  }
}

/** The paint of this terminal. */
export const paint: Effect.Effect<Paint> = Effect.map(TerminalCapabilities, ({ canColor }) => make(canColor))
