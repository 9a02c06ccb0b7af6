/**
 * A sale: one request, what it costs, and the handler that makes what is bought.
 */
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Charge } from "./Charge.ts"
import type { Mandate } from "./Mandate.ts"
import type { Money } from "./Money.ts"
import type { PaidRequest } from "./PaidRequest.ts"
import type { Price } from "./Price.ts"
import type { Receipt } from "./Receipt.ts"

/** Something for sale: one request, and what it costs. */
export interface Sale<A> {
  readonly request: PaidRequest
  readonly price: Price
  /** Chooses between several instances of one protocol; the merchant of those that name none. */
  readonly merchant?: string
  readonly category?: string
  readonly description?: string
  /** The host's own name for what is sold: a route's pattern, a tool's name. Default: the resource without its query. */
  readonly tool?: string
  /** Refuses a request without an `Idempotency-Key`, where a credential may be used many times. */
  readonly keyRequired?: boolean
  /**
   * The price is the most: it is authorized, and `capture` says how much of it is taken. Only protocols whose manifest declares
   * `partial-capture` are offered and taken, in the currencies that it lists: no quote converts it.
   */
  readonly upTo?: boolean
  /** Asked when the handler is done, before anything moves. Where it fails the call is refused, and nothing is charged. */
  readonly capture?: (value: A, payment: Payment) => Effect.Effect<Capture, unknown>
  /** How the answer is kept for the same request under the same key. Without it a repetition gets its receipt, not the answer. */
  readonly keep?: {
    readonly encode: (value: A) => Schema.Json | undefined
    readonly decode: (json: Schema.Json) => A
  }
}

/** What is taken for what was made, and what is written beside it. */
export interface Capture {
  /**
   * At most the charge's money, in its currency; less only with `upTo`. Default: all of it. For zero nothing is taken: the value
   * is given without a receipt, the charge is released and its key is free.
   */
  readonly money?: Money
  /** What was measured of the call: kept on the charge, written in the same step of the ledger as its delivery. No secret. */
  readonly usage?: Schema.Json
}

/** What a handler may know of the payment it is working for. */
export interface Payment {
  readonly charge: Charge
  /** The protocol's manifest id. */
  readonly protocol: string
  readonly mandate: Mandate
}

/** What was delivered, and the evidence that it was paid. */
export interface Sold<A> {
  readonly value: A
  /** Absent only where nothing was taken, and where the agent had paid before and fulfilment is not confirmed yet. */
  readonly receipt: Receipt | undefined
  /** Whether this is the stored answer of an earlier, equal request. */
  readonly replayed: boolean
}

/** Makes what is sold. It runs at most once per charge, after the provider agreed and before the money moves. */
export type Handler<A, E, R> = (payment: Payment) => Effect.Effect<A, E, R>
