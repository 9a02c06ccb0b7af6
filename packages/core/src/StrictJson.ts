/**
 * JSON for hostile input: RFC 8259 without the liberties that let two readers of one text disagree.
 *
 * Refused besides what is not JSON: a name that occurs twice in one object, a byte order mark, invalid UTF-8, lone surrogates
 * (also escaped ones), numbers beyond a double, nesting deeper than `depth` and text longer than `bytes`.
 *
 * - `parseExact` keeps every number as its own text, so that `15.10` becomes money without passing through a float.
 * - Objects have no prototype: `__proto__` and `constructor` are names like any other.
 * - Time is linear in the input. Errors carry a JSON Pointer and an offset, never a piece of the text's values.
 *
 * @example
 * StrictJson.parseExact('{"amount": 15.10}')   // Result.succeed({ amount: JsonNumber("15.10") })
 * StrictJson.parse('{"a": 1, "a": 2}')         // Result.fail(StrictJsonError: the name occurs twice, at /a)
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Reader } from "./internal/strictJsonReader.ts"

/** Where and why the text was refused. `path` is a JSON Pointer, `offset` counts UTF-16 code units. */
export class StrictJsonError extends Schema.TaggedError<StrictJsonError>()("StrictJsonError", {
  message: Schema.String,
  path: Schema.String,
  offset: Schema.Int
}) {}

/** A number as it was written: `"15.10"`, `"-0"`, `"1e3"`. */
export class JsonNumber {
  readonly source: string
  constructor(source: string) {
    this.source = source
  }
  toString() {
    return this.source
  }
  toJSON() {
    return Number(this.source)
  }
}

/** What `parse` gives: the values of `JSON.parse`, in objects without prototype. */
export type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [name: string]: Json }

/** What `parseExact` gives: numbers are `JsonNumber`. */
export type ExactJson =
  | null
  | boolean
  | string
  | JsonNumber
  | ReadonlyArray<ExactJson>
  | { readonly [name: string]: ExactJson }

/** Limits of one text. `depth` counts nested arrays and objects and is never above 512. */
export interface Limits {
  readonly bytes?: number
  readonly depth?: number
}

/** The limits that hold where none are given: 64 KiB of UTF-8, 32 levels. */
export const defaultLimits = { bytes: 65_536, depth: 32 } as const

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

const refuse = (message: string, path = "", offset = 0) => Result.fail(new StrictJsonError({ message, path, offset }))

/** A code unit takes three bytes at most. */
const isLonger = (input: string | Uint8Array, bytes: number): boolean =>
  input.length > bytes ||
  (typeof input === "string" && input.length * 3 > bytes && encoder.encode(input).length > bytes)

const textOf = (input: string | Uint8Array, bytes: number): Result.Result<string, StrictJsonError> => {
  if (isLonger(input, bytes)) {
    return refuse(`the text is longer than ${bytes} bytes`)
  }
  if (typeof input !== "string") {
    return Result.try({
      try: () => utf8.decode(input),
      catch: () => new StrictJsonError({ message: "the text is not UTF-8", path: "", offset: 0 })
    })
  }
  return input.isWellFormed() ? Result.succeed(input) : refuse("the text has a lone surrogate")
}

const read = <N>(input: string | Uint8Array, limits: Limits | undefined, number: (source: string) => N | undefined) =>
  Result.flatMap(textOf(input, limits?.bytes ?? defaultLimits.bytes), (text) => {
    const reader = new Reader<N>(text, Math.min(limits?.depth ?? defaultLimits.depth, 512), number)
    const value = reader.document()
    return reader.failure === undefined
      ? Result.succeed(value)
      : refuse(reader.failure.message, reader.failure.path, reader.failure.offset)
  })

const double = (source: string): number | undefined => {
  const value = Number(source)
  return Number.isFinite(value) ? value : undefined
}

/** Parses to plain values. A number that is too large for a double is refused; one with too many digits is rounded to it. */
export const parse = (input: string | Uint8Array, limits?: Limits): Result.Result<Json, StrictJsonError> =>
  read(input, limits, double) as Result.Result<Json, StrictJsonError>

/** Parses with numbers as their own text. */
export const parseExact = (input: string | Uint8Array, limits?: Limits): Result.Result<ExactJson, StrictJsonError> =>
  read(input, limits, (source) => new JsonNumber(source)) as Result.Result<ExactJson, StrictJsonError>

/** Writes exact JSON, numbers as they were. No white space; names in their own order. */
export const stringify = (value: ExactJson): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (value instanceof JsonNumber) return value.source
  if (Array.isArray(value)) return `[${value.map(stringify).join(",")}]`
  const members = value as { readonly [name: string]: ExactJson }
  let text = ""
  for (const name of Object.keys(members)) {
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${stringify(members[name]!)}`
  }
  return `{${text}}`
}
