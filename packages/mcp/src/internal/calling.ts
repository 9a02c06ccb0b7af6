/**
 * The one way from a tool call to its result that both hosts share: the arguments are what is bought, `_meta` and headers are
 * what pays, and what the paywall says becomes a tool result.
 */
import * as CanonicalBody from "@paylayer/core/CanonicalBody"
import type { Paywall } from "@paylayer/core/Paywall"
import { Refusal } from "@paylayer/core/Refusal"
import type { RequestHeaders } from "@paylayer/core/RequestHeaders"
import type { Capture, Payment, Sale } from "@paylayer/core/Sale"
import { ChallengeKey } from "@paylayer/http/ChallengeKey"
import * as EchoedChallenge from "@paylayer/http/EchoedChallenge"
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import { priceOf } from "@paylayer/http/Pricing"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { asked, type PaidTool } from "../PaidTool.ts"
import * as PaymentMeta from "../PaymentMeta.ts"

/** A tool call as a host hands it over. */
export interface Call<Arguments> {
  /** The tool's name: the resource that is bought. */
  readonly tool: string
  /** For people: what is bought. */
  readonly title?: string | undefined
  /** The arguments as JSON: what the payment is bound to. */
  readonly json: unknown
  /** The arguments as the price function takes them. */
  readonly arguments: Arguments
  readonly meta: PaymentMeta.Meta | undefined
  /** The headers of the transport, where it has any. */
  readonly headers: RequestHeaders
  readonly outputSchema: boolean
  /** Asked when the tool has answered, before anything moves: what is taken, and what was measured. See `Sale.capture`. */
  readonly capture?: (result: ToolResult, payment: Payment) => Effect.Effect<Capture, unknown>
}

/** A tool result, of whichever host. */
export interface ToolResult {
  readonly content: ReadonlyArray<unknown>
  readonly structuredContent?: unknown
  readonly isError?: boolean | undefined
  readonly _meta?: PaymentMeta.Meta | undefined
}

/** The tool's own error: nothing is charged for it. */
class Unsold<A> {
  readonly _tag = "@paylayer/mcp/Unsold"
  readonly result: A
  constructor(result: A) {
    this.result = result
  }
}

/** The handler's own failure, boxed so that it is never taken for the paywall's. */
class Failed<E> {
  readonly _tag = "@paylayer/mcp/Failed"
  readonly error: E
  constructor(error: E) {
    this.error = error
  }
}

/** The largest result that is kept for a repetition, in characters of JSON. */
const largest = 256 * 1024

const decode = Schema.decodeUnknownSync(Schema.JsonObject)

const keep = {
  encode: (result: ToolResult): Schema.Json | undefined => {
    const text = JSON.stringify(result)
    return text.length > largest ? undefined : (JSON.parse(text) as Schema.Json)
  },
  decode: (json: Schema.Json) => decode(json) as unknown as ToolResult
}

const isSendable = (result: ToolResult): boolean =>
  Predicate.isObject(result) &&
  Array.isArray(result.content) &&
  Result.isSuccess(Result.try(() => JSON.stringify(result)))

/** Why a tool is not sold. Unlike any other defect it may be told to the client. */
export class NotForSale extends Error {}

/** What cannot be sent is not sold. */
const unsendable = new NotForSale("the tool's result cannot be sent; nothing was charged")

/** Whether JSON says all of a value, so that two that differ have two digests. */
const isJson = (value: unknown): boolean => {
  if (typeof value === "number") return Number.isFinite(value)
  if (typeof value !== "object") return value === undefined || typeof value === "string" || typeof value === "boolean"
  if (value === null) return true
  if (Array.isArray(value)) return value.every((item) => item !== undefined && isJson(item))
  const prototype: unknown = Object.getPrototypeOf(value)
  return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isJson)
}

/** Arguments that are no JSON any more, because a schema made something else of them. */
const notJson = new NotForSale("a paid tool takes arguments that are JSON, also after validation; nothing was charged")

const digestOf = (json: unknown): Effect.Effect<string> =>
  isJson(json)
    ? Effect.sync(() => CanonicalBody.digest("application/json", new TextEncoder().encode(JSON.stringify(json ?? {}))))
    : Effect.die(notJson)

/** Answers calls for a paywall. The handler's failure passes through, unchanged and unpaid. */
export const calling = (paywall: Paywall["Service"]) => {
  const plainly = PaymentMeta.reader(paywall.manifests)
  /** A host that signs challenges reads those that come back, whether or not a protocol does. */
  const signing = PaymentMeta.reader(paywall.manifests, ["authorization"])
  return Effect.fnUntraced(function* <Arguments, A extends ToolResult, E, R, RP>(
    tool: PaidTool<Arguments, RP>,
    call: Call<Arguments>,
    handler: (payment: Payment) => Effect.Effect<A, E, R>
  ): Effect.fn.Return<A | ToolResult, E, R | RP> {
    const bodyDigest = yield* digestOf(call.json)
    const key = yield* ChallengeKey
    const issuedFor = { method: "tools/call", resource: call.tool }
    const digest = PaymentChallenge.requestDigest(
      typeof tool.price === "function" ? { ...issuedFor, bodyDigest } : issuedFor
    )
    const selling = Effect.gen(function* () {
      const headers = (key === undefined ? plainly : signing)(call.meta, call.headers)
      const sale: Sale<ToolResult> = {
        request: {
          headers: Result.getOrElse(headers, () => call.headers),
          ...issuedFor,
          bodyDigest
        },
        price: yield* priceOf(asked(tool.price), () => call.arguments),
        keep,
        tool: call.tool,
        ...(call.capture === undefined ? {} : { capture: call.capture }),
        ...(tool.merchant === undefined ? {} : { merchant: tool.merchant }),
        ...(tool.category === undefined ? {} : { category: tool.category }),
        ...(call.title === undefined ? {} : { description: call.title }),
        ...(tool.keyRequired === undefined ? {} : { keyRequired: tool.keyRequired })
      }
      if (Result.isFailure(headers)) {
        const error = headers.failure
        return yield* new Refusal({ error, offers: error.status === 402 ? yield* paywall.offers(sale) : [] })
      }
      if (key !== undefined) {
        const { price, request } = sale
        yield* EchoedChallenge.check({ request, price, digest, offers: paywall.offers(sale) }, key)
      }
      const sold = yield* paywall.sell(sale, (payment) =>
        handler(payment).pipe(
          Effect.mapError((error) => new Failed(error)),
          Effect.flatMap((result): Effect.Effect<A, Unsold<A>> => {
            if (!isSendable(result)) return Effect.die(unsendable)
            return result.isError === true ? Effect.fail(new Unsold(result)) : Effect.succeed(result)
          })
        )
      )
      return { ...sold.value, _meta: { ...sold.value._meta, ...PaymentMeta.fromSold(sold) } }
    })
    return yield* Effect.catchIf(
      selling,
      (error): error is Exclude<typeof error, Failed<E>> => error._tag !== "@paylayer/mcp/Failed",
      (error): Effect.Effect<A | ToolResult> =>
        error._tag === "@paylayer/mcp/Unsold"
          ? Effect.succeed(error.result)
          : Effect.map(PaymentChallenge.issue(tool.realm ?? "mcp", digest), (issue) =>
              PaymentMeta.fromRefusal(error, issue, { outputSchema: call.outputSchema })
            )
    ).pipe(Effect.mapError(({ error }) => error))
  })
}
