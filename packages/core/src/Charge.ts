/**
 * A charge: what the merchant asks for one call.
 *
 * `binding` is a digest of merchant, method, resource and canonical body. A protocol whose credentials are used once puts it
 * into what is signed or billed, and refuses a credential whose binding differs.
 */
import * as Schema from "effect/Schema"
import { Money } from "./Money.ts"
import { Quoted } from "./Quote.ts"

/** Who is paid, and for what kind of thing. */
export const Charge = Schema.Struct({
  /** `ch_` and 32 hexadecimal digits, which begin with the time. At most one settlement ever carries it. */
  id: Schema.String,
  money: Money,
  /** What the price lists and the quote by which it is `money`, where the price does not list that currency. */
  quoted: Schema.optionalKey(Quoted),
  /** The merchant, as the provider knows it (Alipay: the seller id, 2088…). */
  merchant: Schema.String,
  /** The merchant category: an ISO 18245 code of four digits, or a word that mandates use. */
  category: Schema.optionalKey(Schema.String),
  /** For people: what is bought. */
  description: Schema.optionalKey(Schema.String),
  /** The HTTP method, or the MCP method. */
  method: Schema.String,
  /** The resource: path and query, or the tool's name. */
  resource: Schema.String,
  /** What is sold, by the host's own name for it: a route's pattern, a tool's name. */
  tool: Schema.optionalKey(Schema.String),
  /** SHA-256, Base64URL, over merchant, method, resource and the digest of the canonical body. */
  binding: Schema.String,
  /** SHA-256, Base64URL, of the `Idempotency-Key`, where one was sent: what a bill that must not be paid twice is numbered by. */
  key: Schema.optionalKey(Schema.String),
  openedAt: Schema.DateTimeUtcFromString,
  /** After this the charge is not settled any more. Never later than its quote. */
  expiresAt: Schema.DateTimeUtcFromString
})
export interface Charge extends Schema.Schema.Type<typeof Charge> {}
