/**
 * Group commit: operations that arrive together are written in one transaction, and answered when it is durable.
 *
 * An operation is synchronous, and looks before it writes: what it refuses leaves nothing behind. Where one throws, the
 * transaction is undone and each of the group is run in one of its own. An operation whose waiter was interrupted has been
 * written and is durable, or never runs.
 */
import { LedgerError } from "@paylayer/core/Ledger"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Metric from "effect/Metric"
import * as Result from "effect/Result"
import type { SqlError } from "effect/sql/SqlError"
import type { DatabaseSync } from "node:sqlite"
import type { SqliteClient } from "../SqliteClient.ts"
import { broken, patiently } from "./patience.ts"

/** An operation, and who waits for it. */
interface Waiting {
  readonly run: () => Result.Result<unknown, unknown>
  readonly answer: (result: Result.Result<unknown, unknown>) => void
  /** Its waiter was interrupted. */
  left: boolean
}

/** So many operations hold up the event loop for some milliseconds. */
const groupAtMost = 256

/** How many transactions were committed, and how many operations with them. */
export const commits = Metric.counter("paylayer_ledger_commits", { incremental: true })
export const operations = Metric.counter("paylayer_ledger_operations", { incremental: true })

/** Runs a group in one transaction. */
const committing = (database: DatabaseSync) => {
  const begin = database.prepare("BEGIN IMMEDIATE")
  const commit = database.prepare("COMMIT")
  const rollback = database.prepare("ROLLBACK")
  return (group: ReadonlyArray<Waiting>) => {
    begin.run()
    try {
      const results = group.map(({ run }) => run())
      commit.run()
      return results
    } finally {
      // Something threw. A full disk may have undone everything already.
      if (database.isTransaction) rollback.run()
    }
  }
}

const closed = Result.fail(new LedgerError({ message: "the ledger is closed" }))

/** Runs operations on a client until the scope closes; those that still wait then fail. */
export const make = Effect.fnUntraced(function* (client: SqliteClient) {
  const commit = yield* client.exclusively(committing)
  const arrival = Latch.makeUnsafe()
  let waiting: Array<Waiting> = []
  let open = true

  const context = yield* Effect.context<never>()

  const attempt = (group: ReadonlyArray<Waiting>) =>
    patiently(
      client.exclusively(() => {
        const staying = group.filter(({ left }) => !left)
        if (staying.length === 0) return
        const results = commit(staying)
        commits.updateUnsafe(1, context)
        operations.updateUnsafe(staying.length, context)
        for (const [index, { answer }] of staying.entries()) answer(results[index]!)
      })
    )

  const write = (group: ReadonlyArray<Waiting>): Effect.Effect<void> =>
    attempt(group).pipe(
      Effect.catch((error: SqlError) => {
        if (group.length > 1 && error.reason._tag !== "LockTimeoutError") {
          return Effect.forEach(group, (one) => write([one]), { discard: true })
        }
        for (const { answer } of group) answer(Result.fail(broken(error)))
        return Effect.void
      })
    )

  const group = Effect.suspend(() => {
    const [now, later] = [waiting.slice(0, groupAtMost), waiting.slice(groupAtMost)]
    waiting = later
    if (later.length === 0) arrival.closeUnsafe()
    return Effect.onExit(write(now), (exit) =>
      Effect.sync(() => {
        if (Exit.isFailure(exit)) for (const { answer } of now) answer(closed)
      })
    )
  })
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      open = false
      for (const { answer } of waiting) answer(closed)
    })
  )
  // What is about to ask is let in before the group is closed.
  yield* Effect.forkScoped(Effect.forever(Effect.andThen(arrival.await, Effect.andThen(Effect.yieldNow, group))))

  /** Runs an operation with the next group. */
  return <A, E>(run: () => Result.Result<A, E>): Effect.Effect<A, E | LedgerError> =>
    Effect.callback<A, E | LedgerError>((resume) => {
      if (!open) return resume(Effect.fromResult(closed))
      const mine: Waiting = {
        run,
        answer: (result) => resume(Effect.fromResult(result as Result.Result<A, E | LedgerError>)),
        left: false
      }
      waiting.push(mine)
      arrival.openUnsafe()
      return Effect.sync(() => {
        mine.left = true
      })
    })
})
