/**
 * HTML that is escaped by construction: text becomes HTML only through `html`, which escapes everything it is given that is
 * not HTML already.
 *
 * @example
 * html`<b>${name}</b>`            // a name such as `<script>` stays a name
 * html`<ul>${items.map(item)}</ul>`
 */

/** A piece of a page. Only `html` makes one. */
export class Html {
  readonly #source: string
  private constructor(source: string) {
    this.#source = source
  }
  toString(): string {
    return this.#source
  }
  /** @internal */
  static of(strings: ReadonlyArray<string>, parts: ReadonlyArray<Part>): Html {
    let source = strings[0] ?? ""
    for (const [index, part] of parts.entries()) {
      // Outside quotes, escaping would not be enough.
      if (/\s[\w-]+=$/.test(strings[index]!)) throw new TypeError("the value of an attribute stands in quotes")
      source += rendered(part) + strings[index + 1]
    }
    return new Html(source)
  }
}

/** What a template may hold. What is absent renders as nothing. */
export type Part = Html | string | number | false | undefined | ReadonlyArray<Html>

const entities: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

const rendered = (part: Part): string => {
  if (part instanceof Html) return part.toString()
  if (part === false || part === undefined) return ""
  if (typeof part === "object") return part.map(rendered).join("")
  return String(part).replace(/[&<>"']/g, (character) => entities[character]!)
}

/** A template. Attribute values stand in quotes, always. */
export const html = (strings: TemplateStringsArray, ...parts: ReadonlyArray<Part>): Html => Html.of(strings, parts)

/** A name that somebody else chose: it may be written from right to left, and must not turn its surroundings around. */
export const named = (name: string): Html => html`<bdi>${name}</bdi>`
