// A host process: claims units of two hot buckets until both are used up, gives every fourth charge back once, and says what
// it holds. `node host.ts <url> <schema> <limit> <forward|backward>`; it prints one line of JSON.
import * as Ledger from "@paylayer/core/Ledger"
import * as PostgresLedger from "@paylayer/ledger-postgres/PostgresLedger"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { budget, opening } from "./openings.ts"

export interface Report {
  readonly held: number
  readonly givenBack: number
  readonly failures: ReadonlyArray<string>
}

const [url, schema, limit, order] = process.argv.slice(2)
const buckets = [budget("hot a", 1n, BigInt(limit!)), budget("hot b", 1n, BigInt(limit!))]
const wanted = order === "forward" ? buckets : buckets.toReversed()

const report = { held: 0, givenBack: 0, failures: new Array<string>() }

const note = (error: Ledger.LedgerError | Ledger.ReservationRefused) => {
  if (error._tag === "LedgerError") report.failures.push(error.message)
  return error._tag === "ReservationRefused"
}

/** Sells until nothing is left. */
const worker = Effect.gen(function* () {
  const ledger = yield* Ledger.Ledger
  for (let turn = 1; ; turn++) {
    const asked = opening(wanted)
    const opened = yield* Effect.result(ledger.open(asked))
    if (opened._tag === "Failure" && note(opened.failure)) return
    if (opened._tag === "Failure") continue
    const steps: readonly [Ledger.Step, ...ReadonlyArray<Ledger.Step>] =
      turn % 4 === 0 ? [{ to: "released" }] : [{ to: "authorized" }, { to: "delivered" }]
    const advanced = yield* Effect.result(ledger.advance(asked.charge.id, ...steps))
    if (advanced._tag === "Failure") note(advanced.failure)
    else report[turn % 4 === 0 ? "givenBack" : "held"] += 1
  }
})

await Effect.runPromise(
  Effect.all(
    Array.from({ length: 8 }, () => worker),
    { concurrency: "unbounded" }
  ).pipe(Effect.provide(PostgresLedger.layer({ url: Redacted.make(url!), schema: schema!, maxConnections: 8 })))
)
process.stdout.write(JSON.stringify(report satisfies Report))
