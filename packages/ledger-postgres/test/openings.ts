// What the tests open charges with.
import type { Charge } from "@paylayer/core/Charge"
import type * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"

let names = 0

/** A charge to open, with an id and a key that no other has. */
export const opening = (
  reservations: ReadonlyArray<Ledger.Reservation> = [],
  own: Partial<Charge> = {}
): Ledger.Opening => {
  const id = `own-${process.pid}-${(names += 1)}`
  const charge: Charge = {
    id,
    money: Money.of("CNY", 1n),
    merchant: "2088",
    method: "POST",
    resource: "/report",
    binding: "binding",
    openedAt: DateTime.makeUnsafe(0),
    expiresAt: DateTime.makeUnsafe(1),
    ...own
  }
  return { charge, protocol: "voucher", payer: "payer", key: `key of ${id}`, request: "request", reservations }
}

/** Units of a budget. */
export const budget = (bucket: string, units: bigint, limit: bigint): Ledger.Reservation => ({
  bucket,
  kind: "budget",
  units,
  limit
})
