/**
 * How the demo ends: the developer is paid out what the tool took, less the gateway's fee, and the three books agree: the
 * ledger's, the gateway's and Stripe's.
 */
import { Ledger } from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import { Book } from "@paylayer/gateway/Book"
import { Bookkeeper } from "@paylayer/gateway/Bookkeeper"
import { Payouts } from "@paylayer/gateway/Payouts"
import { StripeSandbox } from "@paylayer/gateway/StripeSandbox"
import * as Effect from "effect/Effect"

const developer = "acme"

interface Sums {
  readonly currency: Money.Money["currency"]
  /** What the ledger settled, what the gateway keeps, what Stripe transferred, in minor units. */
  readonly taken: bigint
  readonly fee: bigint
  readonly paid: bigint
}

const line = ({ currency, fee, paid, taken }: Sums): string => {
  const amount = (minor: bigint) => Money.decimalString({ currency, minor }).padStart(6)
  return `  ${currency} ${amount(taken)} taken − ${amount(fee)} fee = ${amount(paid)} paid out`
}

/** Pays out everything, and says whether it adds up to the last minor unit. */
export const settle = Effect.gen(function* () {
  yield* (yield* Bookkeeper).catchUp
  const book = yield* Book
  const payouts = yield* Payouts
  const settled = yield* (yield* Ledger).list({ states: ["settled"] })
  const made = yield* Effect.forEach(yield* book.payable(developer), ({ currency }) =>
    payouts.create(developer, currency)
  )
  const transfers = yield* (yield* StripeSandbox).transfers
  const sums = yield* Effect.forEach(made, ({ money: { currency } }) =>
    Effect.gen(function* () {
      const taken = settled.reduce(
        (sum, { charge }) => (charge.money.currency === currency ? sum + charge.money.minor : sum),
        0n
      )
      // Income stands on the credit side.
      const fee = -(yield* book.balance({ kind: "fees", owner: "", currency }))
      const paid = transfers.reduce(
        (sum, transfer) => (transfer.currency === currency.toLowerCase() ? sum + transfer.amount : sum),
        0n
      )
      return { currency, taken, fee, paid }
    })
  )
  const left = yield* book.payable(developer)
  const wrong = yield* (yield* Bookkeeper).audit
  const addsUp =
    sums.length > 0 &&
    left.length === 0 &&
    wrong.length === 0 &&
    made.every(({ state }) => state === "paid") &&
    sums.every(({ fee, paid, taken }) => fee >= 0n && taken - fee === paid)
  return { lines: sums.map(line), addsUp, transfers: transfers.length }
})
