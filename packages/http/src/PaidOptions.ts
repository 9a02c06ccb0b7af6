/**
 * What a host says about one paid route.
 */
import type { Capture, Payment } from "@paylayer/core/Sale"
import type * as ByteSize from "effect/ByteSize"
import type * as Effect from "effect/Effect"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type { PricedBody } from "./PricedBody.ts"

/** A price, what the body must be, and everything else. */
export type PaidOptions<Request, R = never, Body = Uint8Array> = PricedBody<Request, R, Body> & SaleOptions

/** Everything but the price. */
export interface SaleOptions {
  /** Chooses between several instances of one protocol. */
  readonly merchant?: string
  /** The merchant category that mandates are checked against. */
  readonly category?: string
  /** For people: what is bought. */
  readonly description?: string
  /** The name of the tool, for limits and statistics. Default: the route's pattern where there is one, else the path. */
  readonly tool?: string
  /** Answers 400 `idempotency_key_invalid` where a credential that may be used many times comes without `Idempotency-Key`. */
  readonly keyRequired?: boolean
  /** The price is the most; `capture` says how much of it is taken. See `Sale.upTo`. */
  readonly upTo?: boolean
  /** Asked when the handler has answered, before anything moves: what is taken, and what was measured. See `Sale.capture`. */
  readonly capture?: (response: HttpServerResponse, payment: Payment) => Effect.Effect<Capture, unknown>
  /** The realm of the challenges. Default `"api"`. */
  readonly realm?: string
  /** The largest request body. Default 1 MiB; beyond it the answer is 413 `request_too_large`. */
  readonly maxBodySize?: ByteSize.Input
  /** Response headers to keep for a repetition of the request, besides `Content-*`, `ETag`, `Link`, `Location` and the like. */
  readonly keepHeaders?: ReadonlyArray<string>
  /** `Access-Control-Allow-Origin` of the answers. Absent: left to the host, for example to `PaymentCors.layer`. */
  readonly allowOrigin?: string
  /** What OPTIONS says under `Allow`. Default: the methods of the route. */
  readonly methods?: ReadonlyArray<string>
}
