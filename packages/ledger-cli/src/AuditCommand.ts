/** `audit`: whether the ledger agrees with itself. */
import * as Ledger from "@paylayer/core/Ledger"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { found } from "./Ending.ts"
import * as Entries from "./Entries.ts"
import * as LedgerFlag from "./LedgerFlag.ts"
import { count, paint, visible } from "./Text.ts"

export const audit = Command.make(
  "audit",
  { ledger: LedgerFlag.ledger, json: Entries.json('One JSON object: { "wrong": [sentences] }') },
  Effect.fnUntraced(function* ({ json, ledger }) {
    yield* Effect.gen(function* () {
      const wrong = yield* (yield* Ledger.Ledger).audit
      const { green, red } = yield* paint
      if (json) yield* Console.log(JSON.stringify({ wrong }))
      else if (wrong.length === 0)
        yield* Console.log(green("every state is what its journal says, every bucket what its charges took"))
      else {
        for (const sentence of wrong) yield* Console.log(visible(sentence))
        yield* Console.error(red(count(wrong.length, "contradiction")))
      }
      if (wrong.length > 0) return yield* found
    }).pipe(LedgerFlag.at(ledger))
  })
).pipe(
  Command.withDescription(
    "Check states against journals and buckets against charges; 1 where something does not add up"
  )
)
