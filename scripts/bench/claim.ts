// One claim: a charge of one minor unit out of a bucket. Its id is what the paywall makes; its key is its id, as where the
// agent sent none, or random, as where it sent an `Idempotency-Key`.
import type * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import { randomBytes } from "node:crypto"

const at = DateTime.makeUnsafe("2026-01-01T00:00:00Z")
const later = DateTime.makeUnsafe("2036-01-01T00:00:00Z")

const freshId = () => `ch_${Date.now().toString(16).padStart(12, "0")}${randomBytes(10).toString("hex")}`

export type Keys = "own" | "sent"

export const claim = (ledger: Ledger.Ledger["Service"], bucket: string, limit: bigint, keys: Keys = "own") => {
  const id = freshId()
  return ledger.open({
    charge: {
      id,
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
    key: keys === "own" ? id : randomBytes(32).toString("base64url"),
    request: "request",
    reservations: [{ bucket, kind: "budget", units: 1n, limit }]
  })
}
