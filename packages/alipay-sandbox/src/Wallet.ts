/**
 * The wallet of the sandbox: an agent's way to pay the bill of an answer 402, in the place of the closed client that Alipay gives
 * to agents.
 *
 * It reads `Payment-Needed`, looks whether the seller has signed it, pays, and gives the `Payment-Proof` to send with the request.
 *
 * @example
 * const { wallet } = yield* AlipaySandbox
 * const { proof } = yield* wallet.pay(response.headers["payment-needed"])
 * HttpClientRequest.setHeader(request, "payment-proof", Redacted.value(proof))
 */
import type * as Money from "@paylayer/core/Money"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** The service that the sandbox sells at any price; Alipay's own sandbox calls it so. */
export const anyService = "api_mock_service_id"

/** A bill that was paid. */
export interface Payment {
  readonly trade_no: string
  readonly out_trade_no: string
  readonly resource_id: string
  readonly seller_id: string
  /** Who paid. */
  readonly payer: string
  readonly amount: Money.Money<"CNY">
  /** The value of the header `Payment-Proof`. */
  readonly proof: Redacted.Redacted<string>
  /** Whether the proof is good. */
  readonly active: boolean
  /** Whether the seller has confirmed that it delivered. */
  readonly confirmed: boolean
}

/** The wallet does not pay. Nothing moved. */
export class PaymentRefused extends Schema.TaggedError<PaymentRefused>()("PaymentRefused", {
  code: Schema.Literals([
    "BILL_UNREADABLE",
    "BILL_SIGNATURE_INVALID",
    "BILL_EXPIRED",
    "SELLER_MISMATCH",
    "SERVICE_NOT_EXIST",
    "TRADE_HAS_SUCCESS"
  ]),
  message: Schema.String
}) {}

/** No payment has this number. */
export class PaymentNotFound extends Schema.TaggedError<PaymentNotFound>()("PaymentNotFound", {
  trade_no: Schema.String
}) {}

export interface Wallet {
  /**
   * Pays the bill of a header `Payment-Needed`. The same order is paid once: the same payer gets its proof again, another one is
   * refused.
   */
  readonly pay: (bill: string, options?: { readonly payer?: string }) => Effect.Effect<Payment, PaymentRefused>
  /** All payments, in order. */
  readonly payments: Effect.Effect<ReadonlyArray<Payment>>
  /** Makes a proof good for nothing, as when the trade is closed at Alipay. Money that was paid stays paid. */
  readonly close: (tradeNo: string) => Effect.Effect<Payment, PaymentNotFound>
}
