/**
 * Calls that were refused without a charge: counted in memory, written together.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { GatewayStore } from "../GatewayStore.ts"
import type { Refused, RefusedCount } from "../Usage.ts"

/** Counts are kept by quarters of an hour, so that a month of them is few. */
const quarter = 900_000

/** So many kinds are told apart between two writes; the rest is counted as one. */
const kindsAtMost = 10_000

const others: Refused = { tool: "", protocol: "", code: "other" }

interface Counted extends Refused {
  /** Its first moment. */
  readonly quarter: bigint
  count: bigint
}

export const make = ({ read, sql, table, write }: GatewayStore["Service"]) => {
  let counts = new Map<string, Counted>()

  const add = (refused: Refused, at: bigint, count: bigint) => {
    const key = JSON.stringify([String(at), refused.tool, refused.protocol, refused.code])
    const counted = counts.get(key)
    if (counted !== undefined) counted.count += count
    else if (counts.size < kindsAtMost || refused === others) {
      const { code, protocol, tool } = refused
      counts.set(key, { quarter: at, tool, protocol, code, count })
    } else add(others, at, count)
  }

  /** Writes what was counted. What could not be written is counted still. */
  const flush = Effect.suspend(() => {
    const taken = [...counts.values()]
    if (taken.length === 0) return Effect.void
    counts = new Map()
    const writing = Effect.forEach(
      Arr.chunksOf(taken, 100),
      (rows) => sql`INSERT INTO ${table("refusals")} AS r ${sql.insert(Arr.map(rows, (row) => ({ ...row })))}
        ON CONFLICT (quarter, tool, protocol, code) DO UPDATE SET count = r.count + excluded.count`,
      { discard: true }
    )
    return Effect.onError(write(writing), () =>
      Effect.sync(() => {
        for (const { count, quarter, ...refused } of taken) add(refused, quarter, count)
      })
    )
  })

  return {
    count: (refused: Refused) =>
      Effect.map(Clock.currentTimeMillis, (now) => add(refused, BigInt(now - (now % quarter)), 1n)),
    flush,
    refusals: ({ since, until }: { readonly since: number; readonly until: number }) =>
      read(sql<RefusedCount>`
        SELECT tool, protocol, code, cast(sum(count) AS bigint) AS count FROM ${table("refusals")}
        WHERE quarter > ${BigInt(since - quarter)} AND quarter < ${BigInt(until)}
        GROUP BY tool, protocol, code ORDER BY sum(count) DESC, tool, protocol, code`)
  }
}
