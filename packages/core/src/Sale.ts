/**
 * A sale: one request, what it costs, and the handler that makes what is bought.
 */
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Charge } from "./Charge.ts"
import type { Mandate } from "./Mandate.ts"
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
  /** How the answer is kept for the same request under the same key. Without it a repetition gets its receipt, not the answer. */
  readonly keep?: {
    readonly encode: (value: A) => Schema.Json | undefined
    readonly decode: (json: Schema.Json) => A
  }
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
  /** Absent only where the agent had paid before and the provider has not confirmed fulfilment yet. */
  readonly receipt: Receipt | undefined
  /** Whether this is the stored answer of an earlier, equal request. */
  readonly replayed: boolean
}

/** Makes what is sold. It runs at most once per charge, after the provider agreed and before the money moves. */
export type Handler<A, E, R> = (payment: Payment) => Effect.Effect<A, E, R>
