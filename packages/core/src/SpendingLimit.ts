/**
 * Spending limits of the host itself: how much an agent, a principal or everybody may spend here, whatever their mandates say.
 *
 * They are counted gross in the ledger, by currency, and reserved before the provider is asked, so that concurrent charges
 * cannot pass together what none of them could pass alone.
 *
 * @example
 * { per: "agent", amount: Money.of("CNY", 100_00n), window: "day", zone: DateTime.zoneMakeNamedUnsafe("Asia/Shanghai") }
 */
import * as DateTime from "effect/DateTime"
import type { Charge } from "./Charge.ts"
import type { Reservation } from "./Ledger.ts"
import type { Mandate } from "./Mandate.ts"
import type { Money } from "./Money.ts"

export interface SpendingLimit {
  /** Whose spending is added up. A mandate that names no agent or principal is counted by its payer. */
  readonly per: "agent" | "principal" | "host"
  /** The most that may be spent in the window. Charges in other currencies are not counted and not limited by it. */
  readonly amount: Money
  /** A calendar window, or all time. */
  readonly window: "hour" | "day" | "month" | "total"
  /** Where the calendar is read. Default UTC. */
  readonly zone?: DateTime.TimeZone
}

const windowStart = ({ window, zone }: SpendingLimit, now: DateTime.Utc): string =>
  window === "total"
    ? ""
    : DateTime.formatIso(DateTime.startOf(zone === undefined ? now : DateTime.setZone(now, zone), window))

const subject = ({ per }: SpendingLimit, { payer, agent, principal }: Mandate): string =>
  per === "host" ? "" : `${per === "agent" ? (agent ?? payer) : (principal ?? payer)}`

/** What a charge reserves under a limit; nothing where the limit is in another currency. */
export const reservations = (
  limits: ReadonlyArray<SpendingLimit>,
  mandate: Mandate,
  charge: Charge
): ReadonlyArray<Reservation> =>
  limits
    .filter((limit) => limit.amount.currency === charge.money.currency)
    .map((limit) => ({
      bucket: JSON.stringify([
        "limit",
        limit.per,
        subject(limit, mandate),
        limit.amount.currency,
        limit.window,
        windowStart(limit, charge.openedAt)
      ]),
      kind: "spending-limit",
      units: charge.money.minor,
      limit: limit.amount.minor
    }))
