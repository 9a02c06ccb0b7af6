/** `unresolved`: what nobody is working on, and what nobody knows. */
import * as Ledger from "@paylayer/core/Ledger"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { found } from "./Ending.ts"
import * as Entries from "./Entries.ts"
import * as LedgerFlag from "./LedgerFlag.ts"
import { count, paint } from "./Text.ts"

export const unresolved = Command.make(
  "unresolved",
  { ledger: LedgerFlag.ledger, json: Entries.json("One JSON object a line"), full: Entries.full },
  Effect.fnUntraced(function* ({ full, json, ledger }) {
    yield* Effect.gen(function* () {
      const service = yield* Ledger.Ledger
      const abandoned = yield* service.list({ abandoned: true })
      const unknown = yield* service.list({ states: ["unknown"] })
      const refunding = yield* service.list({ refunding: true })
      const all = [...abandoned, ...unknown, ...refunding].toSorted(
        (a, b) => a.charge.openedAt.epochMilliseconds - b.charge.openedAt.epochMilliseconds
      )
      if (json) for (const entry of all) yield* Console.log(JSON.stringify(Entries.toJson(entry, full)))
      else if (all.length === 0) yield* Console.log("nothing is unresolved")
      else {
        for (const line of Entries.lines(all, yield* paint)) yield* Console.log(line)
        yield* Console.error(
          `${count(abandoned.length, "charge")} whose host is gone, ${unknown.length} whose outcome is unknown, ${refunding.length} with a refund that has no end; a host with recovery takes them up`
        )
      }
      if (all.length > 0) return yield* found
    }).pipe(LedgerFlag.at(ledger))
  })
).pipe(
  Command.withDescription(
    "List open charges whose host is gone, charges whose outcome is unknown, and refunds without an end; 1 where there are any"
  )
)
