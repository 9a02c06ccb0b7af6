// One claim: a charge of one minor unit out of a bucket.
import type * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import { randomUUID } from "node:crypto"

const at = DateTime.makeUnsafe("2026-01-01T00:00:00Z")
const later = DateTime.makeUnsafe("2036-01-01T00:00:00Z")

export const claim = (ledger: Ledger.Ledger["Service"], bucket: string, limit: bigint) => {
  const id = randomUUID()
  return ledger.open({
    charge: {
      id: `ch_${id}`,
      money: Money.of("CNY", 1n),
      merchant: "2088000000000000",
      method: "POST",
      resource: "/report",
      binding: "binding",
      openedAt: at,
      expiresAt: later
    },
    protocol: "mock-pay",
    payer: "payer",
    key: `key ${id}`,
    request: "request",
    reservations: [{ bucket, kind: "budget", units: 1n, limit }]
  })
}
