/**
 * The databases a crash test runs on: a file of its own in a temporary directory, a server of its own.
 */
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as FileSystem from "effect/FileSystem"
import * as PostgresServer from "../../ledger-postgres/test/server.ts"
import type { Store } from "./HostSettings.ts"

export interface Database {
  readonly name: "sqlite" | "postgres"
  /** For people. */
  readonly title: string
  /** How many hosts share it. */
  readonly hosts: number
  /** An empty one, gone when the scope closes. */
  readonly store: Effect.Effect<Store, never, FileSystem.FileSystem | Scope>
}

const sqlite: Database = {
  name: "sqlite",
  title: "SQLite",
  hosts: 2,
  store: FileSystem.FileSystem.use((files) => files.makeTempDirectoryScoped({ prefix: "paylayer-crash-" })).pipe(
    Effect.orDie,
    Effect.map((directory) => ({ _tag: "sqlite", filename: `${directory}/ledger.sqlite` }))
  )
}

const postgres: Database = {
  name: "postgres",
  title: "PostgreSQL",
  hosts: 3,
  store: Effect.map(PostgresServer.make(), ({ url }) => ({ _tag: "postgres", url }))
}

export const all: ReadonlyArray<Database> = [sqlite, postgres]
