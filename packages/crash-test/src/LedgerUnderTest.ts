/**
 * The ledger that is put to the test, over the store that was chosen.
 */
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import type { Store } from "./HostSettings.ts"

/** One more host at the store. */
export const layer = (store: Store, _lease: { readonly millis: number }) => {
  switch (store._tag) {
    case "sqlite":
    case "postgres":
    case "memory":
      return LedgerMemory.layerSilent
  }
}
