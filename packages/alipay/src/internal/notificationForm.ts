/**
 * The form of a notification, taken apart once: its parameters, and the bytes that its signature is over.
 *
 * What is signed are the values after one decoding, in the charset of the form. So the bytes are kept as they came, and read as text only
 * beside it; a `%` in a value is a `%`.
 */
import * as Result from "effect/Result"

/** The longest form that is read, in bytes. Alipay's have two kilobytes at most. */
export const maximumBytes = 65_536
const maximumParameters = 200

/** Why a form is none. */
export interface FormProblem {
  readonly reason: "too-large" | "malformed" | "repeated" | "charset"
  readonly message: string
}

export interface Form {
  /** By name. Without a prototype, so that no name is special. */
  readonly values: Readonly<Record<string, string>>
  /** Everything but `sign` and `sign_type`, sorted by name, empty values too: `name=value`, joined with `&`. */
  readonly signed: Uint8Array
}

const problem = (reason: FormProblem["reason"], message: string) => Result.fail<FormProblem>({ reason, message })

const [ampersand, equals, percent, plus, space] = [0x26, 0x3d, 0x25, 0x2b, 0x20] as const

const digit = (byte: number | undefined): number => {
  if (byte === undefined) return -1
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** Decodes once. Nothing where a `%` does not begin an escape, or a byte should have been escaped. */
const decoded = (bytes: Uint8Array): Uint8Array | undefined => {
  const out = new Uint8Array(bytes.length)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === percent) {
      const [high, low] = [digit(bytes[at + 1]), digit(bytes[at + 2])]
      if (high < 0 || low < 0) return undefined
      out[length++] = high * 16 + low
      at += 2
    } else if (byte <= space || byte > 0x7e) return undefined
    else out[length++] = byte === plus ? space : byte
  }
  return out.subarray(0, length)
}

const pieces = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const found: Array<Uint8Array> = []
  for (let from = 0; from <= bytes.length && found.length <= maximumParameters;) {
    const end = bytes.indexOf(ampersand, from)
    const to = end < 0 ? bytes.length : end
    found.push(bytes.subarray(from, to))
    from = to + 1
  }
  return found
}

const latin = new TextDecoder("latin1")

type Pair = readonly [name: string, value: Uint8Array]

const pairOf = (piece: Uint8Array): Pair | undefined => {
  const at = piece.indexOf(equals)
  if (at < 1) return undefined
  const [name, value] = [decoded(piece.subarray(0, at)), decoded(piece.subarray(at + 1))]
  if (name === undefined || value === undefined) return undefined
  const text = latin.decode(name)
  return /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(text) ? [text, value] : undefined
}

// GB 2312 is a part of GBK. A form without a charset is in the one of the request, and requests here are in UTF-8.
const charsets: Readonly<Record<string, string>> = {
  "": "utf-8",
  "utf-8": "utf-8",
  utf8: "utf-8",
  gbk: "gbk",
  gb2312: "gbk"
}

const signedBytes = (pairs: ReadonlyArray<Pair>): Uint8Array => {
  const parts = pairs
    .filter(([name]) => name !== "sign" && name !== "sign_type")
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value], index) => [Buffer.from(`${index === 0 ? "" : "&"}${name}=`), value])
  return Buffer.concat(parts)
}

/** Takes a form apart. Total and linear. */
export const parse = (bytes: Uint8Array): Result.Result<Form, FormProblem> => {
  if (bytes.length > maximumBytes) return problem("too-large", `the form is longer than ${maximumBytes} bytes`)
  const pairs: Array<Pair> = []
  const names = new Set<string>()
  for (const piece of pieces(bytes)) {
    const pair = pairOf(piece)
    if (pair === undefined) return problem("malformed", "this is not a form of named values, each encoded once")
    if (names.has(pair[0])) return problem("repeated", `${pair[0]} is there more than once`)
    names.add(pair[0])
    pairs.push(pair)
  }
  if (pairs.length > maximumParameters)
    return problem("malformed", `there are more than ${maximumParameters} parameters`)
  const declared = latin.decode(pairs.find(([name]) => name === "charset")?.[1] ?? new Uint8Array())
  const charset = Object.hasOwn(charsets, declared.toLowerCase()) ? charsets[declared.toLowerCase()] : undefined
  if (charset === undefined) return problem("charset", "the form declares a charset that is neither UTF-8 nor GBK")
  const decoder = new TextDecoder(charset, { fatal: true, ignoreBOM: true })
  return Result.try({
    try: () => {
      const values: Record<string, string> = Object.create(null)
      for (const [name, value] of pairs) values[name] = decoder.decode(value)
      return { values, signed: signedBytes(pairs) }
    },
    catch: (): FormProblem => ({ reason: "charset", message: `a value is not text in ${charset}` })
  })
}
