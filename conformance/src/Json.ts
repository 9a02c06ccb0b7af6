/**
 * Changing JSON by pointer, with every number kept as its text: how the readable part of a credential is deformed.
 */
import { type ExactJson, JsonNumber } from "@paylayer/core/StrictJson"

type JsonObject = { readonly [name: string]: ExactJson }

const isObject = (json: ExactJson | undefined): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json) && !(json instanceof JsonNumber)

const split = (pointer: string): ReadonlyArray<string> =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))

/** Changes the value at the pointer; `undefined` from `change` takes it away. Nothing where there is no such value. */
const changing = (
  json: ExactJson,
  [first, ...rest]: ReadonlyArray<string>,
  change: (value: ExactJson) => ExactJson | undefined
): ExactJson | undefined => {
  if (first === undefined || !isObject(json)) return undefined
  const value = json[first]
  if (value === undefined) return undefined
  const changed = rest.length === 0 ? change(value) : changing(value, rest, change)
  if (changed === undefined && rest.length > 0) return undefined
  return Object.fromEntries(
    Object.entries(json).flatMap(([name, old]): ReadonlyArray<[string, ExactJson]> =>
      name !== first ? [[name, old]] : changed === undefined ? [] : [[name, changed]]
    )
  )
}

/** The value at a pointer. */
export const at = (json: ExactJson, pointer: string): ExactJson | undefined =>
  split(pointer).reduce<ExactJson | undefined>((value, name) => (isObject(value) ? value[name] : undefined), json)

/** The JSON without the value at a pointer, or nothing where there is none. */
export const without = (json: ExactJson, pointer: string): ExactJson | undefined =>
  changing(json, split(pointer), () => undefined)

/** The JSON with another value at a pointer, or nothing where there is none. */
export const replaced = (json: ExactJson, pointer: string, value: ExactJson): ExactJson | undefined =>
  changing(json, split(pointer), () => value)
