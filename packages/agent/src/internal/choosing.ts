/**
 * Choosing: which offer is paid, by which wallet. The first wallet that can pay within the caps.
 */
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import type { Options } from "../Payer.ts"
import { type PurchaseError, refuse } from "../PurchaseError.ts"
import type { Offer, Unpaid, Wallet } from "../Wallet.ts"

export interface Choice {
  readonly wallet: Wallet
  readonly offer: Offer
}

const isWithin = (caps: Options["perCall"], { currency, minor }: Money.Money): boolean =>
  minor > 0n && caps.some((cap) => cap.currency === currency && minor <= cap.minor)

export const choose = (
  wallets: ReadonlyArray<Wallet>,
  caps: Options["perCall"],
  unpaid: Unpaid
): Result.Result<Choice, PurchaseError> => {
  const choices = wallets.flatMap((wallet) => wallet.offers(unpaid).map((offer): Choice => ({ wallet, offer })))
  const affordable = choices.find(({ offer }) => isWithin(caps, offer.money))
  if (affordable !== undefined) return Result.succeed(affordable)
  const [first] = choices
  if (first === undefined) {
    const offered = new Set(unpaid.problem?.accepts.map(({ protocol }) => protocol))
    const names = [...offered].join(", ") || "a protocol that is not named"
    return Result.fail(refuse("no-wallet", `the merchant takes ${names}; no wallet here pays so`))
  }
  const price = Money.print(first.offer.money)
  const caption = caps.map(Money.print).join(", ") || "nothing"
  return Result.fail(refuse("above-cap", `it costs ${price}, and one call may cost ${caption}`))
}
