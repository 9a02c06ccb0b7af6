// A host in a process of its own: opens charges that share a budget, and prints how many of them the budget had room for.
import { Ledger } from "@paylayer/core/Ledger"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Effect from "effect/Effect"
import { ids, opening, taking } from "./files.ts"

const [filename = "", name = "", count = "", limit = ""] = process.argv.slice(2)

const claimed = Effect.gen(function* () {
  const ledger = yield* Ledger
  const opened = yield* Effect.forEach(
    ids(Number(count), name),
    (id) => Effect.result(ledger.open(opening(id, { reservations: [taking("budget", 1n, BigInt(limit))] }))),
    { concurrency: 8 }
  )
  return opened.filter(({ _tag }) => _tag === "Success").length
})

console.log(await Effect.runPromise(Effect.provide(claimed, SqliteLedger.layer({ filename }))))
