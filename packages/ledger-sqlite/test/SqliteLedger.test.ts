import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Effect from "effect/Effect"
import { ledgerLaws } from "../../core/test/ledgerLaws.ts"
import { quickFile } from "./files.ts"

ledgerLaws(
  "on SQLite",
  Effect.map(quickFile, (filename) => SqliteLedger.make({ filename })),
  { runs: 40 }
)
