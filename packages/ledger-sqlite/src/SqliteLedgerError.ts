/**
 * Why the file of a ledger cannot be used. Nothing was changed in it.
 */
import * as Schema from "effect/Schema"

/**
 * | reason | the file |
 * |---|---|
 * | `not-a-file` | is a directory, or no file at all, such as `:memory:` |
 * | `no-directory` | is in a directory that does not exist |
 * | `not-a-database` | is something else |
 * | `damaged` | is a database that SQLite cannot trust |
 * | `newer` | was written by a newer version of this package |
 * | `read-only` | may not be written by this process |
 * | `busy` | is being written by another process, for longer than 10 seconds |
 * | `full` | has no space to grow |
 * | `failed` | failed otherwise, as the message says |
 */
export const Reason = Schema.Literals([
  "not-a-file",
  "no-directory",
  "not-a-database",
  "damaged",
  "newer",
  "read-only",
  "busy",
  "full",
  "failed"
])
export type Reason = typeof Reason.Type

export class SqliteLedgerError extends Schema.TaggedError<SqliteLedgerError>()("SqliteLedgerError", {
  filename: Schema.String,
  reason: Reason,
  /** For people: the path, and what is wrong with it. */
  message: Schema.String
}) {}
