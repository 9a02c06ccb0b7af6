/**
 * Reservations: units that a charge takes out of buckets, and gives back when it is void.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Result from "effect/Result"
import type { DatabaseSync } from "node:sqlite"

/** A bucket as a charge finds it: what others took, what it takes, and whether it has done so already. */
interface Taking {
  readonly name: string
  readonly others: bigint
  readonly units: bigint
  readonly own: boolean
  readonly endsAtMillis: number | null
}

interface Found {
  readonly units: bigint
  readonly own: bigint | null
}

export const reserving = (database: DatabaseSync) => {
  const look = database.prepare(
    `SELECT b.units, r.units AS own FROM paylayer_buckets AS b
    LEFT JOIN paylayer_reservations AS r ON r.charge = ? AND r.bucket = b.id WHERE b.name = ?`
  )
  look.setReadBigInts(true)
  const fill = database.prepare(
    `INSERT INTO paylayer_buckets (name, units, ends_at) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET units = units + excluded.units RETURNING id`
  )
  const keep = database.prepare("INSERT INTO paylayer_reservations (charge, bucket, units) VALUES (?, ?, ?)")
  const empty = database.prepare(
    `UPDATE paylayer_buckets SET units = paylayer_buckets.units - r.units
    FROM paylayer_reservations AS r WHERE r.bucket = paylayer_buckets.id AND r.charge = ?`
  )
  const drop = database.prepare("DELETE FROM paylayer_reservations WHERE charge = ?")

  return {
    /** What is to be taken, once per bucket, or what does not fit. `seq` is the charge's, where it is written already. */
    fit: (
      seq: number | undefined,
      reservations: ReadonlyArray<Ledger.Reservation>
    ): Result.Result<ReadonlyArray<Taking>, Ledger.ReservationRefused> => {
      const takings = new Map<string, Taking>()
      for (const { bucket, endsAtMillis, kind, limit, units } of reservations) {
        let taking = takings.get(bucket)
        if (taking === undefined) {
          const { own, units: all } = (look.get(seq ?? null, bucket) as Found | undefined) ?? { own: null, units: 0n }
          taking = {
            name: bucket,
            others: all - (own ?? 0n),
            units: own ?? units,
            own: own !== null,
            endsAtMillis: endsAtMillis ?? null
          }
          takings.set(bucket, taking)
        }
        if (taking.others + taking.units > limit) {
          const remaining = limit > taking.others ? limit - taking.others : 0n
          return Result.fail(new Ledger.ReservationRefused({ bucket, kind, remaining }))
        }
      }
      return Result.succeed([...takings.values()].filter(({ own }) => !own))
    },

    take: (seq: number, takings: ReadonlyArray<Taking>) => {
      for (const { endsAtMillis, name, units } of takings) {
        const { id } = fill.get(name, units, endsAtMillis) as { readonly id: number }
        keep.run(seq, id, units)
      }
    },

    giveBack: (seq: number) => {
      empty.run(seq)
      drop.run(seq)
    }
  }
}
