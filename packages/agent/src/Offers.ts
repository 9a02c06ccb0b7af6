/**
 * The offers of a problem document, for wallets whose protocol says no more than what it costs.
 */
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import type { Offer, Unpaid } from "./Wallet.ts"

/** The offers that the answer lists for one protocol, in the merchant's order. An amount that cannot be read is no offer. */
export const listed =
  (protocol: string) =>
  ({ problem }: Unpaid): ReadonlyArray<Offer> =>
    (problem?.accepts ?? []).flatMap(({ amount, currency, details, merchant, protocol: offered }) => {
      const money = Money.parse(currency, amount)
      return offered === protocol && Result.isSuccess(money) ? [{ money: money.success, merchant, details }] : []
    })
