/**
 * What a request costs, and what its body must be: asked in this order before any payment, so that nobody pays for a request
 * that the handler would refuse.
 *
 * @example
 * { body: Schema.Struct({ text: Schema.String }), price: (_, { text }) => Effect.succeed([Money.of("CNY", BigInt(text.length))]) }
 */
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Price } from "@paylayer/core/Price"
import { Refusal } from "@paylayer/core/Refusal"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { PaidOptions } from "./PaidOptions.ts"
import * as Pricing from "./Pricing.ts"

/** A price, or what it costs for this request and its body. */
export type BodyPricing<Request, R, Body> = Price | ((request: Request, body: Body) => Effect.Effect<Price, unknown, R>)

/** A body as it came, in bytes, or what a schema makes of its JSON. Any other JSON is 400 `request_invalid`. */
export type PricedBody<Request, R = never, Body = Uint8Array> = {
  readonly body?: Schema.Decoder<Body> | undefined
  /** A price function that fails, dies or returns no price makes the answer 500 `price_invalid`; nothing is charged. */
  readonly price: BodyPricing<Request, R, Body>
} & ([Body] extends [Uint8Array] ? unknown : { readonly body: Schema.Decoder<Body> })

/** The most of a schema's explanation that is told, in characters. */
const longestDetail = 500

const decoded = <Body>(schema: Schema.Decoder<Body>, bytes: Uint8Array): Result.Result<Body, string> =>
  Result.try({
    try: (): unknown => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)),
    catch: () => "the body is not JSON"
  }).pipe(
    Result.flatMap((json) => Result.mapError(Schema.decodeUnknownResult(schema)(json), ({ message }) => message)),
    Result.mapError((detail) => detail.slice(0, longestDetail))
  )

const invalid = (detail: string) =>
  new Refusal({ error: PaymentError.make(new PaymentError.RequestInvalid({ detail })), offers: [] })

/** How a request is priced. */
export interface Asking<R> {
  /** By its bytes. Fails with `request_invalid`, which says where the body is wrong, and `price_invalid`. */
  readonly price: (bytes: Uint8Array) => Effect.Effect<Price, Refusal, R>
  /** The price of every request, whatever its body. */
  readonly fixed: Price | undefined
}

export const asking = <Request, R, Body>(
  options: PricedBody<Request, R, Body>,
  request: (bytes: Uint8Array) => Request
): Asking<R> => {
  const { body, price } = options
  return {
    price: priceOf(options, request),
    fixed: body === undefined && typeof price !== "function" ? price : undefined
  }
}

const priceOf = <Request, R, Body>(
  options: PricedBody<Request, R, Body>,
  request: (bytes: Uint8Array) => Request
): Asking<R>["price"] => {
  const asked = <B>(pricing: BodyPricing<Request, R, B>, bytes: Uint8Array, body: B) =>
    Pricing.priceOf<Request, R>(typeof pricing === "function" ? (request) => pricing(request, body) : pricing, () =>
      request(bytes)
    )
  const { body: schema, price } = options as {
    readonly body?: Schema.Decoder<Body>
    readonly price: typeof options.price
  }
  // Without a schema, the type says that the body is bytes.
  if (schema === undefined) return (bytes) => asked(price, bytes, bytes as Body)
  return (bytes) =>
    Result.match(decoded(schema, bytes), {
      onFailure: (detail) => Effect.fail(invalid(detail)),
      onSuccess: (body) => asked(price, bytes, body)
    })
}

/** The same options, with what the price needs taken from a larger context. */
export const within = <Request, R, R2, Body>(
  options: PaidOptions<Request, R, Body>,
  context: (outer: Context.Context<R2>) => Context.Context<R>
): PaidOptions<Request, R2, Body> => {
  const { price } = options
  const asked: BodyPricing<Request, R2, Body> =
    typeof price === "function" ? (request, body) => Effect.updateContext(price(request, body), context) : price
  return { ...options, price: asked } as PaidOptions<Request, R2, Body>
}

/** A handler that is wrapped twice has two prices. It sells nothing; the outer wrapper sees an answer 500. */
export const twice: Asking<never> = {
  fixed: undefined,
  price: () =>
    Effect.fail(
      new Refusal({
        error: PaymentError.make(
          new PaymentError.PriceInvalid({ detail: "this resource has two prices: its handler is wrapped twice" })
        ),
        offers: []
      })
    )
}
