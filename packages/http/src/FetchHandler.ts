/**
 * Paid handlers for everything that speaks fetch: Hono, Next, Bun, Deno, Workers, `(request: Request) => Promise<Response>`.
 *
 * @example
 * const runtime = ManagedRuntime.make(paywall)
 * const paid = FetchHandler.make(runtime, { price: Price.make({ CNY: "15.00" }) })
 * app.get("/report", (c) => paid(() => c.json({ answer: 42 }))(c.req.raw))
 *
 * ## Details
 *
 * - Everything that is true of `PaidRoute` is true here; the two share their code.
 * - When the handler rejects or throws, nothing is charged and the returned promise rejects with the same reason.
 * - The abort signal of the request is the client going away: the paywall's `disconnect` says what becomes of the sale.
 * - A body that is complete at once and has at most 256 KiB is kept for repetitions; any other is a stream, which is sent as
 *   it comes, after settlement. `text/event-stream` is always a stream.
 * - The request that is passed in stays readable: payment reads a clone.
 * - Nothing global is replaced.
 * - A handler has one price: wrapping a paid one throws `TwoPrices`. Where another function is in between, the first paid request
 *   shows it: 500 `price_invalid`.
 */
import { Paywall } from "@paylayer/core/Paywall"
import type { Payment } from "@paylayer/core/Sale"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Cookies from "effect/http/Cookies"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { answer } from "./internal/answering.ts"
import { abandon, begun, buffered } from "./internal/bufferedResponse.ts"
import { bodyLimit, bodyOf, incomingRequest } from "./internal/incomingRequest.ts"
import type { PaidOptions } from "./PaidOptions.ts"
import { asking, twice } from "./PricedBody.ts"
import { once } from "./TwoPrices.ts"

/** Options of a paid handler; a price function gets its own copy of the request, body included. */
export type Options<R = never, Body = Uint8Array> = PaidOptions<Request, R, Body>

/** Makes what is sold. The request is a copy whose body can be read. */
export type Handler = (request: Request, payment: Payment) => Promise<Response> | Response

/** A paid handler. Rejects when the handler does, when the client goes away, and when the layer cannot be built. */
export type FetchHandler = (request: Request) => Promise<Response>

/** The copies that handlers of a sale were given. */
const sold = new WeakSet<Request>()

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]

/** The handler's own reason, boxed so that it is told apart from ours. */
class Rejected {
  readonly reason: unknown
  constructor(reason: unknown) {
    this.reason = reason
  }
}
const rejected = (reason: unknown) => new Rejected(reason)

/** How a sale that has to wait for something ended; the signal interrupts it. */
const ended = <A, E>(fiber: Fiber.Fiber<A, E>, signal: AbortSignal) =>
  new Promise<Exit.Exit<A, E>>((resolve) => {
    const abort = () => fiber.interruptUnsafe()
    fiber.addObserver((exit) => {
      signal.removeEventListener("abort", abort)
      resolve(exit)
    })
    if (signal.aborted) abort()
    else signal.addEventListener("abort", abort, { once: true })
  })

/** With its headers as a record, which frameworks on Node take as they are. */
const toWeb = (answer: HttpServerResponse.HttpServerResponse, request: Request): Response => {
  const { body, cookies, headers, status, statusText } = answer
  const withoutBody = request.method === "HEAD"
  if (body._tag !== "Uint8Array" || withoutBody || (status !== 200 && status < 400) || !Cookies.isEmpty(cookies)) {
    return HttpServerResponse.toWeb(answer, { withoutBody })
  }
  return new Response(body.text ?? (body.body as Uint8Array<ArrayBuffer>), {
    status,
    headers: { ...headers },
    ...(statusText === undefined ? {} : { statusText })
  })
}

const copy = (request: Request, body: Uint8Array): Request =>
  new Request(request, request.body === null ? {} : { body: body as Uint8Array<ArrayBuffer> })

/**
 * Sells what fetch handlers make. Routes that share a paywall share a runtime; a layer gets a runtime of its own, so give one
 * only where there is a single `make`.
 */
export const make = <R, E, RP extends R = never, Body = Uint8Array>(
  services: ManagedRuntime.ManagedRuntime<Paywall | R, E> | Layer.Layer<Paywall | R, E>,
  options: Options<RP, Body>
): ((handler: Handler) => FetchHandler) => {
  const runtime = ManagedRuntime.isManagedRuntime(services)
    ? (services as ManagedRuntime.ManagedRuntime<Paywall | R, E>)
    : ManagedRuntime.make(services as Layer.Layer<Paywall | R, E>)
  const limit = bodyLimit(options.maxBodySize)
  const selling = (handler: Handler, request: Request) =>
    Effect.gen(function* () {
      let delivered: HttpServerResponse.HttpServerResponse | undefined
      const sent = yield* answer(
        yield* Paywall,
        options,
        {
          ...incomingRequest(HttpServerRequest.fromWeb(request), limit),
          // A copy is made only where the body is needed.
          body: Effect.suspend(() => bodyOf(HttpServerRequest.fromWeb(request.clone()), limit)),
          methods
        },
        sold.has(request) ? twice : asking(options, (body) => copy(request, body)),
        (body, payment) =>
          Effect.tryPromise({
            try: async () => {
              const own = copy(request, body)
              sold.add(own)
              return begun(await handler(own, payment))
            },
            catch: rejected
          }).pipe(
            Effect.flatMap((response) => buffered(response, rejected)),
            Effect.tap((response) => Effect.sync(() => (delivered = response)))
          )
      )
      // A stream that was made and then not paid for is never read.
      if (delivered !== undefined && delivered.body !== sent.body) abandon(delivered)
      return toWeb(sent, request)
    })
  return (handler) =>
    once(handler, async (request) => {
      const fiber = runtime.runFork(selling(handler, request))
      const exit = fiber.pollUnsafe() ?? (await ended(fiber, request.signal))
      if (Exit.isSuccess(exit)) return exit.value
      if (request.signal.aborted) throw request.signal.reason
      const error = Cause.squash(exit.cause)
      throw error instanceof Rejected ? error.reason : error
    })
}
