/**
 * Reservations: units that a charge takes out of buckets, and gives back when it is void.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Result from "effect/Result"
import type { DatabaseSync } from "node:sqlite"

/** A bucket as a charge finds it: what others took, what it takes, and whether it has done so already. */
interface Taking {
  readonly name: string
  /** Where there is such a bucket. */
  readonly id: number | undefined
  readonly others: bigint
  readonly units: bigint
  readonly own: boolean
  readonly endsAtMillis: number | null
}

interface Found {
  readonly id: bigint
  readonly units: bigint
  readonly own: bigint | null
}

export const reserving = (database: DatabaseSync) => {
  const lookAsNew = database.prepare("SELECT id, units, NULL AS own FROM paylayer_buckets WHERE name = ?")
  lookAsNew.setReadBigInts(true)
  const look = database.prepare(
    `SELECT b.id, b.units, r.units AS own FROM paylayer_buckets AS b
    LEFT JOIN paylayer_reservations AS r ON r.charge = ? AND r.bucket = b.id WHERE b.name = ?`
  )
  look.setReadBigInts(true)
  const create = database.prepare("INSERT INTO paylayer_buckets (name, units, ends_at) VALUES (?, ?, ?)")
  const fill = database.prepare("UPDATE paylayer_buckets SET units = units + ? WHERE id = ?")
  const keep = database.prepare("INSERT INTO paylayer_reservations (charge, bucket, units) VALUES (?, ?, ?)")
  const empty = database.prepare(
    `UPDATE paylayer_buckets SET units = paylayer_buckets.units - r.units
    FROM paylayer_reservations AS r WHERE r.bucket = paylayer_buckets.id AND r.charge = ?`
  )
  const drop = database.prepare("DELETE FROM paylayer_reservations WHERE charge = ?")

  const shrink = database.prepare(
    `UPDATE paylayer_buckets SET units = paylayer_buckets.units - (r.units - ?)
    FROM paylayer_reservations AS r WHERE r.bucket = paylayer_buckets.id AND r.charge = ? AND paylayer_buckets.name = ?`
  )
  const keepLess = database.prepare(
    `UPDATE paylayer_reservations SET units = ?
    WHERE charge = ? AND bucket = (SELECT id FROM paylayer_buckets WHERE name = ?)`
  )

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
          const found = (seq === undefined ? lookAsNew.get(bucket) : look.get(seq, bucket)) as Found | undefined
          const own = found?.own ?? undefined
          taking = {
            name: bucket,
            id: found === undefined ? undefined : Number(found.id),
            others: (found?.units ?? 0n) - (own ?? 0n),
            units: own ?? units,
            own: own !== undefined,
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

    /** In the transaction that looked: nothing has changed since. */
    take: (seq: number, takings: ReadonlyArray<Taking>) => {
      for (const { endsAtMillis, id, name, units } of takings) {
        if (id !== undefined) fill.run(units, id)
        keep.run(seq, id ?? create.run(name, units, endsAtMillis).lastInsertRowid, units)
      }
    },

    /** Leaves only so much of what a charge took out of buckets. */
    lower: (seq: number, units: bigint, buckets: ReadonlyArray<string>) => {
      for (const name of buckets) {
        shrink.run(units, seq, name)
        keepLess.run(units, seq, name)
      }
    },

    giveBack: (seq: number) => {
      empty.run(seq)
      drop.run(seq)
    }
  }
}
