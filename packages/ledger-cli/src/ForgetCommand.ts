/** `forget`: drops what is over and old. */
import * as Ledger from "@paylayer/core/Ledger"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Prompt from "effect/cli/Prompt"
import { TerminalCapabilities } from "effect/cli/TerminalCapabilities"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { misused } from "./Ending.ts"
import * as LedgerFlag from "./LedgerFlag.ts"
import * as Moment from "./Moment.ts"
import { count } from "./Text.ts"

export const forget = Command.make(
  "forget",
  {
    ledger: LedgerFlag.ledger,
    before: Flag.String("before").pipe(Flag.withDescription("What last changed before this: 2026-01-01")),
    yes: Flag.Boolean("yes").pipe(Flag.withDescription("Do not ask"), Flag.withDefault(false))
  },
  Effect.fnUntraced(function* ({ before, ledger, yes }) {
    const beforeMillis = yield* Moment.read("--before", before)
    if (beforeMillis > (yield* Clock.currentTimeMillis)) {
      return yield* misused("--before lies in the future; that would forget what is still needed to answer repetitions")
    }
    const { canPrompt } = yield* TerminalCapabilities
    if (!yes && !canPrompt) return yield* misused("forgetting is for good; say --yes where nobody can be asked")
    const question = `Forget declined and released charges, and the authorizations and answers of the others, from before ${Moment.iso(beforeMillis)}?`
    const agreed = yes || (yield* Prompt.run(Prompt.Confirm({ message: question, initial: false })))
    if (!agreed) return yield* Console.log("nothing was forgotten")
    yield* Effect.gen(function* () {
      const touched = yield* (yield* Ledger.Ledger).forget(beforeMillis)
      yield* Console.log(
        `${count(touched, "charge")} touched; receipts and journals of what was settled stay, and everything open or unknown`
      )
    }).pipe(LedgerFlag.at(ledger))
  })
).pipe(Command.withDescription("Drop what is over and old, for good; nothing that is open or unknown"))
