/**
 * Payouts as rows: what goes into the tables, and what comes out of them.
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Destination } from "../../Developer.ts"
import type { GatewayStore } from "../../GatewayStore.ts"
import * as Payout from "../../Payout.ts"

type Store = GatewayStore["Service"]

interface PayoutRow {
  readonly seq: bigint
  readonly id: string
  readonly developer: string
  readonly destination: string
  readonly currency: Currency
  readonly minor: bigint
  readonly due: string
  readonly created_at: bigint
  readonly changed_at: bigint
}

interface PartRow {
  readonly payout: string
  readonly number: string
  readonly minor: bigint
  readonly state: Payout.State
  readonly source: string | null
  readonly reference: string | null
  readonly cause: string | null
  readonly attempts: bigint
  readonly sent_at: bigint | null
  readonly reversed: bigint
}

interface LineRow {
  readonly payout: string
  readonly at: bigint
  readonly part: string
  readonly state: Payout.State
  readonly cause: string | null
}

const DestinationJson = Schema.fromJsonString(
  Schema.Union([
    Schema.Struct({ rail: Schema.Literal("stripe"), account: Schema.String }),
    Schema.Struct({
      rail: Schema.Literal("alipay"),
      account: Schema.Struct({
        type: Schema.Literals(["ALIPAY_USER_ID", "ALIPAY_OPEN_ID", "ALIPAY_LOGON_ID"]),
        account: Schema.String,
        name: Schema.optionalKey(Schema.String)
      })
    })
  ])
)
const decodeDestination = Schema.decodeEffect(DestinationJson)
export const encodeDestination: (destination: Destination) => string = Schema.encodeSync(DestinationJson)

const SourceJson = Schema.fromJsonString(Schema.toCodecJson(Payout.Source))
const decodeSource = Schema.decodeEffect(SourceJson)
export const encodeSource: (source: Payout.Source) => string = Schema.encodeSync(SourceJson)

/** A part, and how often it was sent. */
export interface Part extends Payout.Part {
  readonly attempts: bigint
}

const part = Effect.fnUntraced(function* (row: PartRow, currency: Currency) {
  return {
    number: row.number,
    money: Money.of(currency, BigInt(row.minor)),
    state: row.state,
    attempts: BigInt(row.attempts),
    reversed: BigInt(row.reversed),
    ...(row.source !== null && { source: yield* Effect.orDie(decodeSource(row.source)) }),
    ...(row.reference !== null && { reference: row.reference }),
    ...(row.cause !== null && { cause: row.cause }),
    ...(row.sent_at !== null && { sentAtMillis: Number(row.sent_at) })
  } satisfies Part as Part
})

/** A payout, with what only its runner needs to know. */
export interface Loaded extends Payout.Payout {
  readonly parts: ReadonlyArray<Part>
}

const of = Effect.fnUntraced(function* (
  row: PayoutRow,
  partRows: ReadonlyArray<PartRow>,
  lines: ReadonlyArray<LineRow>
) {
  const parts = yield* Effect.forEach(partRows, (one) => part(one, row.currency))
  return {
    id: row.id,
    developer: row.developer,
    destination: yield* Effect.orDie(decodeDestination(row.destination)),
    money: Money.of(row.currency, BigInt(row.minor)),
    ...Payout.summary(parts),
    ...(row.due !== "" && { due: row.due }),
    createdAtMillis: Number(row.created_at),
    changedAtMillis: Number(row.changed_at),
    parts,
    journal: lines.map(({ at, cause, part: number, state }) => ({
      atMillis: Number(at),
      part: number,
      state,
      ...(cause !== null && { cause })
    }))
  } satisfies Loaded as Loaded
})

const grouped = <A extends { readonly payout: string }>(
  rows: ReadonlyArray<A>
): ReadonlyMap<string, ReadonlyArray<A>> => Map.groupBy(rows, ({ payout }) => payout)

/** The payouts of these ids, newest first. */
export const load = Effect.fnUntraced(function* ({ read, sql, table }: Store, ids: ReadonlyArray<string>) {
  if (ids.length === 0) return []
  return yield* read(
    Effect.gen(function* () {
      const rows = yield* sql<PayoutRow>`SELECT * FROM ${table("payouts")} WHERE ${sql.in("id", ids)} ORDER BY seq DESC`
      const parts = grouped(
        yield* sql<PartRow>`SELECT * FROM ${table("payout_parts")} WHERE ${sql.in("payout", ids)} ORDER BY payout, n`
      )
      const lines = grouped(
        yield* sql<LineRow>`SELECT * FROM ${table("payout_journal")} WHERE ${sql.in("payout", ids)} ORDER BY seq`
      )
      return yield* Effect.forEach(rows, (row) => of(row, parts.get(row.id) ?? [], lines.get(row.id) ?? []))
    })
  )
})
