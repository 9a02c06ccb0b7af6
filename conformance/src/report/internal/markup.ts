/**
 * Markup for HTML, SVG and XML alike: everything that is put into a template is escaped, unless it is markup itself.
 */
import { visible } from "../Visible.ts"

export interface Markup {
  readonly markup: string
}

type Part = string | number | Markup | undefined | ReadonlyArray<Part>

const entities: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

/** Text, safe as content and within a quoted attribute. */
export const escaped = (text: string): string =>
  visible(text).replace(/[&<>"']/g, (character) => entities[character] ?? character)

const print = (part: Part): string => {
  if (part === undefined) return ""
  if (typeof part === "string") return escaped(part)
  if (typeof part === "number") return String(part)
  return "markup" in part ? part.markup : part.map(print).join("")
}

/** A template whose values are escaped. */
export const markup = (strings: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Markup => ({
  markup: strings.map((text, index) => text + print(parts[index])).join("")
})
