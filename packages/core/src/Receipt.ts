/**
 * A receipt: evidence of one settlement, of exactly the charge's money.
 */
import * as DateTime from "effect/DateTime"
import * as Base64Url from "effect/encoding/Base64Url"
import type { EncodingError } from "effect/encoding/EncodingError"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Currency } from "./Currency.ts"
import { Money } from "./Money.ts"
import { Quoted } from "./Quote.ts"

/** What a merchant gets: an amount, or only its currency. */
export const Settlement = Schema.Union([Money, Schema.Struct({ currency: Currency })])
export type Settlement = (typeof Settlement)["Type"]

export const Receipt = Schema.Struct({
  chargeId: Schema.String,
  /** The protocol's manifest id. */
  protocol: Schema.String,
  merchant: Schema.String,
  resource: Schema.String,
  /** What was charged. */
  money: Money,
  /** The price and the quote by which it was charged in another currency. The paywall's word, not the protocol's. */
  quoted: Schema.optionalKey(Quoted),
  /** What the merchant is settled in, where the provider says so: the currency, and the amount where that is known. */
  settlement: Schema.optionalKey(Settlement),
  /** The provider's number for the movement (Alipay: `trade_no`). */
  reference: Schema.String,
  settledAt: Schema.DateTimeUtcFromString,
  /** How it was paid, where the provider says so. */
  method: Schema.optionalKey(Schema.String),
  /** Response headers that the protocol's own specification asks for beside what was paid for; names in lower case. */
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})
export interface Receipt extends Schema.Schema.Type<typeof Receipt> {}

/** The response header that carries a receipt. The name is the one of the published `Payment` authentication drafts. */
export const header = "payment-receipt"

const Json = Schema.fromJsonString(Schema.toCodecJson(Receipt))
const encode = Schema.encodeSync(Json)
const decode = Schema.decodeUnknownResult(Json)

/** The schema's JSON, without the schema: every paid answer has one. What few receipts have is left to the schema. */
const print = (receipt: Receipt): string => {
  const { chargeId, headers, merchant, method, money, protocol, reference, resource, settledAt } = receipt
  if (receipt.quoted !== undefined || receipt.settlement !== undefined) return encode(receipt)
  return JSON.stringify({
    chargeId,
    protocol,
    merchant,
    resource,
    money: { currency: money.currency, minor: money.minor.toString() },
    reference,
    settledAt: DateTime.formatIso(settledAt),
    method,
    headers
  })
}

/** The header's value: Base64URL of the receipt's JSON. */
export const toHeader = (receipt: Receipt): string => Base64Url.encode(print(receipt))

/** Reads the header's value. Inverse of `toHeader`. */
export const fromHeader = (value: string): Result.Result<Receipt, Schema.SchemaError | EncodingError> =>
  Result.flatMap(Base64Url.decodeString(value), decode)
