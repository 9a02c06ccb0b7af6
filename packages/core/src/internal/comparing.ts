/** The comparison of what both sides say about one movement. */
import * as Ledger from "../Ledger.ts"
import type { Difference, What } from "../Reconciliation.ts"
import * as Refund from "../Refund.ts"
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
  /** What went back, refund by refund; one without an id where the charge was marked as given back by hand. */
  readonly refunds: ReadonlyArray<Recorded>
}

const back = ({ journal }: Ledger.Entry, payment: Movement, refund: Refund.Refund): Recorded => {
  const atMillis = refund.receipt?.settledAt.epochMilliseconds ?? refund.atMillis
  const claimed = journal.find((line) => line.refund?.id === refund.id)?.atMillis ?? atMillis
  return {
    kind: "refund",
    chargeId: payment.chargeId,
    refundId: refund.id,
    reference: refund.receipt?.reference ?? payment.reference,
    money: refund.money,
    atMillis,
    earliestMillis: Math.min(claimed, atMillis),
    latestMillis: Math.max(refund.atMillis, atMillis)
  }
}

/** What a ledger's entry says has moved by these protocols. */
export const account = (entry: Ledger.Entry, protocols: ReadonlyArray<string>): Account => {
  const { charge, journal, receipt, state } = entry
  if (!protocols.includes(entry.protocol) || receipt === undefined || (state !== "settled" && state !== "refunded")) {
    return { state, refunds: [] }
  }
  const atMillis = receipt.settledAt.epochMilliseconds
  const own = journal.filter((line) => line.refund === undefined)
  const lineOf = (sought: Ledger.State) => own.findLast((line) => line.state === sought)?.atMillis ?? atMillis
  const movement = { chargeId: charge.id, reference: receipt.reference, money: receipt.money }
  const openedMillis = charge.openedAt.epochMilliseconds
  const payment: Recorded = {
    ...movement,
    kind: "payment",
    atMillis,
    earliestMillis: Math.min(openedMillis, atMillis),
    latestMillis: Math.max(lineOf("settled"), atMillis)
  }
  const refunds = Refund.of(entry)
  const made = refunds.filter((refund) => refund.state === "refunded")
  if (state === "settled" || refunds.length > 0) {
    return { state, payment, refunds: made.map((refund) => back(entry, payment, refund)) }
  }
  const backMillis = lineOf("refunded")
  const refund: Recorded = {
    ...movement,
    kind: "refund",
    atMillis: backMillis,
    earliestMillis: backMillis,
    latestMillis: backMillis
  }
  return { state, payment, refunds: [refund] }
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
  const { chargeId, kind, refundId } = there[0]
  const here = kind === "payment" ? known?.payment : known?.refunds.find((refund) => refund.refundId === refundId)
  const what = here === undefined ? "missing here" : disagreement(here, there)
  if (what === undefined) return undefined
  return { what, kind, chargeId, there, ...(here && { here: plain(here) }), ...(known && { state: known.state }) }
}

/** Without what only the search needs. */
export const plain = ({ atMillis, chargeId, kind, money, reference, refundId }: Movement): Movement => ({
  kind,
  chargeId,
  reference,
  ...(refundId !== undefined && { refundId }),
  money,
  atMillis
})
