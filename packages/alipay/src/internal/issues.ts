/** Schema issues as a flat list that people can read: a JSON Pointer and a sentence each, without the rejected values. */
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

/** One thing that is wrong, and where. The root is `""`. */
export const Issue = Schema.Struct({ path: Schema.String, message: Schema.String })
export type Issue = typeof Issue.Type

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const pointer = (path: ReadonlyArray<unknown> | undefined): string =>
  (path ?? [])
    .map((part) => (typeof part === "object" && part !== null && "key" in part ? part.key : part))
    .map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("")
    .slice(0, 200)

export const list = (issue: SchemaIssue.Issue): ReadonlyArray<Issue> =>
  format(issue).issues.map(({ path, message }) => ({ path: pointer(path), message }))

/** All of them in one line. */
export const sentence = (issues: ReadonlyArray<Issue>): string =>
  issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ")
