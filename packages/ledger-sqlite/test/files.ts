// Files for tests, and charges to put into them.
import type * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import type { Receipt } from "@paylayer/core/Receipt"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A path in a directory of its own, gone with the scope. */
const fileIn = (parent: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(parent, "paylayer-ledger-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
    ),
    (directory) => join(directory, "ledger.db")
  )

export const file = fileIn(tmpdir())

/** Where thousands of commits do not wait for a disk, if there is such a place. */
export const quickFile = fileIn(existsSync("/dev/shm") ? "/dev/shm" : tmpdir())

export const opening = (id: string, own: Partial<Ledger.Opening> = {}): Ledger.Opening => ({
  charge: {
    id,
    money: Money.of("CNY", 1_500n),
    merchant: "2088",
    method: "POST",
    resource: "/report",
    binding: "binding",
    openedAt: DateTime.makeUnsafe(1_000),
    expiresAt: DateTime.makeUnsafe(901_000)
  },
  protocol: "voucher",
  payer: "payer",
  key: `key of ${id}`,
  request: "request",
  reservations: [],
  ...own
})

export const receiptOf = ({ charge, protocol }: Ledger.Opening): Receipt => ({
  chargeId: charge.id,
  protocol,
  merchant: charge.merchant,
  resource: charge.resource,
  money: charge.money,
  reference: "tx-1",
  settledAt: DateTime.makeUnsafe(2_000)
})

export const taking = (bucket: string, units: bigint, limit: bigint): Ledger.Reservation => ({
  bucket,
  kind: "budget",
  units,
  limit
})

export const ids = (count: number, prefix = "ch"): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `${prefix}_${index}`)
