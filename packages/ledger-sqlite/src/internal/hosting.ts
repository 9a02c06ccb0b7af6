/**
 * Hosts: a row per ledger that is alive, with the end of its lease.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { SqliteClient } from "../SqliteClient.ts"
import { patiently } from "./patience.ts"

/** A host that renews its lease, every third of it, until the scope closes. Forgets the hosts whose lease has run out. */
export const host = Effect.fnUntraced(function* (client: SqliteClient, lease: Duration.Duration) {
  const owner = yield* Effect.sync(() => `host_${SecureRandom.uuidV4Unsafe()}`)
  const renew = Effect.flatMap(Ledger.moment, ({ atMillis }) =>
    patiently(client`INSERT INTO paylayer_hosts (id, lease_until) VALUES (${owner}, ${atMillis + Duration.toMillis(lease)})
      ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until`)
  )
  const leave = patiently(client`DELETE FROM paylayer_hosts WHERE id = ${owner}`)
  yield* Effect.flatMap(Ledger.moment, ({ atMillis }) =>
    patiently(client`DELETE FROM paylayer_hosts WHERE lease_until <= ${atMillis}`)
  )
  yield* Effect.acquireRelease(renew, () =>
    leave.pipe(Effect.catch((error) => Effect.logWarning("the ledger's lease is not given up, and runs out", error)))
  )
  yield* renew.pipe(
    Effect.catch((error) => Effect.logError("the ledger's lease is not renewed", error)),
    Effect.schedule(Schedule.spaced(Duration.times(lease, 1 / 3))),
    Effect.forkScoped
  )
  return owner
})
