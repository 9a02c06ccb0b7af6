/**
 * One at a time over all machines: a lease in the store, with a token that fences off whoever held it before.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { GatewayStore } from "../../GatewayStore.ts"
import type { GatewayStoreError } from "../../GatewayStoreError.ts"

/** The lease has run out, and somebody else holds it. Nothing was written. */
export class LeaseLost extends Schema.TaggedError<LeaseLost>()("LeaseLost", {}) {}

export interface Lease {
  /** Inside a transaction: it is written only while the lease is held, and holds it for another while. */
  readonly fenced: Effect.Effect<void, LeaseLost | GatewayStoreError>
  readonly release: Effect.Effect<void, GatewayStoreError>
}

/** Takes the lease of a name, or nothing where somebody holds it. */
export const take = Effect.fnUntraced(function* (
  { read, sql, table, write }: GatewayStore["Service"],
  name: string,
  length: Duration.Duration
): Effect.fn.Return<Lease | undefined, GatewayStoreError> {
  const end = Effect.map(Clock.currentTimeMillis, (now) => ({
    now: BigInt(now),
    until: BigInt(now + Duration.toMillis(length))
  }))
  const { now, until } = yield* end
  const [taken] = yield* write(
    sql<{
      readonly token: bigint
    }>`INSERT INTO ${table("leases")} AS l (name, token, until) VALUES (${name}, 1, ${until})
      ON CONFLICT (name) DO UPDATE SET token = l.token + 1, until = excluded.until WHERE l.until <= ${now}
      RETURNING token`
  )
  if (taken === undefined) return undefined
  const token = BigInt(taken.token)
  return {
    fenced: Effect.flatMap(end, ({ until: next }) =>
      read(sql`UPDATE ${table("leases")} SET until = ${next} WHERE name = ${name} AND token = ${token} RETURNING name`)
    ).pipe(Effect.flatMap((held) => (held.length === 0 ? Effect.fail(new LeaseLost()) : Effect.void))),
    release: Effect.asVoid(
      write(sql`UPDATE ${table("leases")} SET until = 0 WHERE name = ${name} AND token = ${token}`)
    )
  }
})
