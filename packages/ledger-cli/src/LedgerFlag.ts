/**
 * Which ledger: `--ledger sqlite:path/to/ledger.db` or `--ledger postgresql://…`, or `PAYLAYER_LEDGER` with the same, or
 * `PAYLAYER_LEDGER_FILE`, a file with the same.
 *
 * Looking at a ledger makes one more host at it, which owns no charge and is gone when the command ends.
 */
import type { Ledger, LedgerError } from "@paylayer/core/Ledger"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Ending, failed, misused } from "./Ending.ts"
import { secret } from "./Secret.ts"
import { visible } from "./Text.ts"

/** The variable that is read where the flag is not given; with `_FILE` behind its name, the file to read. */
export const variable = "PAYLAYER_LEDGER"

export const ledger = Flag.Redacted("ledger").pipe(
  Flag.withMetavar("sqlite:FILE|postgresql://…"),
  Flag.withDescription(`The ledger; ${variable} unless given, which keeps a password out of the list of processes`),
  Flag.optional
)

const hint = `say --ledger sqlite:path/to/ledger.db or --ledger postgresql://user@host/database, or set ${variable}`

/** The address of the flag, or of the environment. */
export const named = (flag: Option.Option<Redacted.Redacted>) =>
  Option.isSome(flag) ? Effect.succeed(flag) : secret(variable)

const sqlite = Effect.fnUntraced(function* (filename: string) {
  const files = yield* FileSystem.FileSystem
  if (filename === "") return yield* misused(`the path of the file is missing; ${hint}`)
  // Opening would make a new ledger, and nothing would be found in it.
  if (!(yield* Effect.orElseSucceed(files.exists(filename), () => false))) {
    return yield* misused(`there is no file ${visible(filename)}; ${hint}`)
  }
  const { layer } = yield* Effect.promise(() => import("@paylayer/ledger-sqlite/SqliteLedger"))
  return layer({ filename })
})

const postgres = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  if (!URL.canParse(Redacted.value(url))) return yield* misused(`the address of the ledger is none; ${hint}`)
  const { layer } = yield* Effect.promise(() => import("@paylayer/ledger-postgres/PostgresLedger"))
  return layer({ url, maxConnections: 2 })
})

type Chosen = Layer.Layer<Ledger, { readonly message: string }>

const choose = Effect.fnUntraced(function* (
  flag: Option.Option<Redacted.Redacted>
): Effect.fn.Return<Chosen, Ending, FileSystem.FileSystem> {
  const given = Option.getOrUndefined(yield* named(flag))
  if (given === undefined) return yield* misused(`which ledger? ${hint}`)
  const text = Redacted.value(given)
  if (text.startsWith("sqlite:")) return yield* sqlite(text.slice("sqlite:".length))
  if (/^postgres(?:ql)?:\/\//.test(text)) return yield* postgres(given)
  return yield* misused(`a ledger begins with sqlite: or postgresql://; ${hint}`)
})

/** Runs a command at the ledger that was asked for. Nothing of an address is ever repeated. */
export const at =
  (flag: Option.Option<Redacted.Redacted>) =>
  <R>(command: Effect.Effect<void, Ending | LedgerError, R>) =>
    Effect.flatMap(choose(flag), (layer) => Effect.provide(command, layer)).pipe(
      Effect.mapError((error) => (error instanceof Ending ? error : failed(visible(error.message))))
    )
