/**
 * What is written of payouts, each in one transaction with what the book says of it.
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { Book, BookError, Posting, TransactionKind } from "../../Book.ts"
import type { Destination } from "../../Developer.ts"
import type { GatewayStore } from "../../GatewayStore.ts"
import type { GatewayStoreError } from "../../GatewayStoreError.ts"
import * as Payout from "../../Payout.ts"
import type { Planned } from "../../PayoutRail.ts"
import type { LeaseLost } from "./leasing.ts"
import * as Rows from "./rows.ts"

export type Failure = BookError | GatewayStoreError

/** What must hold inside the transaction, or nothing is written. */
export type Fence = Effect.Effect<void, LeaseLost | GatewayStoreError>

/**
 * For what is done without the lease. An operator's claim is harmless beside a runner's; an outcome is known whoever holds the lease, and
 * changes only the attempt that it is of.
 */
export const unfenced: Fence = Effect.void

export interface Claim {
  readonly id: string
  readonly developer: string
  readonly destination: Destination
  readonly currency: Currency
  readonly planned: ReadonlyArray<Planned>
  /** Empty, and 0, where an operator asks. */
  readonly due: string
  readonly attempt: number
}

/** What becomes of a part. */
export interface Change {
  /** It is changed only where it is in one of these, and was sent so often; nothing: however often. */
  readonly from: ReadonlyArray<Payout.State>
  readonly attempts?: bigint
  readonly to: Payout.State
  readonly cause?: string
  readonly reference?: string
}

export const make = (store: GatewayStore["Service"], book: Book["Service"]) => {
  const { sql, table, write } = store

  const merchant = (developer: string, currency: Currency, minor: bigint): Posting => ({
    account: { kind: "merchant", owner: developer, currency },
    minor
  })
  const transit = (payout: string, currency: Currency, minor: bigint): Posting => ({
    account: { kind: "transit", owner: payout, currency },
    minor
  })
  const provider = (rail: string, currency: Currency, minor: bigint): Posting => ({
    account: { kind: "provider", owner: rail, currency },
    minor
  })

  const post = (
    { developer, id: reference }: Pick<Payout.Payout, "id" | "developer">,
    id: string,
    kind: TransactionKind,
    postings: ReadonlyArray<Posting>
  ) =>
    Effect.flatMap(Clock.currentTimeMillis, (atMillis) =>
      book.post({ id, atMillis, kind, developer, reference, postings })
    )

  const line = (payout: string, number: string, state: Payout.State, now: bigint, cause?: string) =>
    sql`INSERT INTO ${table("payout_journal")} (payout, at, part, state, cause)
      VALUES (${payout}, ${now}, ${number}, ${state}, ${cause ?? null})`

  /** Writes a payout, its parts, and what is set aside for it. It is the caller's transaction. */
  const claim = Effect.fnUntraced(function* (asked: Claim): Effect.fn.Return<void, Failure | SqlError> {
    const { attempt, currency, developer, due, id, planned } = asked
    const now = BigInt(yield* Clock.currentTimeMillis)
    const minor = planned.reduce((sum, { money }) => sum + money.minor, 0n)
    yield* sql`INSERT INTO ${table("payouts")} (id, developer, destination, currency, minor, state, due, attempt,
        created_at, changed_at)
      VALUES (${id}, ${developer}, ${Rows.encodeDestination(asked.destination)}, ${currency}, ${minor}, 'claimed', ${due},
        ${BigInt(attempt)}, ${now}, ${now})`
    for (const [index, { money, source }] of planned.entries()) {
      const number = source === undefined && planned.length === 1 ? id : `${id}_${index + 1}`
      yield* sql`INSERT INTO ${table("payout_parts")} (number, payout, n, minor, state, charge, source, attempts, reversed)
        VALUES (${number}, ${id}, ${BigInt(index + 1)}, ${money.minor}, 'claimed', ${source?.chargeId ?? null},
          ${source === undefined ? null : Rows.encodeSource(source)}, 0, 0)`
      yield* line(id, number, "claimed", now)
    }
    yield* post({ id, developer }, `payout:${id}`, "payout", [
      merchant(developer, currency, minor),
      transit(id, currency, -minor)
    ])
  })

  /** The payout's own state, after one of its parts has changed. */
  const summarize = Effect.fnUntraced(function* (payout: string, now: bigint) {
    const parts = yield* sql<{ readonly state: Payout.State }>`
      SELECT state FROM ${table("payout_parts")} WHERE payout = ${payout}`
    yield* sql`UPDATE ${table("payouts")} SET state = ${Payout.stateOf(parts)}, changed_at = ${now} WHERE id = ${payout}`
  })

  /** What the book says of a part that has come so far. */
  const booked = (payout: Payout.Payout, part: Payout.Part, to: Payout.State) => {
    const { currency, minor } = part.money
    if (to === "paid") {
      return post(payout, `payout-paid:${part.number}`, "payout-paid", [
        transit(payout.id, currency, minor),
        provider(payout.destination.rail, currency, -minor)
      ])
    }
    return to === "failed"
      ? post(payout, `payout-failed:${part.number}`, "payout-reversed", [
          transit(payout.id, currency, minor),
          merchant(payout.developer, currency, -minor)
        ])
      : Effect.void
  }

  /** Changes a part and books it; `false` where it is not as it must be for that, and nothing is written. */
  const change = (
    fence: Fence,
    payout: Payout.Payout,
    part: Payout.Part,
    { attempts, cause, from, reference, to }: Change
  ) =>
    write(
      Effect.gen(function* () {
        yield* fence
        const now = BigInt(yield* Clock.currentTimeMillis)
        const sent = to === "sending"
        const changed = yield* sql`UPDATE ${table("payout_parts")}
          SET state = ${to}, cause = ${cause ?? null}, reference = coalesce(${reference ?? null}, reference),
            attempts = attempts + ${sent ? 1n : 0n}, sent_at = coalesce(${sent ? now : null}, sent_at)
          WHERE payout = ${payout.id} AND number = ${part.number} AND ${sql.in("state", from)}
            ${attempts === undefined ? sql.literal("") : sql`AND attempts = ${attempts}`}
          RETURNING number`
        if (changed.length === 0) return false
        yield* line(payout.id, part.number, to, now, cause)
        yield* booked(payout, part, to)
        yield* summarize(payout.id, now)
        return true
      })
    )

  /** Books what was taken back of a paid part, once for its number; `false` where it was booked before. */
  const reverse = (
    payout: Payout.Payout,
    part: Payout.Part,
    reversal: { readonly id: string; readonly minor: bigint }
  ) =>
    write(
      Effect.gen(function* () {
        const now = BigInt(yield* Clock.currentTimeMillis)
        const { currency } = part.money
        const known = yield* post(payout, `payout-reversed:${part.number}:${reversal.id}`, "payout-reversed", [
          provider(payout.destination.rail, currency, reversal.minor),
          merchant(payout.developer, currency, -reversal.minor)
        ])
        if (known === "known") return false
        const [row] = yield* sql<{ readonly state: Payout.State }>`UPDATE ${table("payout_parts")}
          SET reversed = reversed + ${reversal.minor},
            state = CASE WHEN reversed + ${reversal.minor} >= minor THEN 'reversed' ELSE state END
          WHERE payout = ${payout.id} AND number = ${part.number} RETURNING state`
        yield* line(payout.id, part.number, row?.state ?? "reversed", now, `${reversal.id} took ${reversal.minor} back`)
        yield* summarize(payout.id, now)
        return true
      })
    )

  return { claim, change, reverse }
}
