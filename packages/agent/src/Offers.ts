/**
 * The offers of an answer that asks for payment, for wallets whose protocol says no more than what it costs.
 */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Offer, Unpaid } from "./Wallet.ts"

const decodeRequest = Schema.decodeUnknownResult(
  Schema.Struct({
    amount: Schema.String.check(Schema.isPattern(/^(?:0|[1-9][0-9]{0,30})$/)),
    currency: Currency.Currency,
    recipient: Schema.String,
    methodDetails: Schema.optionalKey(Schema.Json)
  })
)

/** What a challenge of the `Payment` scheme asks for, where it is a charge of money that is known here. */
const offerOf = ({ intent, request }: PaymentChallenge.PaymentChallenge): ReadonlyArray<Offer> => {
  const read = Result.flatMap(decodeRequest(request), ({ amount, currency, methodDetails = {}, recipient }) =>
    Result.map(Money.fromMinor(currency, BigInt(amount)), (money) => ({
      money,
      merchant: recipient,
      details: methodDetails
    }))
  )
  return intent === "charge" && Result.isSuccess(read) ? [read.success] : []
}

/**
 * The offers that the answer lists for one protocol, in the merchant's order: those of its problem document, and of a merchant that
 * has none, those of `WWW-Authenticate`. An amount that cannot be read is no offer.
 */
export const listed =
  (protocol: string) =>
  ({ headers, problem }: Unpaid): ReadonlyArray<Offer> => {
    const accepts = problem?.accepts ?? []
    if (accepts.length > 0) {
      return accepts.flatMap(({ amount, currency, details, merchant, protocol: offered }) => {
        const money = Money.parse(currency, amount)
        return offered === protocol && Result.isSuccess(money) ? [{ money: money.success, merchant, details }] : []
      })
    }
    const method = PaymentChallenge.method(protocol)
    return PaymentChallenge.fromHeader(headers["www-authenticate"] ?? "")
      .filter((challenge) => challenge.method === method)
      .flatMap(offerOf)
  }
