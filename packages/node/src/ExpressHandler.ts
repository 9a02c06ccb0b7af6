/**
 * Paid handlers for Express: `app.post("/report", paid((req, res) => res.json({ answer: 42 })))`.
 *
 * @example
 * const runtime = ManagedRuntime.make(paywall)
 * const paid = ExpressHandler.make(runtime, { price: Price.make({ CNY: "15.00" }) })
 * app.post("/report", paid((req, res) => res.json({ answer: 42 })))
 *
 * ## Details
 *
 * - Everything that is true of `NodeHandler` is true here: `res.send`, `res.json`, `res.sendFile`, `res.redirect`, pipes.
 * - `paid` wraps the handler, so every path that Express routes to it is paid for, however it was spelled.
 * - Express answers a conditional GET by itself with 304 where nothing changed; that is not charged.
 * - A handler that throws, rejects or calls `next(error)` is not charged; the error goes to the error handlers of the
 *   application.
 * - A paid handler answers itself. When it passes on with `next()`, nothing is charged and the error handlers get
 *   `PassedOn` (404): whatever came after would be free.
 * - A body that `express.json()` and its siblings have parsed is what the payment is bound to.
 */
import type { Paywall } from "@paylayer/core/Paywall"
import type { Payment } from "@paylayer/core/Sale"
import type { PaidOptions } from "@paylayer/http/PaidOptions"
import { once } from "@paylayer/http/TwoPrices"
import type * as Layer from "effect/Layer"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import type { IncomingMessage, ServerResponse } from "node:http"
import { selling } from "./internal/selling.ts"

/** Options of a paid handler; a price function gets the request of Express. */
export type Options<Req extends IncomingMessage, R = never, Body = Uint8Array> = PaidOptions<Req, R, Body>

/** As Express has it: without an argument, on to the next handler; with one, to the error handlers. */
export type Next = (error?: unknown) => void

/** Makes what is sold, and sends it. */
export type Handler<Req, Res> = (request: Req, response: Res, next: Next, payment: Payment) => unknown

/** A handler as Express takes it. */
export type PaidHandler<Req, Res> = (request: Req, response: Res, next: Next) => void

/** The handler passed on instead of answering; nothing was charged. */
export class PassedOn extends Error {
  override readonly name = "PassedOn"
  /** What Express answers. */
  readonly status = 404
  constructor() {
    super("a paid handler called next() without an error; what comes after it is not paid for and was not run")
  }
}

/** Sells what handlers send. Routes that share a paywall share a runtime; a layer gets a runtime of its own. */
export const make = <R, E, RP extends R = never, Body = Uint8Array, Req extends IncomingMessage = IncomingMessage>(
  services: ManagedRuntime.ManagedRuntime<Paywall | R, E> | Layer.Layer<Paywall | R, E>,
  options: Options<Req, RP, Body>
) => {
  const sell = selling(services, options)
  return <Res extends ServerResponse, Q extends Req = Req>(handler: Handler<Q, Res>): PaidHandler<Q, Res> =>
    once(handler, (request, response, next) => {
      sell(
        request,
        response,
        (payment, fail) =>
          handler(request, response, (error?: unknown) => fail(error === undefined ? new PassedOn() : error), payment),
        next
      )
    })
}
