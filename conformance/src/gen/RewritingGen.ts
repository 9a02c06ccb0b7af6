/**
 * Other ways to write the same JSON: another order of members, white space, escapes. Numbers keep their text.
 */
import { type ExactJson, JsonNumber } from "@paylayer/core/StrictJson"
import * as Gen from "../Gen.ts"

export interface Rewriting {
  readonly order: "as it is" | "backwards" | "by name" | "first one last"
  /** Between all tokens. */
  readonly space: "" | " " | "\n" | "\t" | "\r\n  "
  /** Every letter of names and texts as an escape: `\u0061`. */
  readonly escapes: boolean
}

/** At least one of the three. */
export const rewriting: Gen.Gen<Rewriting> = Gen.record({
  order: Gen.constantFrom<Rewriting["order"]>("as it is", "backwards", "by name", "first one last"),
  space: Gen.constantFrom<Rewriting["space"]>("", " ", "\n", "\t", "\r\n  "),
  escapes: Gen.boolean()
}).filter(({ order, space, escapes }) => order !== "as it is" || space !== "" || escapes)

const ordered = <A>(members: ReadonlyArray<readonly [string, A]>, order: Rewriting["order"]) => {
  switch (order) {
    case "as it is":
      return members
    case "backwards":
      return members.toReversed()
    case "by name":
      return members.toSorted(([one], [other]) => (one < other ? -1 : 1))
    case "first one last":
      return [...members.slice(1), ...members.slice(0, 1)]
  }
}

const quoted = (text: string, escapes: boolean): string =>
  escapes
    ? `"${text.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`
    : JSON.stringify(text)

/** The JSON, written like that. */
export const rewrite = (json: ExactJson, rewriting: Rewriting): string => {
  const { order, space, escapes } = rewriting
  if (typeof json === "string") return quoted(json, escapes)
  if (json instanceof JsonNumber) return json.source
  if (json === null || typeof json !== "object") return String(json)
  const inner: ReadonlyArray<string> = Array.isArray(json)
    ? (json as ReadonlyArray<ExactJson>).map((value) => rewrite(value, rewriting))
    : ordered(Object.entries(json), order).map(
        ([name, value]) => `${quoted(name, escapes)}${space}:${space}${rewrite(value, rewriting)}`
      )
  const [open, close] = Array.isArray(json) ? ["[", "]"] : ["{", "}"]
  return `${open}${space}${inner.join(`${space},${space}`)}${space}${close}`
}
