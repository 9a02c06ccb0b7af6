/** The ledger: whether it opens, answers, and agrees with itself. */
import * as Ledger from "@paylayer/core/Ledger"
import type { Ending } from "@paylayer/ledger-cli/Ending"
import * as LedgerFlag from "@paylayer/ledger-cli/LedgerFlag"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
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

/** Looks at the ledger of the flag, or of the environment. */
export const checkLedger = (
  flag: Option.Option<Redacted.Redacted>,
  isNamed: boolean
): Effect.Effect<Finding, never, FileSystem.FileSystem> => {
  if (Option.isNone(flag) && !isNamed) {
    return Effect.succeed(skipped(check, "none was named", `Say --ledger, or set ${LedgerFlag.variable}`))
  }
  let found = failed(check, "it did not answer", advice)
  return Effect.tap(looked, (finding) => Effect.sync(() => (found = finding))).pipe(
    Effect.asVoid,
    LedgerFlag.at(flag),
    Effect.timeout("15 seconds"),
    Effect.match({
      onSuccess: () => found,
      onFailure: (error) =>
        error._tag === "Ending" ? failed(check, (error as Ending).sentence ?? "it cannot be opened", advice) : found
    })
  )
}
