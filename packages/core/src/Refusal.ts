/**
 * A refusal: the answer to a request that is not served, with every way it could be paid for.
 */
import * as Data from "effect/Data"
import type * as Schema from "effect/Schema"
import type { Manifest } from "./Manifest.ts"
import type { Money } from "./Money.ts"
import type * as PaymentError from "./PaymentError.ts"
import type { Quoted } from "./Quote.ts"
import type { Receipt } from "./Receipt.ts"

/** One way to pay, as the answer 402 lists it. */
export interface Offer {
  readonly protocol: Manifest
  readonly money: Money
  /** How the price came to be in this currency, where it does not list it. The offer is good as long as the quote. */
  readonly quoted?: Quoted
  readonly merchant: string
  readonly headers: Readonly<Record<string, string>>
  readonly details: Schema.JsonObject
}

/** Why the resource is withheld, and, with status 402, how it could be paid for. */
export class Refusal extends Data.TaggedError("Refusal")<{
  readonly error: PaymentError.PaymentError
  readonly offers: ReadonlyArray<Offer>
  /** The receipt of a charge that is settled already. */
  readonly receipt?: Receipt
}> {
  override get message(): string {
    return this.error.message
  }
}
