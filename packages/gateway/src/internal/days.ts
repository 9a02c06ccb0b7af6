/**
 * What days come to: a change of a call takes away what it was counted as, and adds what it is.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { GatewayStore } from "../GatewayStore.ts"
import type { Row } from "./calls.ts"

type Counted = Pick<
  Row,
  "day" | "tool" | "protocol" | "currency" | "developer" | "outcome" | "agent" | "units" | "minor" | "returned"
>

interface Day {
  readonly names: Readonly<Record<string, string>>
  calls: bigint
  units: bigint
  minor: bigint
  returned: bigint
}

/** What is added to days, told apart by all that they are told apart by, the agent included. */
export class Days {
  readonly #days = new Map<string, Day>()

  /** Counts a call; with -1, takes it away. */
  count(call: Counted, times: 1n | -1n): void {
    const { agent, currency, day, developer, minor, outcome, protocol, returned, tool, units } = call
    const names = { day, tool, protocol, currency, developer, outcome, agent }
    const key = JSON.stringify(Object.values(names))
    const sum = this.#days.get(key) ?? { names, calls: 0n, units: 0n, minor: 0n, returned: 0n }
    sum.calls += times
    sum.units += times * (units ?? 0n)
    sum.minor += times * minor
    sum.returned += times * returned
    this.#days.set(key, sum)
  }

  /** What is added, by agent or not. */
  #rows(by: "agent_days" | "days") {
    const sums = new Map<string, Day>()
    for (const { names, ...added } of this.#days.values()) {
      const { agent, ...others } = names
      const kept = by === "days" ? others : { ...others, agent: agent! }
      const key = JSON.stringify(Object.values(kept))
      const sum = sums.get(key) ?? { names: kept, calls: 0n, units: 0n, minor: 0n, returned: 0n }
      sum.calls += added.calls
      sum.units += added.units
      sum.minor += added.minor
      sum.returned += added.returned
      sums.set(key, sum)
    }
    return [...sums.values()]
      .filter(({ calls, minor, returned, units }) => [calls, minor, returned, units].some((added) => added !== 0n))
      .map(({ names, ...sum }) => ({ ...names, ...sum }))
  }

  /** Adds it to the tables. */
  write({ sql, table }: GatewayStore["Service"]) {
    return Effect.forEach(
      ["days", "agent_days"] as const,
      (by) =>
        Effect.forEach(
          Arr.chunksOf(this.#rows(by), 100),
          (rows) => sql`INSERT INTO ${table(by)} AS d ${sql.insert(rows)}
            ON CONFLICT (day, tool, protocol, currency, developer, outcome${sql.literal(by === "days" ? "" : ", agent")})
            DO UPDATE SET calls = d.calls + excluded.calls, units = d.units + excluded.units,
              minor = d.minor + excluded.minor, returned = d.returned + excluded.returned`,
          { discard: true }
        ),
      { discard: true }
    )
  }
}
