// Stores for tests: a file of one's own, or a schema of one's own on a server.
import * as SqliteClient from "@paylayer/ledger-sqlite/SqliteClient"
import * as GatewayStore from "@paylayer/gateway/GatewayStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A path in a directory of its own, gone with the scope; where thousands of commits do not wait for a disk, if there is such a place. */
export const file = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "paylayer-gateway-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
  ),
  (directory) => join(directory, "gateway.db")
)

export const sqlite = (filename: string) => SqliteClient.layer({ filename, busyTimeout: "5 millis" })

/** Tables of their own in a file of their own. */
export const freshSqlite = Effect.succeed(
  Layer.unwrap(Effect.map(file, (filename) => Layer.provideMerge(GatewayStore.layer(), sqlite(filename))))
)
