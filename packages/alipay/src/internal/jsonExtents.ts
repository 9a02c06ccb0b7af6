/** Where the members of an object lie in its text. The text is known to be a valid JSON object. */

export interface Extent {
  readonly start: number
  readonly end: number
}

const quote = 0x22
const backslash = 0x5c

/** Just after the string that begins at `start`. */
const afterString = (text: string, start: number): number => {
  let at = start + 1
  while (at < text.length && text.charCodeAt(at) !== quote) at += text.charCodeAt(at) === backslash ? 2 : 1
  return at + 1
}

/** Just after the value that begins at `start`: braces are matched outside strings only. */
const afterValue = (text: string, start: number): number => {
  let depth = 0
  let at = start
  while (at < text.length) {
    const character = text[at]
    if (character === '"') {
      at = afterString(text, at)
      if (depth === 0) return at
      continue
    }
    if (character === "{" || character === "[") depth++
    else if (character === "}" || character === "]") {
      if (depth === 0) return at
      depth--
      if (depth === 0) return at + 1
    } else if (depth === 0 && character === ",") return at
    at++
  }
  return at
}

const skip = /[\s,]*/y
const colon = /\s*:\s*/y

const past = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  pattern.test(text)
  return Math.max(at, pattern.lastIndex)
}

/** The extent of each member's value, by its name as it reads after unescaping. */
export const extents = (text: string): ReadonlyMap<string, Extent> => {
  const found = new Map<string, Extent>()
  let at = past(skip, text, text.indexOf("{") + 1)
  while (text[at] === '"') {
    const end = afterString(text, at)
    const name = JSON.parse(text.slice(at, end)) as string
    const start = past(colon, text, end)
    at = afterValue(text, start)
    found.set(name, { start, end: at })
    at = past(skip, text, at)
  }
  return found
}
