/** The comparison of what both sides say about one movement. */
import * as Ledger from "../Ledger.ts"
import type { Difference, What } from "../Reconciliation.ts"
import type { Movement } from "../Statement.ts"

/** A movement as the ledger has it, and when the provider may have made it. */
export interface Recorded extends Movement {
  readonly earliestMillis: number
  readonly latestMillis: number
}

/** A charge as the ledger has it. */
export interface Account {
  readonly state: Ledger.State
  readonly payment?: Recorded
  readonly refund?: Recorded
}

/** What a ledger's entry says has moved by these protocols. */
export const account = (entry: Ledger.Entry, protocols: ReadonlyArray<string>): Account => {
  const { charge, journal, receipt, state } = entry
  if (!protocols.includes(entry.protocol) || receipt === undefined || (state !== "settled" && state !== "refunded")) {
    return { state }
  }
  const atMillis = receipt.settledAt.epochMilliseconds
  const lineOf = (sought: Ledger.State) => journal.findLast((line) => line.state === sought)?.atMillis ?? atMillis
  const movement = { chargeId: charge.id, reference: receipt.reference, money: receipt.money }
  const openedMillis = charge.openedAt.epochMilliseconds
  const payment: Recorded = {
    ...movement,
    kind: "payment",
    atMillis,
    earliestMillis: Math.min(openedMillis, atMillis),
    latestMillis: Math.max(lineOf("settled"), atMillis)
  }
  if (state === "settled") return { state, payment }
  const backMillis = lineOf("refunded")
  const refund: Recorded = {
    ...movement,
    kind: "refund",
    atMillis: backMillis,
    earliestMillis: backMillis,
    latestMillis: backMillis
  }
  return { state, payment, refund }
}

/** What the lines of the provider say otherwise than the ledger, if anything. */
const disagreement = (here: Movement, there: ReadonlyArray<Movement>): What | undefined => {
  if (here.kind === "payment" && there.length > 1) return "repeated"
  if (there.some(({ money }) => money.currency !== here.money.currency)) return "currency"
  if (there.reduce((sum, { money }) => sum + money.minor, 0n) !== here.money.minor) return "amount"
  return there.every(({ reference }) => reference === here.reference) ? undefined : "reference"
}

/** Compares the provider's lines about one movement, at least one, with the ledger's account of its charge. */
export const compare = (
  known: Account | undefined,
  there: readonly [Movement, ...ReadonlyArray<Movement>]
): Difference | undefined => {
  const { chargeId, kind } = there[0]
  const here = known?.[kind]
  const what = here === undefined ? "missing here" : disagreement(here, there)
  if (what === undefined) return undefined
  return { what, kind, chargeId, there, ...(here && { here: plain(here) }), ...(known && { state: known.state }) }
}

/** Without what only the search needs. */
export const plain = ({ atMillis, chargeId, kind, money, reference }: Movement): Movement => ({
  kind,
  chargeId,
  reference,
  money,
  atMillis
})
