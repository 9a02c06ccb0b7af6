/**
 * Refunds: a line of the charge's journal each time, decided on the charge as it stands.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Refund from "@paylayer/core/Refund"
import * as Refunding from "@paylayer/core/Refunding"
import * as Result from "effect/Result"
import type { DatabaseSync } from "node:sqlite"
import * as Rows from "./rows.ts"

type Decided<A> = Result.Result<A, Ledger.LedgerError | Ledger.RefundRefused>

export const refunding = (
  database: DatabaseSync,
  owner: string,
  find: (chargeId: string) => Result.Result<Ledger.Entry | undefined, Ledger.LedgerError>
) => {
  const move = database.prepare(
    `UPDATE paylayer_charges SET state = ?, owner = ?, changed_at = ?, lines = ?, refunding = ? WHERE id = ? RETURNING seq`
  )
  const line = database.prepare(
    "INSERT INTO paylayer_journal (charge, n, state, at, owner, cause, trace, refund) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
  )

  const write = ({ entry }: Refunding.Decision) => {
    const { charge, journal, state } = entry
    const { atMillis, cause = null, refund, traceId = null } = journal.at(-1)!
    const pending = Refund.of(entry).filter((one) => Refund.isPending(one.state)).length
    const { seq } = move.get(state, owner, atMillis, journal.length, pending, charge.id) as { readonly seq: number }
    line.run(seq, journal.length, state, atMillis, owner, cause, traceId, Rows.encodeRefund(refund!))
  }

  const decide = <A extends Refunding.Decision>(
    chargeId: string,
    decision: (entry: Ledger.Entry) => Decided<A>
  ): Decided<A> =>
    Result.flatMap(find(chargeId), (entry): Decided<A> =>
      entry === undefined
        ? Result.fail(new Ledger.LedgerError({ message: `there is no charge ${chargeId}` }))
        : Result.map(decision(entry), (decided) => {
            if (decided.entry !== entry) write(decided)
            return decided
          })
    )

  return {
    claimRefund: (chargeId: string, claim: Ledger.RefundClaim, at: Ledger.Moment): Decided<Ledger.RefundClaimed> =>
      Result.map(
        decide(chargeId, (entry) => Refunding.claim(entry, claim, owner, at)),
        ({ _tag, refund }) => ({ _tag, refund })
      ),
    advanceRefund: (
      chargeId: string,
      refundId: string,
      step: Ledger.RefundStep,
      at: Ledger.Moment
    ): Decided<Refund.Refund> =>
      Result.map(
        decide(chargeId, (entry) => Refunding.advance(entry, refundId, step, owner, at)),
        ({ refund }) => refund
      )
  }
}
