/**
 * The database of a gateway: `sqlite:FILE` or `postgresql://…`, with the ledger and the gateway's own tables in it. A file that
 * is not there is made.
 */
import type { Ledger, LedgerError } from "@paylayer/core/Ledger"
import * as LedgerFlag from "@paylayer/ledger-cli/LedgerFlag"
import type { SqliteLedgerError } from "@paylayer/ledger-sqlite/SqliteLedgerError"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { Misused } from "./Ending.ts"
import { secret } from "./internal/secret.ts"

export const flag = Flag.Redacted("ledger").pipe(
  Flag.withMetavar("sqlite:FILE|postgresql://…"),
  Flag.withDescription(
    `The database of ledger and books; ${LedgerFlag.variable} unless given, which keeps a password out of the list of processes`
  ),
  Flag.optional
)

type Failure = LedgerError | SqliteLedgerError | SqlError

const sqlite = Effect.fnUntraced(function* (filename: string) {
  const [{ layer: client }, ledger] = yield* Effect.promise(() =>
    Promise.all([import("@paylayer/ledger-sqlite/SqliteClient"), import("@paylayer/ledger-sqlite/SqliteLedger")])
  )
  // The gateway's own writes wait in turns of the event loop, not in it.
  return Layer.merge(ledger.layer({ filename }), client({ filename, busyTimeout: "5 millis" }))
})

const postgres = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const { layerClient, layerHost } = yield* Effect.promise(() => import("@paylayer/ledger-postgres/PostgresLedger"))
  return Layer.provideMerge(layerHost(), layerClient({ url }))
})

const hint = "say --ledger sqlite:paylayer.sqlite or --ledger postgresql://user@host/database"

/** The database of the flag, or of the environment, or of the file that it names. */
export const choose = Effect.fnUntraced(function* (
  given: Option.Option<Redacted.Redacted>
): Effect.fn.Return<Layer.Layer<Ledger | SqlClient, Failure>, Misused, FileSystem.FileSystem> {
  const address = Option.getOrUndefined(Option.isSome(given) ? given : yield* secret(LedgerFlag.variable))
  if (address === undefined) return yield* new Misused({ sentence: `where is the ledger? ${hint}` })
  const text = Redacted.value(address)
  if (/^sqlite:./.test(text)) return yield* sqlite(text.slice("sqlite:".length))
  if (/^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text)) return yield* postgres(address)
  return yield* new Misused({ sentence: `that is no address of a ledger; ${hint}` })
})
