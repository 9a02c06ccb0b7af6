/**
 * What a ledger does about a refund, decided on the charge as it stands: a ledger reads the charge, asks here, and writes the
 * line that comes out, all in one step.
 */
import * as Result from "effect/Result"
import * as Ledger from "./Ledger.ts"
import * as Money from "./Money.ts"
import * as Refund from "./Refund.ts"

/** A decision: the charge with one line more, or as it was. */
export interface Decision {
  readonly entry: Ledger.Entry
  readonly refund: Refund.Refund
}

type Decided<A> = Result.Result<A, Ledger.LedgerError | Ledger.RefundRefused>

const error = (message: string) => Result.fail(new Ledger.LedgerError({ message }))

const refuse = (because: Ledger.RefundRefused["because"], entry: Ledger.Entry) =>
  Result.fail(new Ledger.RefundRefused({ because, state: entry.state, left: Refund.left(entry) }))

const find = (entry: Ledger.Entry, id: string) => Refund.of(entry).find((refund) => refund.id === id)

/** The charge with one line more. What is given back whole is `refunded` with that line. */
const noted = (
  entry: Ledger.Entry,
  owner: string,
  at: Ledger.Moment,
  refund: Refund.Line,
  cause?: string
): Decision => {
  const line: Ledger.JournalLine = {
    state: entry.state,
    owner,
    ...at,
    ...(cause === undefined ? {} : { cause }),
    refund
  }
  const next = { ...entry, owner, journal: [...entry.journal, line] }
  if (refund.to !== "refunded" || !Money.equals(Refund.returned(next), next.charge.money)) {
    return { entry: next, refund: find(next, refund.id)! }
  }
  const state = "refunded" as const
  const whole = { ...next, state, journal: [...entry.journal, { ...line, state }] }
  return { entry: whole, refund: find(whole, refund.id)! }
}

/** Claims a part of what was taken, before anybody asks the provider. */
export const claim = (
  entry: Ledger.Entry,
  { id, money, reason }: Ledger.RefundClaim,
  owner: string,
  at: Ledger.Moment
): Decided<Decision & { readonly _tag: "Claimed" | "Existing" }> => {
  const before = find(entry, id)
  if (before !== undefined) {
    return money === undefined || Money.equals(money, before.money)
      ? Result.succeed({ _tag: "Existing", entry, refund: before })
      : refuse("conflict", entry)
  }
  if (entry.state !== "settled") return refuse("not-settled", entry)
  const left = Refund.left(entry)
  const wanted = money ?? left
  if (wanted.currency !== left.currency) return refuse("currency", entry)
  if (wanted.minor === 0n || wanted.minor > left.minor) return refuse("exceeds", entry)
  const line = { id, to: "claimed" as const, money: wanted, ...(reason === undefined ? {} : { reason }) }
  return Result.succeed({ _tag: "Claimed", ...noted(entry, owner, at, line) })
}

/** Moves a refund along `Refund.transitions`. Only who has the claim says what came of it. */
export const advance = (
  entry: Ledger.Entry,
  id: string,
  { to, receipt, cause, forsakenBefore = -Infinity }: Ledger.RefundStep,
  owner: string,
  at: Ledger.Moment
): Decided<Decision> => {
  const before = find(entry, id)
  if (before === undefined) return error(`charge ${entry.charge.id} has no refund ${id}`)
  const { state } = before
  if (!Refund.transitions[state].includes(to)) return error(`refund ${id} is ${state} and cannot become ${to}`)
  if (state === "claimed" && to === "claimed" && before.atMillis >= forsakenBefore) {
    return error(`refund ${id} is being asked for`)
  }
  if (state === "claimed" && to !== "claimed" && before.owner !== owner) {
    return error(`refund ${id} belongs to another host`)
  }
  if (state === "declined" && before.money.minor > Refund.left(entry).minor) return refuse("exceeds", entry)
  return Result.succeed(noted(entry, owner, at, { id, to, ...(receipt === undefined ? {} : { receipt }) }, cause))
}
