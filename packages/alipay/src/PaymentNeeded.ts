/**
 * A bill: what the header `Payment-Needed` of an answer 402 asks an agent to pay, signed by the seller.
 *
 * The header is Base64URL of JSON with the members `protocol` and `method`. Every value is text, since the signature is over the
 * text: RSA2 over exactly eight fields, sorted by name, joined as `name=value` with `&`. Source: Alipay's AI 收 (Machine Pay).
 *
 * @example
 * const bill = yield* PaymentNeeded.sign(privateKey, unsigned)
 * PaymentNeeded.toHeader(bill)                               // "eyJwcm90b2NvbCI6…"
 * yield* PaymentNeeded.isSigned(publicKey, bill)             // true
 */
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as HeaderJson from "./internal/headerJson.ts"
import * as Fields from "./internal/iacFields.ts"
import * as Rsa2 from "./Rsa2.ts"
import * as SigningContent from "./SigningContent.ts"

/** The response header, in lower case. */
export const header = "payment-needed"

const Amount = Schema.String.check(
  Schema.makeFilter(
    (text: string) => Result.isSuccess(Money.parse("CNY", text)) || "must be yuan with at most two decimals"
  )
)

export const PaymentNeeded = Schema.Struct({
  protocol: Schema.Struct({
    /** The merchant's number of the order: at most 64 letters, digits and `_`. */
    out_trade_no: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_]{1,64}$/)),
    /** Yuan. */
    amount: Amount,
    currency: Schema.Literal("CNY"),
    resource_id: Fields.Text,
    /** ISO 8601 with a zone. Nobody takes money for the bill afterwards. */
    pay_before: Schema.String.check(
      Schema.makeFilter(
        (text: string) => Fields.readInstant(text) !== undefined || "must be an ISO 8601 time with a zone"
      )
    ),
    seller_signature: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9+/]{300,1400}={0,2}$/)),
    seller_sign_type: Schema.Literal("RSA2"),
    seller_unique_id: Fields.Text
  }),
  method: Schema.Struct({
    seller_name: Fields.Text,
    /** `2088…` */
    seller_id: Fields.Text,
    seller_app_id: Fields.Text,
    goods_name: Fields.Text,
    /** Which member `seller_unique_id` repeats. */
    seller_unique_id_key: Schema.Literal("seller_id"),
    /** What the seller has registered at Alipay, with its price. */
    service_id: Fields.Text
  })
})
export interface PaymentNeeded extends Schema.Schema.Type<typeof PaymentNeeded> {}

/** A bill that is to be signed. */
export interface Unsigned {
  readonly protocol: Pick<PaymentNeeded["protocol"], "out_trade_no" | "amount" | "resource_id" | "pay_before">
  readonly method: Omit<PaymentNeeded["method"], "seller_unique_id_key">
}

/** The text that the seller signs: eight fields and no other. */
export const signedText = ({ protocol, method }: Pick<PaymentNeeded, "protocol" | "method">): string =>
  SigningContent.make({
    amount: protocol.amount,
    currency: protocol.currency,
    goods_name: method.goods_name,
    out_trade_no: protocol.out_trade_no,
    pay_before: protocol.pay_before,
    resource_id: protocol.resource_id,
    seller_id: method.seller_id,
    service_id: method.service_id
  })

/** Signs a bill with the key of the seller's application. */
export const sign = (key: Rsa2.PrivateKey, { method, protocol }: Unsigned): Effect.Effect<PaymentNeeded> => {
  const bill = {
    protocol: {
      out_trade_no: protocol.out_trade_no,
      amount: protocol.amount,
      currency: "CNY" as const,
      resource_id: protocol.resource_id,
      pay_before: protocol.pay_before,
      seller_signature: "",
      seller_sign_type: "RSA2" as const,
      seller_unique_id: method.seller_id
    },
    method: { ...method, seller_unique_id_key: "seller_id" as const }
  }
  return Effect.map(Rsa2.sign(key, signedText(bill)), (seller_signature) => ({
    ...bill,
    protocol: { ...bill.protocol, seller_signature }
  }))
}

/** Whether the seller with this key signed the bill. */
export const isSigned = (key: Rsa2.PublicKey, bill: PaymentNeeded): Effect.Effect<boolean> =>
  Rsa2.verify(key, signedText(bill), bill.protocol.seller_signature)

/** When it ends, in epoch milliseconds. */
export const endsAt = ({ protocol }: PaymentNeeded): number => Fields.readInstant(protocol.pay_before) ?? 0

/** What is to be paid. */
export const money = ({ protocol }: PaymentNeeded): Money.Money<"CNY"> =>
  Result.getOrThrow(Money.parse("CNY", protocol.amount))

/** The header's value. */
export const toHeader = ({ method, protocol }: PaymentNeeded): string =>
  Buffer.from(JSON.stringify({ protocol, method })).toString("base64url")

const read = HeaderJson.reader(PaymentNeeded)

/** Reads the header's value, or says what is wrong with it. Inverse of `toHeader`. Who signed it is not looked at. */
export const fromHeader = (text: string): Result.Result<PaymentNeeded, string> => read(text)
