/**
 * What the gateway keeps of what a developer's tools take.
 *
 * A month's first operations are free of fees. What they take does not count as volume; the rest does, per currency, and each
 * tier's rate is for the part of the volume in it. The fee of a charge is what it adds to the month's fee, whole minor units
 * each time, so that the fees of a month add up to the fee of its volume.
 *
 * @example
 * const takeRate = { freeOperations: 50_000n, tiers: [{ upTo: { CNY: 10_000_000n }, rate: "0.05" }, { rate: "0.03" }] }
 * TakeRate.feeOfVolume(takeRate, "CNY", 10_000_100n) // 500_003n: 5 % of CNY 100,000.00 and 3 % of CNY 1.00
 */
import type { Currency } from "@paylayer/core/Currency"
import type { Money } from "@paylayer/core/Money"
import type { ByCurrency } from "./Tool.ts"

export interface TakeRate {
  /** Charges a month and developer, of whatever currency, for which no fee is taken. */
  readonly freeOperations: bigint
  /** In order; each is for the part of a month's volume up to its own `upTo`, in minor units. The last has none. */
  readonly tiers: ReadonlyArray<{
    readonly upTo?: ByCurrency<bigint>
    /** An exact decimal from 0 to 1: `"0.025"`. */
    readonly rate: string
  }>
}

/** Nothing is kept. */
export const none: TakeRate = { freeOperations: 0n, tiers: [] }

/** What a developer's month has come to so far. */
export interface Month {
  /** Charges that took something, in every currency. */
  readonly operations: bigint
  /** Minor units that are not free of fees, in one currency. */
  readonly volume: bigint
}

/** The digits of a rate after its point. */
const scale = 12

/** A rate in units of 10^-12. Throws `RangeError` where it is no decimal from 0 to 1. */
const rateOf = (rate: string): bigint => {
  const [, whole, fraction = ""] = /^([01])(?:\.(\d{1,12}))?$/.exec(rate) ?? []
  const units = whole === undefined ? -1n : BigInt(whole + fraction.padEnd(scale, "0"))
  if (units < 0n || units > 10n ** BigInt(scale)) throw new RangeError(`"${rate}" is not a rate from 0 to 1`)
  return units
}

/** The fee of a month's volume, in minor units, rounded down. */
export const feeOfVolume = ({ tiers }: TakeRate, currency: Currency, volume: bigint): bigint => {
  let [exact, from] = [0n, 0n]
  for (const { rate, upTo } of tiers) {
    const end = upTo?.[currency]
    const to = end === undefined || end > volume ? volume : end
    if (to > from) {
      exact += (to - from) * rateOf(rate)
      from = to
    }
    if (to === volume) break
  }
  return exact / 10n ** BigInt(scale)
}

/** The fee of a month's next charge, and what the month has come to with it. */
export const next = (
  takeRate: TakeRate,
  { operations, volume }: Month,
  { currency, minor }: Money
): { readonly fee: bigint; readonly month: Month } => {
  if (operations < takeRate.freeOperations) return { fee: 0n, month: { operations: operations + 1n, volume } }
  const month = { operations: operations + 1n, volume: volume + minor }
  return { fee: feeOfVolume(takeRate, currency, month.volume) - feeOfVolume(takeRate, currency, volume), month }
}

/**
 * How much of a charge's fee goes back with a part of it, rounded down on the whole of what went back, so that a charge that
 * went back in parts gives its whole fee back.
 */
export const feeBack = (of: { readonly minor: bigint; readonly fee: bigint }, before: bigint, now: bigint): bigint =>
  (of.fee * (before + now)) / of.minor - (of.fee * before) / of.minor
