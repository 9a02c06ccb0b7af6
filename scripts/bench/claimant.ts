// One of the hosts of `bench-ledger.ts`: claims of one hot budget, 32 at a time, until it is used up. Says as JSON how many it got.
import * as Ledger from "@paylayer/core/Ledger"
import * as PostgresLedger from "@paylayer/ledger-postgres/PostgresLedger"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { claim } from "./claim.ts"

const [url = "", size = "0"] = process.argv.slice(2)

const claiming = Effect.gen(function* () {
  const ledger = yield* Ledger.Ledger
  const start = performance.now()
  const counts = yield* Effect.forEach(
    Array.from({ length: 32 }),
    () =>
      Effect.gen(function* () {
        let got = 0
        while (true) {
          const claimed = yield* claim(ledger, "hot", BigInt(size)).pipe(
            Effect.as(true),
            Effect.catchTag("ReservationRefused", () => Effect.succeed(false))
          )
          if (!claimed) return got
          got += 1
        }
      }),
    { concurrency: "unbounded" }
  )
  const claimed = counts.reduce((sum, count) => sum + count, 0)
  return { claimed, seconds: (performance.now() - start) / 1000 }
})

const ledger = PostgresLedger.layer({ url: Redacted.make(url) })
const result = await Effect.runPromise(Effect.provide(claiming, ledger))
process.stdout.write(`${JSON.stringify(result)}\n`)
