/**
 * Trades that a developer can be paid out of: paid calls, and what is left of the developer's share of each.
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { GatewayStore } from "../../GatewayStore.ts"

export interface Asked {
  readonly developer: string
  readonly currency: Currency
  /** Manifest ids. */
  readonly protocols: ReadonlyArray<string>
  /** Calls that were opened so long ago at most, and at least. */
  readonly withinMillis: number
  readonly restedMillis: number
  /** A trade that was refused so often is left alone. */
  readonly refusals: number
  readonly count: number
}

export interface Share {
  readonly chargeId: string
  /** The developer's share of what was paid, in minor units. */
  readonly owed: bigint
  /** What of it is paid out, or set aside for that. */
  readonly used: bigint
}

/** The shares that are left, oldest first. */
export const shares = ({ sql, read, table }: GatewayStore["Service"], asked: Asked) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    read(
      sql<{ readonly id: string; readonly owed: bigint; readonly used: bigint }>`
        SELECT id, cast(owed AS bigint) AS owed, cast(used AS bigint) AS used FROM (
        SELECT c.seq, c.id,
          (SELECT coalesce(-sum(p.minor), 0) FROM ${table("transactions")} AS t
            JOIN ${table("postings")} AS p ON p.txn = t.seq
            JOIN ${table("accounts")} AS a ON a.id = p.account
            WHERE t.reference = c.id AND a.kind = 'merchant' AND a.owner = c.developer) AS owed,
          (SELECT coalesce(sum(u.minor - u.reversed), 0) FROM ${table("payout_parts")} AS u
            WHERE u.charge = c.id AND u.state <> 'failed') AS used
        FROM ${table("calls")} AS c
        WHERE c.developer = ${asked.developer} AND c.currency = ${asked.currency}
          AND ${sql.in("c.protocol", asked.protocols)} AND c.outcome = 'paid'
          AND c.at >= ${BigInt(now - asked.withinMillis)} AND c.at <= ${BigInt(now - asked.restedMillis)}
          AND (SELECT count(*) FROM ${table("payout_parts")} AS r
            WHERE r.charge = c.id AND r.state = 'failed') < ${BigInt(asked.refusals)}
      ) AS shares WHERE owed > used ORDER BY seq LIMIT ${BigInt(asked.count)}`
    )
  ).pipe(
    Effect.map((rows) =>
      rows.map(({ id, owed, used }): Share => ({ chargeId: id, owed: BigInt(owed), used: BigInt(used) }))
    )
  )
