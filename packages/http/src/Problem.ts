/**
 * The problem document of a refusal (RFC 9457): why the resource is withheld, whether money moved, and every way to pay.
 *
 * The body says everything that the headers say, so a client that only reads JSON misses nothing.
 *
 * @example
 * { "type": "urn:paylayer:problem:payment_required", "title": "Payment required", "status": 402,
 *   "detail": "no payment credential was sent", "code": "payment_required", "retry": "after-authorization", "moved": "no",
 *   "hint": "Pay in one of the ways listed under accepts …",
 *   "accepts": [{ "protocol": "alipay-trust", "amount": "15.00", "currency": "CNY", … }] }
 */
import { Currency } from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import type { Quoted } from "@paylayer/core/Quote"
import { Receipt } from "@paylayer/core/Receipt"
import type { Offer, Refusal } from "@paylayer/core/Refusal"
import * as Schema from "effect/Schema"

/** The media type, from RFC 9457. */
export const contentType = "application/problem+json"

/** How an amount came to be that the price does not list: `amount` is `listed_amount` times `rate`, rounded as it says. */
export const AcceptQuote = Schema.Struct({
  id: Schema.String,
  source: Schema.String,
  /** Major units, as in `amount`. */
  listed_amount: Schema.String,
  listed_currency: Currency,
  rate: Schema.String,
  rounding: Schema.Literals(["up", "half-even"]),
  quoted_at: Schema.DateTimeUtcFromString,
  /** From here on the amount is another one. */
  expires_at: Schema.DateTimeUtcFromString
})

/** One way to pay. */
export const Accept = Schema.Struct({
  /** The protocol's manifest id. */
  protocol: Schema.String,
  flow: Schema.Literals(["authorize-then-settle", "prepaid-then-confirm"]),
  identity_type: Schema.String,
  payment_type: Schema.String,
  /** A decimal in major units with all its decimals: `"15.00"`. */
  amount: Schema.String,
  currency: Currency,
  /** Absent where the price lists the amount itself. */
  quote: Schema.optionalKey(AcceptQuote),
  merchant: Schema.String,
  /** The protocol's own part, in its own field names. */
  details: Schema.JsonObject,
  /** The response headers that the protocol's own specification asks for, also where they do not fit among the headers. */
  headers: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
})
export type Accept = (typeof Accept)["Type"]

export const Problem = Schema.Struct({
  /** `urn:paylayer:problem:` and the code. */
  type: Schema.String,
  title: Schema.String,
  status: Schema.Int,
  detail: Schema.String,
  /** Stable, for programs. */
  code: Schema.String,
  hint: Schema.String,
  retry: Schema.Literals(["never", "after-correction", "after-authorization", "query-first", "retryable"]),
  /** Whether money moved; what a retry is decided by. */
  moved: Schema.Literals(["no", "unknown", "yes"]),
  /** Seconds, like `Retry-After`. */
  retry_after: Schema.optionalKey(Schema.Int),
  charge_id: Schema.optionalKey(Schema.String),
  /** The identifier in ACT 2.1 that means the same. */
  act: Schema.optionalKey(Schema.String),
  /** The receipt of a charge that is settled already. */
  receipt: Schema.optionalKey(Receipt),
  accepts: Schema.Array(Accept)
})
export type Problem = (typeof Problem)["Type"]

const acceptQuote = ({ listed, quote }: Quoted): (typeof AcceptQuote)["Type"] => ({
  id: quote.id,
  source: quote.source,
  listed_amount: Money.decimalString(listed),
  listed_currency: listed.currency,
  rate: quote.rate,
  rounding: quote.rounding,
  quoted_at: quote.quotedAt,
  expires_at: quote.expiresAt
})

const accept = ({ protocol, money, quoted, merchant, headers, details }: Offer): Accept => ({
  protocol: protocol.id,
  flow: protocol.flow,
  identity_type: protocol.identityType,
  payment_type: protocol.paymentType,
  amount: Money.decimalString(money),
  currency: money.currency,
  ...(quoted === undefined ? {} : { quote: acceptQuote(quoted) }),
  merchant,
  details,
  ...(Object.keys(headers).length === 0 ? {} : { headers })
})

/** What a provider that names no time gets to recover. */
const patience = 5

/** Seconds after which a repetition makes sense. Every 503 has them, so that nobody hammers a provider that is down. */
export const retryAfter = ({ error }: Refusal): number | undefined =>
  error.retryAfter ?? (error.status === 503 ? patience : undefined)

export const fromRefusal = (refusal: Refusal): Problem => {
  const { error, offers, receipt } = refusal
  const { act, code, hint, retry, title } = error.entry
  const after = retryAfter(refusal)
  return {
    type: `urn:paylayer:problem:${code}`,
    title,
    status: error.status,
    detail: error.reason.detail,
    code,
    hint,
    retry,
    moved: error.moved,
    ...(after === undefined ? {} : { retry_after: after }),
    ...(error.chargeId === undefined ? {} : { charge_id: error.chargeId }),
    ...(act === undefined ? {} : { act }),
    ...(receipt === undefined ? {} : { receipt }),
    accepts: offers.map(accept)
  }
}

const Json = Schema.fromJsonString(Schema.toCodecJson(Problem))

/** As the body of an answer. */
export const print: (problem: Problem) => string = Schema.encodeSync(Json)

/** Reads a body. Inverse of `print`. */
export const parse = Schema.decodeUnknownResult(Json)
