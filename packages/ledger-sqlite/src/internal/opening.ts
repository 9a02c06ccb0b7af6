/**
 * Opening the file of a ledger. What is not one, is damaged, or is newer than this version is left as it is.
 */
import * as Effect from "effect/Effect"
import type { MigrationError } from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { existsSync, statSync } from "node:fs"
import { dirname } from "node:path"
import * as SqliteClient from "../SqliteClient.ts"
import { type Reason, SqliteLedgerError } from "../SqliteLedgerError.ts"
import * as Migrations from "./migrations.ts"
import { patiently } from "./patience.ts"

/** A statement may hold up the event loop for so long. Then the wait goes on without doing so. */
const busyTimeout = "5 millis"

/** Files up to this size are checked whole at start, in about 0.1 s. */
const checkedBytes = 64 * 1_024 * 1_024

const refuse = (filename: string, reason: Reason, why: string) =>
  new SqliteLedgerError({ filename, reason, message: `the ledger at ${filename} ${why}` })

/** SQLite's primary result codes, in words. */
const codes: { readonly [code: number]: readonly [Reason, string] } = {
  5: ["busy", "is being written by another process"],
  8: ["read-only", "may not be written by this process"],
  11: ["damaged", "is damaged; restore it from a backup"],
  13: ["full", "has no space left to grow"],
  14: ["failed", "cannot be opened; may this process read and write the file and its directory?"],
  26: ["not-a-database", "is not an SQLite database"]
}

/** Why a file cannot be used, whatever found out. */
export const explain =
  (filename: string) =>
  (error: SqliteLedgerError | SqlError | MigrationError): SqliteLedgerError => {
    if (error._tag === "SqliteLedgerError") return error
    const failure = error._tag === "SqlError" ? error : error.cause
    const cause = isSqlError(failure) ? failure.reason.cause : undefined
    const code = cause instanceof Error && "errcode" in cause ? Number(cause.errcode) & 0xff : 0
    return refuse(filename, ...(codes[code] ?? (["failed", `cannot be used: ${error.message}`] as const)))
  }

/** Whether there is something at the path already. */
const found = (filename: string): Effect.Effect<boolean, SqliteLedgerError> =>
  Effect.suspend(() => {
    if (filename === "" || filename === ":memory:") {
      return Effect.fail(refuse(filename, "not-a-file", "must be a file; LedgerMemory is the ledger in memory"))
    }
    if (!existsSync(dirname(filename))) {
      return Effect.fail(refuse(filename, "no-directory", "is in a directory that does not exist"))
    }
    const stats = statSync(filename, { throwIfNoEntry: false })
    if (stats !== undefined && !stats.isFile()) return Effect.fail(refuse(filename, "not-a-file", "is not a file"))
    return Effect.succeed(stats !== undefined && stats.size > 0)
  })

const refuseNewer = (filename: string) =>
  Effect.flatMap(Migrations.version, (version) =>
    version > Migrations.latest
      ? Effect.fail(
          refuse(
            filename,
            "newer",
            `is of version ${version}, this package knows ${Migrations.latest}; update the package`
          )
        )
      : Effect.void
  )

/** Looks at a file without writing to it. */
const examine = Effect.fnUntraced(function* (filename: string) {
  const sql = yield* SqliteClient.make({ filename, readonly: true })
  yield* Effect.provideService(refuseNewer(filename), SqlClient.SqlClient, sql)
  if (statSync(filename).size > checkedBytes) return
  const [verdict] = yield* sql<{ readonly quick_check: string }>`PRAGMA quick_check(1)`
  if (verdict?.quick_check !== "ok") {
    return yield* refuse(filename, "damaged", `is damaged; restore it from a backup (${verdict?.quick_check})`)
  }
}, Effect.scoped)

/** The client of a ledger's file, brought up to date. */
export const open = Effect.fnUntraced(function* (filename: string) {
  if (yield* found(filename)) yield* patiently(examine(filename))
  const client = yield* patiently(SqliteClient.make({ filename, busyTimeout }))
  yield* Effect.andThen(patiently(Migrations.migrate), refuseNewer(filename)).pipe(
    Effect.provideService(SqlClient.SqlClient, client)
  )
  return client
})
