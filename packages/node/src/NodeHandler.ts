/**
 * Paid handlers for `node:http`: `(request, response) => …`.
 *
 * @example
 * const runtime = ManagedRuntime.make(paywall)
 * const paid = NodeHandler.make(runtime, { price: Price.make({ CNY: "15.00" }) })
 * http.createServer(paid((request, response) => response.end("growing")))
 *
 * ## Details
 *
 * - Everything that is true of `PaidRoute` and `FetchHandler` is true here; they share their code.
 * - The response is held until the money is settled, in whichever way it is written. A body that ends at once and has at most
 *   256 KiB is kept for repetitions; any other is a stream, which goes on as it comes, after settlement.
 * - When the handler throws or rejects, nothing is charged, the answer is 500 and the log says why.
 * - The connection closing is the client going away: the paywall's `disconnect` says what becomes of the sale.
 * - The body is read before payment, and the handler can read it again in whichever way.
 * - A handler has one price: wrapping a paid one throws `TwoPrices`. Where another function is in between, the first paid request
 *   shows it: 500 `price_invalid`.
 */
import type { Paywall } from "@paylayer/core/Paywall"
import type { Payment } from "@paylayer/core/Sale"
import type { PaidOptions } from "@paylayer/http/PaidOptions"
import { once } from "@paylayer/http/TwoPrices"
import type * as Layer from "effect/Layer"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import type { IncomingMessage, ServerResponse } from "node:http"
import { selling } from "./internal/selling.ts"

/** Options of a paid handler; a price function gets the request, whose body it need not read: it is the second argument. */
export type Options<R = never, Body = Uint8Array> = PaidOptions<IncomingMessage, R, Body>

/** Makes what is sold, and writes it. */
export type Handler = (request: IncomingMessage, response: ServerResponse, payment: Payment) => unknown

/** Sells what handlers write. Routes that share a paywall share a runtime; a layer gets a runtime of its own. */
export const make = <R, E, RP extends R = never, Body = Uint8Array>(
  services: ManagedRuntime.ManagedRuntime<Paywall | R, E> | Layer.Layer<Paywall | R, E>,
  options: Options<RP, Body>
): ((handler: Handler) => (request: IncomingMessage, response: ServerResponse) => void) => {
  const sell = selling(services, options)
  return (handler) =>
    once(handler, (request, response) => {
      sell(request, response, (payment) => handler(request, response, payment))
    })
}
