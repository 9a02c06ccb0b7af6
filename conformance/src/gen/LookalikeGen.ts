/**
 * Names that look like another name and are not it: what a typing error, a hostile agent or a careless proxy makes of a header's
 * name, a scheme or a prefix.
 */
import * as Gen from "../Gen.ts"

/** Letters of other scripts and widths that are drawn like ASCII ones. */
const twins: { readonly [letter: string]: string } = {
  a: "а",
  c: "с",
  e: "е",
  h: "һ",
  i: "і",
  k: "κ",
  o: "о",
  p: "р",
  r: "г",
  t: "τ",
  u: "υ",
  v: "ν",
  x: "х",
  y: "у",
  "-": "‐",
  _: "＿"
}

/** What kind of near miss it is. */
export type Likeness =
  | "one edit"
  | "another separator"
  | "a look-alike letter"
  | "something invisible"
  | "more around it"

export interface Lookalike {
  readonly likeness: Likeness
  readonly text: string
}

const invisible = ["\u200b", "\u00ad", "\u2060", "\ufeff", "\u0000", "\u00a0"]

const wide = (letter: string): string =>
  letter >= "!" && letter <= "~" ? String.fromCodePoint(letter.codePointAt(0)! + 0xfee0) : letter

const edits: { readonly [L in Likeness]: (text: string, at: number) => ReadonlyArray<string> } = {
  "one edit": (text, at) => {
    const [head, letter, tail] = [text.slice(0, at), text[at] ?? "", text.slice(at + 1)]
    const swapped = text.slice(0, at) + (tail[0] ?? "") + letter + tail.slice(1)
    return [head + tail, head + letter + letter + tail, `${head}${letter === "q" ? "z" : "q"}${tail}`, swapped]
  },
  "another separator": (text) => [
    text.replaceAll("-", "_"),
    text.replaceAll("-", ""),
    text.replaceAll("-", "."),
    text.replaceAll("-", "--"),
    `${text}-`,
    `-${text}`
  ],
  "a look-alike letter": (text, at) => {
    const letter = text[at] ?? ""
    const [head, tail] = [text.slice(0, at), text.slice(at + 1)]
    return [head + (twins[letter.toLowerCase()] ?? wide(letter)) + tail, Array.from(text, wide).join("")]
  },
  "something invisible": (text, at) => invisible.map((mark) => text.slice(0, at) + mark + text.slice(at)),
  "more around it": (text) => [
    `x-${text}`,
    `x${text}`,
    `${text}s`,
    `${text}2`,
    `${text}-id`,
    `${text}:`,
    `${text}.`,
    `"${text}"`,
    `${text}%20`
  ]
}

/** Every kind of near miss. */
export const likenesses = Object.keys(edits) as ReadonlyArray<Likeness>

/** Texts near this one; never the text itself, in whatever case. */
export const of = (text: string, likeness: Likeness): Gen.Gen<Lookalike> =>
  Gen.tuple(Gen.nat(Math.max(0, text.length - 1)), Gen.nat(11))
    .map(([at, choice]): Lookalike => {
      const texts = edits[likeness](text, at)
      return { likeness, text: texts[choice % texts.length]! }
    })
    .filter((near) => near.text !== "" && near.text.trim().toLowerCase() !== text.toLowerCase())
