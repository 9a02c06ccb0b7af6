/**
 * The ledger that is put to the test, over the store that was chosen. Only that one is loaded: hosts start often here.
 */
import type * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import type { SqliteLedgerError } from "@paylayer/ledger-sqlite/SqliteLedgerError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { Store } from "./HostSettings.ts"

/** One more host at the store. */
export const layer = (
  store: Store,
  leaseMillis: number
): Layer.Layer<Ledger.Ledger, Ledger.LedgerError | SqliteLedgerError> => {
  switch (store._tag) {
    case "sqlite":
      return Layer.unwrap(
        Effect.map(
          Effect.promise(() => import("@paylayer/ledger-sqlite/SqliteLedger")),
          (SqliteLedger) => SqliteLedger.layer({ filename: store.filename, lease: leaseMillis })
        )
      )
    case "postgres":
      return Layer.unwrap(
        Effect.map(
          Effect.promise(() => import("@paylayer/ledger-postgres/PostgresLedger")),
          (PostgresLedger) => PostgresLedger.layer({ url: Redacted.make(store.url), lease: leaseMillis })
        )
      )
    case "memory":
      return LedgerMemory.layerSilent
  }
}
