/** The ledger: whether it opens, answers, and agrees with itself. */
import * as Ledger from "@paylayer/core/Ledger"
import type { Ending } from "@paylayer/ledger-cli/Ending"
import * as LedgerFlag from "@paylayer/ledger-cli/LedgerFlag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Redacted from "effect/Redacted"
import { type Finding, failed, ok, skipped, warning } from "../Finding.ts"

const check = "ledger"

/** Read through, it takes long where there is much; this is enough to know whether it works. */
const newest = 1_000

const looked = Effect.gen(function* () {
  const ledger = yield* Ledger.Ledger
  const left = yield* ledger.list({ abandoned: true, limit: newest })
  const unknown = yield* ledger.list({ states: ["unknown"], limit: newest })
  if (left.length + unknown.length === 0) return ok(check, "opens and answers; nothing is left behind or unknown")
  return warning(
    check,
    `opens and answers; ${left.length} left behind by hosts that are gone, ${unknown.length} of unknown outcome`,
    "A running host ends them (Recovery); paylayer ledger unresolved lists them"
  )
})

const advice = "Say --ledger sqlite:FILE or postgresql://…; the host must be able to read and write it"

/** Whether it is an SQLite file that is not there, in a directory that is: `serve` makes it. */
const isToBeMade = Effect.fnUntraced(
  function* (address: string) {
    const [, file] = /^sqlite:(.+)$/.exec(address) ?? []
    if (file === undefined) return false
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const isThere = yield* files.exists(file)
    return !isThere && (yield* files.stat(path.dirname(path.resolve(file)))).type === "Directory"
  },
  Effect.orElseSucceed(() => false)
)

const cannot = ({ sentence = "it cannot be opened" }: Ending) => failed(check, sentence, advice)

/** Looks at the ledger of the flag, or of the environment. */
export const checkLedger = (
  flag: Option.Option<Redacted.Redacted>
): Effect.Effect<Finding, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const named = yield* LedgerFlag.named(flag)
    if (Option.isNone(named)) return skipped(check, "none was named", `Say --ledger, or set ${LedgerFlag.variable}`)
    if (yield* isToBeMade(Redacted.value(named.value))) {
      return warning(
        check,
        "there is no such file yet",
        "Right before the first start: paylayer serve makes it. Otherwise look at the path"
      )
    }
    let found = failed(check, "it did not answer", advice)
    return yield* Effect.tap(looked, (finding) => Effect.sync(() => (found = finding))).pipe(
      Effect.asVoid,
      LedgerFlag.at(named),
      Effect.timeout("15 seconds"),
      Effect.match({
        onSuccess: () => found,
        onFailure: (error) => (error._tag === "Ending" ? cannot(error as Ending) : found)
      })
    )
  }).pipe(Effect.catchTag("Ending", (error) => Effect.succeed(cannot(error))))
