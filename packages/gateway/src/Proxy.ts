/**
 * Calls of HTTP tools: paid, or free, and passed on.
 *
 * ## Details
 *
 * - A paid answer is held up to 256 KiB, so that what breaks off is not charged; a larger one is a stream, which begins once the
 *   money is settled. A stream that then breaks is refunded, where the protocol can.
 * - An answer of 400 and above is passed on and not charged; a redirect, a demand for payment and everything that goes wrong on
 *   the way is a problem document of the gateway's, and not charged either.
 * - What is priced by unit is held as a whole, since it is paid for by what it says it is; an answer that does not say is not charged.
 * - The body of a paid request is read before it is paid for, since the payment is bound to it; that of a free one is a stream.
 */
import * as Price from "@paylayer/core/Price"
import * as Money from "@paylayer/core/Money"
import type { Payment } from "@paylayer/core/Sale"
import type { Currency } from "@paylayer/core/Currency"
import * as HostAdapter from "@paylayer/http/HostAdapter"
import type { SaleOptions } from "@paylayer/http/PaidOptions"
import * as PricedBody from "@paylayer/http/PricedBody"
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import type { IncomingMessage } from "node:http"
import { Readable } from "node:stream"
import * as GatewayProblem from "./GatewayProblem.ts"
import * as Calling from "./internal/calling.ts"
import * as Measuring from "./internal/measuring.ts"
import * as RequestBody from "./internal/requestBody.ts"
import * as Targeting from "./internal/targeting.ts"
import type { Selling } from "./Selling.ts"
import type { Asked, Decimals, PricedRequest } from "./Tool.ts"
import type { Answer } from "./Upstream.ts"
import { UpstreamError } from "./UpstreamError.ts"

type Response = HttpServerResponse

const free = (selling: Selling, request: HttpServerRequest, source: IncomingMessage, path: string) =>
  Effect.flatMap(RequestBody.passing(request, source, ByteSize.toBigInt(selling.tool.upstream.maxRequest)), (body) =>
    body === "too large"
      ? Effect.succeed(GatewayProblem.make("request_too_large", "the body is larger than this tool takes"))
      : Effect.matchEffect(
          Calling.forward(selling, source, path, body, {
            charge: undefined,
            plain: false,
            hold: HostAdapter.largestKept
          }),
          {
            onFailure: (error) => Calling.told(error),
            onSuccess: (answer) => Effect.succeed(Calling.responseOf(selling, answer))
          }
        )
  )

const decimals = (priced: Decimals): Effect.Effect<Price.Price, Money.MoneyError> =>
  Effect.fromResult(
    Result.flatMap(
      Result.all(Object.entries(priced).map(([currency, text]) => Money.parse(currency as Currency, text))),
      Price.fromAmounts
    )
  )

const ask = (price: Asked["price"], request: PricedRequest): Effect.Effect<Price.Price, unknown> =>
  Effect.suspend(() => {
    const said = price(request)
    return Effect.flatMap(Effect.isEffect(said) ? said : Effect.tryPromise(() => Promise.resolve(said)), decimals)
  })

/** The headers that a price may depend on. */
const visible = ({ credentials }: Selling, source: IncomingMessage): PricedRequest["headers"] =>
  Object.fromEntries(
    Object.entries(source.headers).flatMap(([name, value]) => {
      const text = Array.isArray(value) ? value.join(", ") : (value ?? "")
      return name === "cookie" || credentials.isOne(name) || credentials.holdsOne(name, text) ? [] : [[name, text]]
    })
  )

const askingOf = (selling: Selling, source: IncomingMessage, rest: string): PricedBody.Asking<never> => {
  const { price } = selling.tool
  switch (price._tag) {
    case "Fixed":
      return asking(price.price)
    case "PerUnit":
      return asking(price.most)
    case "Asked":
      return asking((body) =>
        ask(price.price, { method: source.method ?? "GET", path: rest, headers: visible(selling, source), body })
      )
    default:
      return PricedBody.twice
  }
}

const asking = (price: PricedBody.BodyPricing<Uint8Array, never, Uint8Array>): PricedBody.Asking<never> =>
  PricedBody.asking<Uint8Array, never, Uint8Array>({ price }, (body) => body)

const optionsOf = ({ realm, tool }: Selling): SaleOptions => ({
  tool: tool.slug,
  realm,
  maxBodySize: tool.upstream.maxRequest,
  methods: tool.methods,
  ...(tool.category === undefined ? {} : { category: tool.category }),
  ...(tool.title === undefined ? {} : { description: tool.title })
})

/** The stream that a response sends, if it is one. */
const streamOf = ({ body }: Response): Readable | undefined =>
  body._tag === "Raw" && body.body instanceof Readable ? body.body : undefined

/** Gives back what was taken for an answer that then broke off. A client that leaves is no reason to. */
const refunded = ({ paywall }: Selling, chargeId: string) =>
  paywall.refund({ chargeId, refundId: "broken-off", reason: "the answer broke off" }).pipe(
    Effect.matchEffect({
      onSuccess: () => Effect.logWarning(`charge ${chargeId} was refunded: its answer broke off`),
      onFailure: (error) =>
        Effect.logError(`charge ${chargeId} is paid and its answer broke off; it was not refunded: ${error.message}`)
    })
  )

const unmeasured = new UpstreamError({
  reason: "unmeasured",
  detail: "the tool's answer does not say how much it is"
})

const paid = Effect.fnUntraced(function* (
  selling: Selling,
  request: HttpServerRequest,
  source: IncomingMessage,
  path: string,
  rest: string
) {
  const { price } = selling.tool
  const isMetered = price._tag === "PerUnit"
  const began = yield* Clock.currentTimeMillis
  let units: bigint | undefined
  let made: { readonly stream: Readable; readonly chargeId: string } | undefined
  const answered = (answer: Answer, chargeId: string): Effect.Effect<Response> => {
    if (isMetered && answer.status < 400) {
      units = Measuring.unitsOf(price.measure, answer)
      if (units === undefined) return Calling.told(unmeasured, chargeId)
    }
    if (answer.body instanceof Readable) made = { stream: answer.body, chargeId }
    return Effect.succeed(Calling.responseOf(selling, answer))
  }
  const response = yield* HostAdapter.answer(
    selling.paywall,
    {
      ...optionsOf(selling),
      upTo: isMetered,
      capture: (_, payment) => Measuring.capture(selling, payment, units, began)
    },
    {
      ...HostAdapter.incomingRequest(request, selling.tool.upstream.maxRequest),
      methods: selling.tool.methods
    },
    askingOf(selling, source, rest),
    (body: Uint8Array, { charge: { id } }: Payment) =>
      Effect.matchEffect(
        Calling.forward(selling, source, path, body.length === 0 ? undefined : body, {
          charge: id,
          plain: isMetered,
          hold: isMetered ? "all" : HostAdapter.largestKept
        }),
        { onFailure: (error) => Calling.told(error, id), onSuccess: (answer) => answered(answer, id) }
      )
  ).pipe(Effect.onInterrupt(() => Effect.sync(() => void made?.stream.destroy())))
  if (made === undefined) return response
  const { chargeId, stream } = made
  // A stream that was made and then not paid for is never read.
  if (streamOf(response) !== stream) {
    stream.destroy()
    return response
  }
  // An answer that is not charged may break as it likes.
  if (response.status >= 400) return response
  const context = yield* Effect.context<never>()
  const fork = Effect.runForkWith(context)
  const broke = (error: Error | null) => {
    if (error instanceof UpstreamError) fork(refunded(selling, chargeId))
  }
  if (stream.errored !== null) broke(stream.errored)
  else stream.once("error", broke)
  return response
})

/** Answers a call of an HTTP tool; `rest` is what follows its slug. */
export const answer = (
  selling: Selling,
  request: HttpServerRequest,
  source: IncomingMessage,
  rest: string
): Effect.Effect<Response> => {
  const { method } = request
  const { methods, price, upstream } = selling.tool
  const path = Targeting.pathFor(upstream.url, rest)
  if (path === undefined)
    return Effect.succeed(GatewayProblem.make("path_invalid", "the path leads out of this tool, or is no path"))
  const isFree = price._tag === "Free"
  if (isFree ? methods.includes(method === "HEAD" ? "GET" : method) : methods.includes(method))
    return isFree ? free(selling, request, source, path) : paid(selling, request, source, path, rest)
  if (method === "OPTIONS" || (method === "HEAD" && !isFree)) return paid(selling, request, source, path, rest)
  return Effect.succeed(
    GatewayProblem.make("method_not_allowed", `this tool takes ${methods.join(", ")}`, {
      headers: { allow: methods.join(", ") }
    })
  )
}
