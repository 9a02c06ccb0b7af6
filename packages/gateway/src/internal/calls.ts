/**
 * Calls as rows: what goes into the gateway's tables, and what comes out of them.
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Ledger from "@paylayer/core/Ledger"
import * as Refund from "@paylayer/core/Refund"
import * as DateTime from "effect/DateTime"
import { slugOf } from "../Tool.ts"
import type { Call, Outcome } from "../Usage.ts"
import { measured } from "./measured.ts"

/** The columns of a call, but for the order in which it came. */
export interface Row {
  readonly id: string
  /** How many lines of the charge's journal are counted in it. */
  readonly lines: bigint
  readonly at: bigint
  readonly day: string
  readonly tool: string
  readonly developer: string
  readonly protocol: string
  readonly payer: string
  readonly agent: string
  readonly principal: string
  readonly currency: Currency
  readonly minor: bigint
  readonly returned: bigint
  readonly units: bigint | null
  readonly latency: bigint
  readonly outcome: Outcome
  readonly code: string | null
  /** Minor units of the fee, once what was taken is booked. */
  readonly fee: bigint | null
  /** How many refunds are booked. */
  readonly refunds: bigint
}

/** What is written anew when a call has changed. */
export const changing = [
  "lines",
  "developer",
  "agent",
  "principal",
  "minor",
  "returned",
  "units",
  "latency",
  "outcome",
  "code",
  "fee",
  "refunds"
] as const satisfies ReadonlyArray<keyof Row>

/** The cause that the ledger has where a call was answered and nothing was taken for it. */
const nothingTaken = "nothing_captured"

const outcomes: { readonly [S in Ledger.State]: Outcome } = {
  opened: "open",
  authorized: "open",
  delivered: "open",
  settling: "open",
  settled: "paid",
  declined: "refused",
  released: "failed",
  unknown: "unknown",
  refunded: "refunded"
}

/** The lines that say how the call itself went. */
const own = ({ journal }: Ledger.Entry) =>
  journal.filter(({ cause, refund }) => refund === undefined && cause !== Ledger.adopted)

export const outcome = (entry: Ledger.Entry): Outcome =>
  entry.state === "released" && own(entry).at(-1)?.cause === nothingTaken ? "carried" : outcomes[entry.state]

/** When the money of a charge was taken. */
export const settledAt = ({ journal }: Ledger.Entry): number | undefined =>
  journal.find(({ state }) => state === "settled")?.atMillis

/** A call as the ledger tells it. What was booked of it before stays so. */
export const fromEntry = (
  entry: Ledger.Entry,
  before: Pick<Row, "developer" | "fee" | "refunds"> | undefined,
  developerOf: (slug: string) => string | undefined,
  day: (atMillis: number) => string
): Row => {
  const { charge, journal, payer, protocol, usage } = entry
  const lines = own(entry)
  const [first] = lines
  const told = measured(usage)
  const tool = charge.tool ?? ""
  const atMillis = first?.atMillis ?? DateTime.toEpochMillis(charge.openedAt)
  const came = outcome(entry)
  const isTaken = came === "paid" || came === "refunded"
  // Where all of it went back without a refund of ours, the last line is of that.
  const ended = isTaken ? settledAt(entry) : lines.at(-1)?.atMillis
  const isTrouble = came === "refused" || came === "failed" || came === "unknown"
  return {
    id: charge.id,
    lines: BigInt(journal.length),
    at: BigInt(atMillis),
    day: day(atMillis),
    tool,
    developer: before?.developer || told.developer || developerOf(slugOf(tool)) || "",
    protocol,
    payer,
    agent: told.agent ?? "",
    principal: told.principal ?? "",
    currency: charge.money.currency,
    minor: isTaken ? charge.money.minor : 0n,
    returned: came === "refunded" ? charge.money.minor : came === "paid" ? Refund.returned(entry).minor : 0n,
    units: told.units ?? null,
    latency: BigInt(Math.max(0, Math.round(told.latencyMillis ?? (ended ?? atMillis) - atMillis))),
    outcome: came,
    code: (isTrouble && lines.at(-1)?.cause) || null,
    fee: before?.fee ?? null,
    refunds: before?.refunds ?? 0n
  }
}

/** The columns that `toCall` reads. */
export const columns =
  "id, at, tool, developer, protocol, payer, agent, principal, currency, minor, returned, units, latency, outcome, code"

export const toCall = (row: Row): Call => ({
  id: row.id,
  atMillis: Number(row.at),
  tool: row.tool,
  developer: row.developer,
  protocol: row.protocol,
  payer: row.payer,
  ...(row.agent === "" ? {} : { agent: row.agent }),
  ...(row.principal === "" ? {} : { principal: row.principal }),
  currency: row.currency,
  minor: row.minor,
  returned: row.returned,
  ...(row.units === null ? {} : { units: row.units }),
  latencyMillis: Number(row.latency),
  outcome: row.outcome,
  ...(row.code === null ? {} : { code: row.code })
})
