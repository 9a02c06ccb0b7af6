/**
 * The manifest: what a protocol declares about itself, as data. The host routes and reports by it and never asks which
 * protocol it is talking to.
 */
import * as Schema from "effect/Schema"
import { Currency } from "./Currency.ts"

/** The version of the contract. A plug-in states the one it was written for. */
export const contractVersion = "1.0"

/**
 * What makes a request a candidate: a header that is there, or, with `scheme`, an authentication scheme in it (compared
 * without case), whose credentials begin with `prefix` (compared exactly).
 */
export const Trigger = Schema.Struct({
  /** In lower case. */
  header: Schema.String.check(Schema.isPattern(/^[!#$%&'*+.^_`|~0-9a-z-]+$/)),
  scheme: Schema.optionalKey(Schema.String),
  prefix: Schema.optionalKey(Schema.String)
})
export type Trigger = (typeof Trigger)["Type"]

export const Manifest = Schema.Struct({
  /** Unique among protocols; two instances of one protocol share it and differ in `merchant`. */
  id: Schema.String.check(Schema.isPattern(/^[a-z][a-z0-9-]*$/)),
  contract: Schema.Literal(contractVersion),
  displayName: Schema.NonEmptyString,
  /**
   * What "settle" means. `authorize-then-settle`: it charges, after the handler. `prepaid-then-confirm`: the agent has paid
   * already; it confirms fulfilment to the provider.
   */
  flow: Schema.Literals(["authorize-then-settle", "prepaid-then-confirm"]),
  /** `once`: a credential buys one request and is bound to it. `many`: it buys as many as its terms allow. */
  use: Schema.Literals(["once", "many"]),
  identityType: Schema.NonEmptyString,
  paymentType: Schema.NonEmptyString,
  /** The headers and schemes that make a request a candidate. */
  triggers: Schema.NonEmptyArray(Trigger),
  /** Other request headers that `detect` reads beside them, in lower case: what a browser must be allowed to send. */
  reads: Schema.optionalKey(Schema.Array(Schema.String)),
  currencies: Schema.NonEmptyArray(Currency),
  /**
   * `standing`: a challenge says the same for every charge of one price, merchant and category, so that one answer 402 may be
   * given to everybody. Absent: it is made anew for each charge.
   */
  challenge: Schema.optionalKey(Schema.Literal("standing")),
  /**
   * The optional methods that are there; and `partial-capture`: a charge that was verified may be settled, and looked up, with less
   * money than it was verified with, and what was held beyond that is given back.
   */
  capabilities: Schema.Array(Schema.Literals(["release", "refund", "partial-capture"])),
  /** The only merchant this instance charges for, as the provider knows it. Absent: any. */
  merchant: Schema.optionalKey(Schema.String)
})
export interface Manifest extends Schema.Schema.Type<typeof Manifest> {}
