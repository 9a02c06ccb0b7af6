import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as GatewayStore from "@paylayer/gateway/GatewayStore"
import { bookkeeperLaws } from "./bookkeeperLaws.ts"
import { file, freshSqlite, sqlite } from "./stores.ts"

bookkeeperLaws(
  "SQLite, of a ledger in memory",
  Effect.map(freshSqlite, (store) => Layer.fresh(Layer.merge(store, LedgerMemory.layerSilent))),
  { runs: 40, waits: [90_000, 3_600_000, 20 * 86_400_000] }
)

bookkeeperLaws(
  "SQLite, in the file of the ledger",
  Effect.succeed(
    Layer.unwrap(
      Effect.map(file, (filename) =>
        Layer.provideMerge(GatewayStore.layer(), sqlite(filename)).pipe(
          Layer.provideMerge(SqliteLedger.layer({ filename }))
        )
      )
    )
  ),
  { runs: 8, waits: [90_000] }
)
