/**
 * Forgetting what is over, some of it at a time.
 */
import * as Result from "effect/Result"
import type { DatabaseSync } from "node:sqlite"

const atOnce = 500

/** Word for word the condition of the index. */
const forgettable = `(state IN ('declined', 'released')
  OR state IN ('settled', 'refunded') AND (authorization IS NOT NULL OR answer IS NOT NULL))`

const over = (states: string) => `seq IN (SELECT seq FROM paylayer_charges INDEXED BY paylayer_charges_forgettable
  WHERE ${forgettable} AND state IN (${states}) AND changed_at < ? LIMIT ${atOnce})`

export const make = (database: DatabaseSync) => {
  const dropVoid = database.prepare(`DELETE FROM paylayer_charges WHERE ${over("'declined', 'released'")}`)
  const dropContent = database.prepare(
    `UPDATE paylayer_charges SET authorization = NULL, answer = NULL WHERE ${over("'settled', 'refunded'")}`
  )
  const dropBuckets = database.prepare(
    `DELETE FROM paylayer_buckets WHERE id IN
      (SELECT id FROM paylayer_buckets WHERE ends_at IS NOT NULL AND ends_at < ? LIMIT ${atOnce})`
  )
  /** One round, and whether there is more. */
  return (beforeMillis: number) => {
    const [charges, contents, buckets] = [dropVoid, dropContent, dropBuckets].map((drop) =>
      Number(drop.run(beforeMillis).changes)
    ) as [number, number, number]
    return Result.succeed({ touched: charges + contents, more: charges + contents + buckets > 0 })
  }
}
