/** This host at the store: its id, and the lease that says it is alive. */
import { LedgerError } from "@paylayer/core/Ledger"
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as SqlClient from "effect/sql/SqlClient"
import { failed } from "./failing.ts"

/**
 * Takes a lease for a new host, renews it every third of its length, and gives it up when the scope closes. Renewal that
 * fails is logged and tried again: a host without a lease may lose its charges to another, and does no harm.
 */
export const lease = Effect.fnUntraced(function* (schema: string, length: Duration.Duration) {
  const sql = yield* SqlClient.SqlClient
  const owner = `host_${SecureRandom.uuidV4Unsafe()}`
  const renew = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    sql.unsafe(
      `insert into ${schema}.paylayer_hosts (id, lease_until) values ($1, $2)
       on conflict (id) do update set lease_until = excluded.lease_until`,
      [owner, BigInt(now + Duration.toMillis(length))]
    )
  ).pipe(Effect.asVoid, Effect.mapError(failed("renew this host's lease")))
  const giveUp = sql.unsafe(`delete from ${schema}.paylayer_hosts where id = $1`, [owner]).pipe(
    Effect.asVoid,
    Effect.mapError(failed("give up this host's lease")),
    Effect.timeoutOrElse({
      duration: "5 seconds",
      orElse: () =>
        Effect.fail(new LedgerError({ message: "PostgreSQL did not take back this host's lease in 5 seconds" }))
    }),
    Effect.ignoreCause({ log: "Warn" })
  )
  yield* Effect.acquireRelease(renew, () => giveUp)
  yield* renew.pipe(
    Effect.ignoreCause({ log: "Warn" }),
    Effect.schedule(Schedule.spaced(Duration.divideUnsafe(length, 3))),
    Effect.forkScoped
  )
  return owner
})
