/**
 * What was left behind: from when on nobody can be at it, when it is time to ask again, and all of it, a page at a time.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Ledger from "../Ledger.ts"

/** No call takes so long, in milliseconds: whoever was at it is gone. */
export const forsaken = (timeout: Duration.Duration): number => Duration.toMillis(timeout) * 10 + 30_000

/** How long after the first missing answer it is asked again, and the longest pause after many. */
const first = 5_000
const longest = 3_600_000

/** Whether it is time to ask again: later and later, and after so many attempts not any more. */
export const isDue = Effect.fnUntraced(function* (unanswered: number, lastMillis: number, attempts: number) {
  const pause = Math.min(first * 2 ** (unanswered - 1), longest) * (0.8 + 0.4 * (yield* Random.next))
  return unanswered < attempts && (yield* Clock.currentTimeMillis) - lastMillis >= pause
})

const page = 100

/** Every charge that matches, a page at a time, several at once. */
export const each = (
  ledger: Ledger.Ledger["Service"],
  query: Ledger.Query,
  run: (entry: Ledger.Entry) => Effect.Effect<unknown, Ledger.LedgerError>
): Effect.Effect<void, Ledger.LedgerError> =>
  Effect.gen(function* () {
    let after: string | undefined
    do {
      const entries = yield* ledger.list({ ...query, limit: page, ...(after === undefined ? {} : { after }) })
      yield* Effect.forEach(entries, run, { concurrency: 8, discard: true })
      after = entries.length === page ? entries.at(-1)?.charge.id : undefined
    } while (after !== undefined)
  })
