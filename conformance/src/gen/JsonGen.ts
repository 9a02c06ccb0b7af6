/**
 * JSON that is not what it should be: values of another type, fields that nobody knows, and texts that two readers read
 * differently.
 */
import { type ExactJson, JsonNumber, stringify } from "@paylayer/core/StrictJson"
import * as Gen from "../Gen.ts"

type Type = "null" | "boolean" | "number" | "string" | "array" | "object"

export const typeOf = (json: ExactJson): Type => {
  if (json === null) return "null"
  if (json instanceof JsonNumber) return "number"
  if (Array.isArray(json)) return "array"
  return typeof json as Type
}

const inside = (json: ExactJson): string =>
  typeof json === "string" ? json : json instanceof JsonNumber ? json.source : "1"

/** Values of every other type, those first that careless code turns into the original. */
export const mistyped = (json: ExactJson): ReadonlyArray<ExactJson> =>
  (
    [
      inside(json),
      [json],
      { value: json },
      { toString: inside(json) },
      new JsonNumber(/^(0|[1-9][0-9]*)(\.[0-9]+)?$/.test(inside(json)) ? inside(json) : "1"),
      null,
      true,
      false,
      "",
      [],
      {},
      new JsonNumber("0")
    ] satisfies ReadonlyArray<ExactJson>
  ).filter((value) => typeOf(value) !== typeOf(json))

/** Names that nobody has given to a field, many of them near one that somebody has. */
export const unknownName = (known: ReadonlyArray<string>): Gen.Gen<string> =>
  Gen.oneof(
    Gen.constantFrom("zz", "__proto__", "constructor", "toString", "hasOwnProperty", "", " ", "$schema", "extra"),
    Gen.tuple(
      Gen.constantFrom(...known),
      Gen.constantFrom<(name: string) => string>(
        (name) => name.toUpperCase(),
        (name) => name.slice(0, 1).toUpperCase() + name.slice(1),
        (name) => `${name}s`,
        (name) => `${name} `,
        (name) => ` ${name}`,
        (name) => `_${name}`,
        (name) => `${name}\u200b`,
        (name) => name.replaceAll("_", "-"),
        (name) => name.replaceAll("a", "а").replaceAll("i", "і")
      )
    ).map(([name, change]) => change(name))
  ).filter((name) => !known.includes(name))

/** How a text is spoiled. */
export type Spoiling =
  | "a name twice"
  | "a name twice, once escaped"
  | "a byte order mark"
  | "invalid UTF-8"
  | "a lone surrogate"
  | "a number that is none"
  | "great depth"
  | "more after its end"
  | "no strict JSON"
  | "another document"

type Bytes = ReadonlyArray<number>

const join = (...parts: ReadonlyArray<string | Bytes>): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Uint8Array.from(part))))

const escaped = (name: string): string =>
  `\\u${(name.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}${JSON.stringify(name.slice(1)).slice(1, -1)}`

/** Another value than this one, of the same type. */
const different = (json: ExactJson): ExactJson => {
  if (typeof json === "string") return `${json}x`
  if (json instanceof JsonNumber) return new JsonNumber(`${json.source === "9" ? "8" : "9"}`)
  return json === null ? false : null
}

const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`

/** The text before and after the end of one of its strings: something that could be in a credential that is good otherwise. */
const insideString = (text: string, json: ExactJson, at: number): readonly [string, string] => {
  const strings = Object.entries(json as { readonly [name: string]: ExactJson }).flatMap(([name, value]) => {
    const begin = text.indexOf(`${JSON.stringify(name)}:${JSON.stringify(value)}`)
    return typeof value !== "string" || begin === -1 ? [] : [text.indexOf(JSON.stringify(value), begin)]
  })
  const begin = strings[at % Math.max(1, strings.length)]
  if (begin === undefined) return [`${text.slice(0, -1)},"zz":"`, '"}']
  const end = text.indexOf('"', begin + 1)
  return [text.slice(0, end), text.slice(end)]
}

/** Every way to spoil the text of an object. `at` and `choice` choose among the fields and the variants of a way. */
export const spoilings: {
  readonly [S in Spoiling]: (text: string, json: ExactJson, at: number, choice: number) => string | Uint8Array
} = {
  "a name twice": (text, json, at, choice) => twice(text, json, at, choice, (name) => JSON.stringify(name)),
  "a name twice, once escaped": (text, json, at, choice) =>
    twice(text, json, at, choice, (name) => `"${escaped(name)}"`),
  "a byte order mark": (text, _json, _at, choice) => (choice % 2 === 0 ? `\ufeff${text}` : `${text}\ufeff`),
  "invalid UTF-8": (text, json, at, choice) => {
    const bytes: ReadonlyArray<Bytes> = [
      [0xff],
      [0xc0, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xe4, 0xb8]
    ]
    const [before, after] = insideString(text, json, at)
    return join(before, bytes[choice % bytes.length]!, after)
  },
  "a lone surrogate": (text, json, at, choice) =>
    insideString(text, json, at).join(choice % 2 === 0 ? "\\ud800" : "\\udc00"),
  "a number that is none": (text, _json, _at, choice) =>
    `${text.slice(0, -1)},"zz":${["NaN", "Infinity", "-Infinity", "01", "+1", "1.", ".5", "0x10", "1_000", "1e"][choice % 10]}}`,
  "great depth": (text, _json, _at, choice) => `${text.slice(0, -1)},"zz":${nested([64, 600, 2_500][choice % 3]!)}}`,
  "more after its end": (text, _json, _at, choice) => text + ["{}", "]", text, "\u0000", "null", "//"][choice % 6]!,
  "no strict JSON": (text, _json, _at, choice) =>
    [`${text.slice(0, -1)},}`, `/**/${text}`, text.replaceAll('"', "'"), text.slice(0, -1), text.replace('"', "")][
      choice % 5
    ]!,
  "another document": (_text, json, _at, choice) =>
    ["", "null", "[]", "{}", '""', "0", "true", stringify([json])][choice % 8]!
}

const twice = (text: string, json: ExactJson, at: number, choice: number, print: (name: string) => string): string => {
  const members = Object.entries(json as { readonly [name: string]: ExactJson })
  const [name = "zz", value = null] = members[at % Math.max(1, members.length)] ?? []
  const member = `${print(name)}:${stringify(different(value))}`
  return choice % 2 === 0 ? `{${member},${text.slice(1)}` : `${text.slice(0, -1)},${member}}`
}

/** All ways. */
export const ways = Object.keys(spoilings) as ReadonlyArray<Spoiling>
