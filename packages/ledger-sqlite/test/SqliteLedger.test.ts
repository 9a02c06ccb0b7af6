import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ledgerLaws } from "../../core/test/ledgerLaws.ts"

/** A file in a directory of its own, gone with the scope. */
const file = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "paylayer-ledger-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
  ),
  (directory) => join(directory, "ledger.db")
)

ledgerLaws(
  "on SQLite",
  Effect.map(file, (filename) => SqliteLedger.make({ filename })),
  { runs: 40 }
)
