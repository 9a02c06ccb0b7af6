// A reader of XML that is strict about what it knows: elements, attributes, text, entities, characters.

interface Reading {
  readonly elements: ReadonlyArray<{ readonly name: string; readonly attributes: { readonly [name: string]: string } }>
  readonly problem: string | undefined
}

const tag = /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y
const text = /[^<]+/y
const entity = /&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-f]+);)/i
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

/** The elements of a document, or what is wrong with it. */
export const read = (xml: string): Reading => {
  const elements: Array<Reading["elements"][number]> = []
  const open: Array<string> = []
  const bad = (problem: string): Reading => ({ elements, problem })
  if (forbidden.test(xml) || !xml.isWellFormed()) return bad("a character that XML does not allow")
  if (entity.test(xml)) return bad("a bare ampersand")
  let at = xml.startsWith("<?xml") ? xml.indexOf("?>") + 2 : 0
  while (at < xml.length) {
    tag.lastIndex = text.lastIndex = at
    const found = tag.exec(xml) ?? text.exec(xml)
    if (found === null) return bad(`at ${xml.slice(at, at + 60)}`)
    at += found[0].length
    const [, closing, name, attributes = "", single] = found
    if (name === undefined) continue
    if (closing === "/") {
      if (open.pop() !== name) return bad(`</${name}> closes nothing`)
      continue
    }
    const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, key, value]) => [key, value] as const)
    elements.push({ name, attributes: Object.fromEntries(pairs) })
    if (single !== "/") open.push(name)
  }
  return open.length === 0 ? { elements, problem: undefined } : bad(`<${open.join("><")}> is not closed`)
}
