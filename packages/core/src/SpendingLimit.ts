/**
 * Spending limits of the host itself: how much an agent, a principal or everybody may spend here, and on one tool or with one
 * merchant, whatever their mandates say.
 *
 * They are counted gross in the ledger, by currency, and reserved before the provider is asked, so that concurrent charges
 * cannot pass together what none of them could pass alone.
 *
 * @example
 * { per: "agent", amount: Money.of("CNY", 100_00n), window: "day", zone: DateTime.zoneMakeNamedUnsafe("Asia/Shanghai") }
 * { per: ["agent", "tool"], amount: Money.of("CNY", 20_00n), window: "hour" }
 */
import * as DateTime from "effect/DateTime"
import type { Charge } from "./Charge.ts"
import type { BucketQuery, Reservation } from "./Ledger.ts"
import type { Mandate } from "./Mandate.ts"
import type { Money } from "./Money.ts"

/** Whose spending is added up. A mandate that names no agent or principal is counted by its payer. */
export type Per = "agent" | "principal" | "tool" | "merchant" | "host"

export interface SpendingLimit {
  /** With several, each combination of them has the limit: `["agent", "tool"]` is what one agent may spend on one tool. */
  readonly per: Per | readonly [Per, ...ReadonlyArray<Per>]
  /** The most that may be spent in the window. Charges in other currencies are not counted and not limited by it. */
  readonly amount: Money
  /** A calendar window, or all time. */
  readonly window: "hour" | "day" | "month" | "total"
  /** Where the calendar is read. Default UTC. */
  readonly zone?: DateTime.TimeZone
}

interface Window {
  readonly start: string
  readonly endsAtMillis?: number
}

const windowOf = ({ window, zone }: SpendingLimit, now: DateTime.Utc): Window => {
  if (window === "total") return { start: "" }
  const local = zone === undefined ? now : DateTime.setZone(now, zone)
  return {
    start: DateTime.formatIso(DateTime.startOf(local, window)),
    endsAtMillis: DateTime.endOf(local, window).epochMilliseconds + 1
  }
}

const subject = (per: Per, { payer, agent, principal }: Mandate, { tool, resource, merchant }: Charge): string => {
  switch (per) {
    case "agent":
      return agent ?? payer
    case "principal":
      return principal ?? payer
    case "tool":
      return tool ?? resource
    case "merchant":
      return merchant
    case "host":
      return ""
  }
}

const countedBy = ({ per }: SpendingLimit): ReadonlyArray<Per> => (typeof per === "string" ? [per] : per)

/** What a charge reserves under a limit; nothing where the limit is in another currency. */
export const reservations = (
  limits: ReadonlyArray<SpendingLimit>,
  mandate: Mandate,
  charge: Charge
): ReadonlyArray<Reservation> =>
  limits
    .filter((limit) => limit.amount.currency === charge.money.currency)
    .map((limit) => {
      const { start, ...ends } = windowOf(limit, charge.openedAt)
      const subjects = countedBy(limit).flatMap((per) => [per, subject(per, mandate, charge)])
      return {
        bucket: JSON.stringify(["limit", ...subjects, limit.amount.currency, limit.window, start]),
        kind: "spending-limit",
        units: charge.money.minor,
        limit: limit.amount.minor,
        ...ends
      }
    })

/** The buckets that count a limit in the window that runs at a moment, for `Ledger.fullest`. `whose` tells them apart. */
export const buckets = (limit: SpendingLimit, now: DateTime.Utc): Omit<BucketQuery, "limit"> => {
  const { start, ...ends } = windowOf(limit, now)
  return {
    startsWith: `${JSON.stringify(["limit", countedBy(limit)[0]]).slice(0, -1)},`,
    endsWith: `,${JSON.stringify([limit.amount.currency, limit.window, start]).slice(1)}`,
    ...ends
  }
}

/** Whose spending a bucket counts: one subject for each part of `per`. Nothing where it counts another kind of limit. */
export const whose = (limit: SpendingLimit, bucket: string): ReadonlyArray<string> | undefined => {
  const [, ...parts] = JSON.parse(bucket) as ReadonlyArray<string>
  const per = countedBy(limit)
  if (parts.length !== per.length * 2 + 3 || per.some((one, index) => parts[index * 2] !== one)) return undefined
  return per.map((_, index) => parts[index * 2 + 1]!)
}
