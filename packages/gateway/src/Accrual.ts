/**
 * Accrual: prices below one minor unit, added up exactly.
 *
 * What a metered call costs is exact, in millionths of a minor unit ("micro-minor"); what is taken is whole minor units. What
 * is left over stays with the payer, the tool and the currency, and is a part of what the next call is charged with.
 *
 * | rounding | what was taken, beside what the calls cost |
 * |---|---|
 * | `down` | never more; less by less than a minor unit |
 * | `half-even` | at most half a minor unit more or less |
 * | `up` | never less; more by less than a minor unit |
 *
 * That holds while calls follow one another. Of calls that overlap, nobody knows yet which will be paid for: no more is taken
 * than the rounding allows, whichever they are, and what is taken too little is charged with a later call. A call that was
 * answered for nothing and is undone after a later one was charged with it leaves the payer ahead by what it cost, until the
 * next.
 */
import * as Money from "@paylayer/core/Money"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { GatewayStore } from "./GatewayStore.ts"
import type { GatewayStoreError } from "./GatewayStoreError.ts"
import type { Rounding } from "./Tool.ts"

/** So many micro-minor are a minor unit. */
export const microMinor = 1_000_000n

/** A metered call that is to be charged. */
export interface Metered {
  readonly chargeId: string
  readonly payer: string
  readonly tool: string
  /** What it costs, in micro-minor. */
  readonly exact: bigint
  /** What was authorized: no more is taken, and no call costs more. */
  readonly most: Money.Money
  readonly rounding: Rounding
}

/** Whose fractions are added up together. */
export type Accrued = Pick<Metered, "payer" | "tool"> & { readonly currency: Money.Money["currency"] }

/** What became of a charge: its money was taken, it was answered for nothing, or it came to nothing. */
export type Fate = "taken" | "carried" | "void"

export class Accrual extends Context.Service<
  Accrual,
  {
    /** How much is taken for a call, 0 included. The same for a charge however often it is asked. */
    readonly capture: (call: Metered) => Effect.Effect<Money.Money, GatewayStoreError>
    /** What calls cost beyond what was taken, in micro-minor; negative where more was taken. */
    readonly carried: (accrued: Accrued) => Effect.Effect<bigint, GatewayStoreError>
    /** What became of charges, as the ledger tells. Charges that were not captured, or are resolved, change nothing. */
    readonly resolve: (fates: ReadonlyMap<string, Fate>) => Effect.Effect<void, GatewayStoreError>
  }
>()("@paylayer/gateway/Accrual") {}

/** Whole minor units, of micro-minor. */
const whole = (exact: bigint, rounding: Rounding): bigint => {
  if (exact <= 0n) return 0n
  const [down, rest] = [exact / microMinor, exact % microMinor]
  if (rounding === "down" || rest === 0n) return down
  if (rounding === "up") return down + 1n
  const twice = rest * 2n
  return twice > microMinor || (twice === microMinor && down % 2n === 1n) ? down + 1n : down
}

const least = (one: bigint, other: bigint) => (one < other ? one : other)

/** Calls cost less than that, so that some of them fit in a column. */
const exactAtMost = 10n ** 17n

interface Captured {
  readonly charge: string
  readonly payer: string
  readonly tool: string
  readonly currency: Money.Money["currency"]
  readonly exact: bigint
  readonly taken: bigint
}

/** What of a call is added to the excess when it is captured, before anybody knows what becomes of it. */
const applied = ({ exact, taken }: Pick<Captured, "exact" | "taken">): bigint => {
  const excess = taken * microMinor - exact
  return taken === 0n || excess > 0n ? excess : 0n
}

/** What is added once it is known. */
const remaining = (captured: Captured, fate: Fate): bigint => {
  if (fate === "void") return -applied(captured)
  // What was to be taken and was not is owed like the rest of it.
  const taken = fate === "taken" ? captured.taken : 0n
  return taken * microMinor - captured.exact - applied(captured)
}

export const make: Effect.Effect<Accrual["Service"], never, GatewayStore> = Effect.map(
  GatewayStore,
  ({ read, sql, table, writeBeside }) => {
    const locking = sql.literal(sql.onDialectOrElse({ pg: () => "FOR UPDATE", orElse: () => "" }))

    const add = ({ currency, payer, tool }: Accrued, excess: bigint) =>
      sql`UPDATE ${table("accruals")} SET excess = excess + ${excess}
        WHERE payer = ${payer} AND tool = ${tool} AND currency = ${currency}`

    const capture = Effect.fnUntraced(function* (call: Metered) {
      const { chargeId, most, payer, rounding, tool } = call
      const { currency } = most
      const exact = least(call.exact < 0n ? 0n : call.exact, least(most.minor * microMinor, exactAtMost))
      yield* sql`INSERT INTO ${table("accruals")} (payer, tool, currency, excess)
        VALUES (${payer}, ${tool}, ${currency}, ${0n}) ON CONFLICT (payer, tool, currency) DO NOTHING`
      const [accrual] = yield* sql<{ readonly excess: bigint }>`SELECT excess FROM ${table("accruals")}
        WHERE payer = ${payer} AND tool = ${tool} AND currency = ${currency} ${locking}`
      const [before] = yield* sql<Captured>`SELECT taken FROM ${table("captures")} WHERE charge = ${chargeId}`
      if (before !== undefined) return Money.of(currency, before.taken)
      const taken = least(whole(exact - (accrual?.excess ?? 0n), rounding), most.minor)
      yield* sql`INSERT INTO ${table("captures")} ${sql.insert({
        charge: chargeId,
        payer,
        tool,
        currency,
        exact,
        taken,
        state: "pending"
      })}`
      const excess = applied({ exact, taken })
      if (excess !== 0n) yield* add({ payer, tool, currency }, excess)
      return Money.of(currency, taken)
    })

    const resolve = Effect.fnUntraced(function* (fates: ReadonlyMap<string, Fate>) {
      // In one order, so that two who resolve the same do not wait for each other.
      const pending = yield* sql<Captured>`SELECT charge, payer, tool, currency, exact, taken FROM ${table("captures")}
        WHERE state = 'pending' AND ${sql.in("charge", [...fates.keys()])}
        ORDER BY payer, tool, currency, charge ${locking}`
      for (const captured of pending) {
        const fate = fates.get(captured.charge)!
        yield* sql`UPDATE ${table("captures")} SET state = ${fate} WHERE charge = ${captured.charge}`
        const excess = remaining(captured, fate)
        if (excess !== 0n) yield* add(captured, excess)
      }
    })

    return Accrual.of({
      capture: (call) => writeBeside(capture(call)),
      carried: ({ currency, payer, tool }) =>
        Effect.map(
          read(sql<{ readonly excess: bigint }>`SELECT excess FROM ${table("accruals")}
            WHERE payer = ${payer} AND tool = ${tool} AND currency = ${currency}`),
          ([accrual]) => -(accrual?.excess ?? 0n)
        ),
      resolve: (fates) =>
        Effect.gen(function* () {
          if (fates.size === 0) return
          const [some] = yield* read(sql`SELECT 1 AS some FROM ${table("captures")}
            WHERE state = 'pending' AND ${sql.in("charge", [...fates.keys()])} LIMIT 1`)
          if (some !== undefined) yield* writeBeside(resolve(fates))
        })
    })
  }
)

export const layer: Layer.Layer<Accrual, never, GatewayStore> = Layer.effect(Accrual, make)
