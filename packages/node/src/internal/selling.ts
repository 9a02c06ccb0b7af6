/**
 * A sale over a Node request and response, for plain `node:http` and for Express.
 */
import { Paywall } from "@paylayer/core/Paywall"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import type { Payment } from "@paylayer/core/Sale"
import * as HostAdapter from "@paylayer/http/HostAdapter"
import type { PaidOptions } from "@paylayer/http/PaidOptions"
import * as PricedBody from "@paylayer/http/PricedBody"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type { IncomingMessage, ServerResponse } from "node:http"
import { HeldResponse } from "./HeldResponse.ts"
import { requestBody } from "./requestBody.ts"
import { send } from "./sending.ts"

/** Runs a handler that writes to the held response; `fail` is its other way to say that it could not. */
export type Run = (payment: Payment, fail: (error: unknown) => void) => unknown

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]

/** The handler's own reason, boxed so that it is told apart from ours. */
class Rejected {
  readonly reason: unknown
  constructor(reason: unknown) {
    this.reason = reason
  }
}

/** What Express adds to a request. */
interface Routed {
  readonly originalUrl?: string
  readonly baseUrl?: string
  readonly route?: { readonly path?: unknown }
}

/** Path and query before any router took a prefix away, and the pattern of the route. */
const routed = (request: IncomingMessage): { readonly target: string; readonly route?: string } => {
  const { baseUrl = "", originalUrl, route } = request as IncomingMessage & Routed
  const target = originalUrl ?? request.url ?? "/"
  return typeof route?.path === "string" ? { target, route: `${baseUrl}${route.path}` } : { target }
}

const incoming = (request: IncomingMessage, limit: ReturnType<typeof HostAdapter.bodyLimit>): HostAdapter.Incoming => {
  const { route, target } = routed(request)
  return {
    method: request.method ?? "GET",
    resource: HostAdapter.resourceOf(target),
    headers: RequestHeaders.fromRaw(request.rawHeaders),
    body: requestBody(request, limit),
    methods,
    ...(route === undefined ? {} : { route })
  }
}

/** What a handler writes, or its failure; whichever is first counts. */
const handled = (held: HeldResponse, run: (fail: (error: unknown) => void) => unknown) =>
  Effect.raceFirst(
    held.made,
    Effect.callback<never, Rejected>((resume) => {
      const fail = (reason: unknown) => resume(Effect.fail(new Rejected(reason)))
      // A handler that returns has not answered yet: it may do so in a callback.
      new Promise((resolve) => resolve(run(fail))).catch(fail)
    })
  )

/** Answers a failure where nobody else does. */
const broken = (response: ServerResponse): void => {
  if (response.headersSent) return void response.destroy()
  response.statusCode = 500
  response.setHeader("cache-control", "no-store")
  response.end("Internal Server Error")
}

export const selling = <R, E, RP extends R, Body, Request extends IncomingMessage>(
  services: ManagedRuntime.ManagedRuntime<Paywall | R, E> | Layer.Layer<Paywall | R, E>,
  options: PaidOptions<Request, RP, Body>
) => {
  const runtime = ManagedRuntime.isManagedRuntime(services)
    ? (services as ManagedRuntime.ManagedRuntime<Paywall | R, E>)
    : ManagedRuntime.make(services as Layer.Layer<Paywall | R, E>)
  const limit = HostAdapter.bodyLimit(options.maxBodySize)

  /** Sells, and sends. Fails with what the handler failed with, before anything was sent. */
  const sold = Effect.fnUntraced(function* (request: Request, response: ServerResponse, run: Run, late: Late) {
    let held: HeldResponse | undefined
    let made: HttpServerResponse.HttpServerResponse | undefined
    const answer = HostAdapter.answer(
      yield* Paywall,
      options,
      incoming(request, limit),
      HeldResponse.isHeld(response) ? PricedBody.twice : PricedBody.asking(options, () => request),
      (_, payment) =>
        Effect.suspend(() => {
          held = new HeldResponse(response)
          return handled(held, (fail) => run(payment, (error) => (made === undefined ? fail(error) : late(error))))
        }).pipe(Effect.tap((answer) => Effect.sync(() => (made = answer))))
    )
    const sent = yield* Effect.onError(answer, (cause) =>
      Effect.sync(() => {
        if (Cause.hasInterrupts(cause)) held?.leave()
        else held?.discard()
      })
    )
    if (held !== undefined && made !== undefined && made.body === sent.body) return held.release(sent.headers)
    held?.discard()
    send(response, sent)
    held?.swallow()
  })

  return (request: Request, response: ServerResponse, run: Run, next?: (error: unknown) => void): void => {
    const fail = (error: unknown) => (next === undefined ? broken(response) : next(error))
    const fiber = runtime.runFork(sold(request, response, run, fail))
    if (fiber.pollUnsafe() === undefined) response.once("close", () => fiber.interruptUnsafe())
    fiber.addObserver((exit) => {
      if (Exit.isSuccess(exit) || response.destroyed) return
      const error = Cause.squash(exit.cause)
      const reason = error instanceof Rejected ? error.reason : error
      if (next !== undefined) return fail(reason)
      runtime
        .runFork(Effect.logError("a paid handler failed; nothing was charged", reason))
        .addObserver(() => fail(reason))
    })
  }
}

/** Where a handler's failure goes after its answer was made. */
type Late = (error: unknown) => void
