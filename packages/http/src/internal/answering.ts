/**
 * The one way from a request to its answer that all hosts share: OPTIONS and HEAD never sell, everything else is priced and
 * sold, and what the paywall says becomes headers and a body. Answers are `HttpServerResponse`s; a host turns them into its own.
 */
import * as CanonicalBody from "@paylayer/core/CanonicalBody"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Paywall } from "@paylayer/core/Paywall"
import { Refusal } from "@paylayer/core/Refusal"
import type { RequestHeaders } from "@paylayer/core/RequestHeaders"
import type { Payment, Sale } from "@paylayer/core/Sale"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { ChallengeKey } from "../ChallengeKey.ts"
import * as EchoedChallenge from "../EchoedChallenge.ts"
import type { SaleOptions } from "../PaidOptions.ts"
import type { Asking } from "../PricedBody.ts"
import * as PaymentChallenge from "../PaymentChallenge.ts"
import * as PaymentHeaders from "../PaymentHeaders.ts"
import * as Problem from "../Problem.ts"
import { keeping } from "./keptAnswer.ts"
import { preflight } from "./preflight.ts"
import { isSendable } from "./sendable.ts"

/** A request as a host hands it over. */
export interface Incoming {
  readonly method: string
  /** Path and query as they were sent; a fragment and the authority of an absolute target are cut off. */
  readonly resource: string
  readonly headers: RequestHeaders
  /** The body, read once and not beyond the bound. */
  readonly body: Effect.Effect<Uint8Array, Refusal | Unreadable>
  /** The methods that the route answers. */
  readonly methods: ReadonlyArray<string>
  /** The pattern of the route, where the host has one. */
  readonly route?: string
}

/** The body broke off. Whoever sent it is probably gone. */
export class Unreadable {
  readonly _tag = "@paylayer/http/Unreadable"
}

/** The handler's own answer that delivers nothing, 400 and above or 304: nothing is charged for it. */
class Unsold {
  readonly _tag = "@paylayer/http/Unsold"
  readonly response: HttpServerResponse.HttpServerResponse
  constructor(response: HttpServerResponse.HttpServerResponse) {
    this.response = response
  }
}

/** The handler's own failure, boxed so that it is never taken for the paywall's. */
class Failed<E> {
  readonly _tag = "@paylayer/http/Failed"
  readonly error: E
  constructor(error: E) {
    this.error = error
  }
}

/** The client has it already, from an answer that it paid for or from somewhere else (RFC 9110, 15.4.5). */
const notModified = 304

/** The longest path and query: they are in the receipt, which has to fit in a header. */
const longestResource = 4000
/** The most bytes of request headers: what Node takes by default, for hosts that take anything. */
const largestHeaders = 16 * 1024

/** A refusal that costs nothing and lists no offers. */
export const tooLarge = (detail: string) =>
  new Refusal({ error: PaymentError.make(new PaymentError.RequestTooLarge({ detail })), offers: [] })

const headersFit = (headers: RequestHeaders): boolean => {
  let bytes = 0
  for (const name in headers) for (const value of headers[name] ?? []) bytes += name.length + value.length + 4
  return bytes <= largestHeaders
}

interface Told {
  /** The same for everybody, signed or not. */
  readonly body: HttpBody.HttpBody
  /** Absent where they are signed: a signature is for one request. */
  readonly unsigned?: {
    readonly response: HttpServerResponse.HttpServerResponse
    readonly issue: PaymentChallenge.Issue
  }
}

/** What a refusal was told as. One that is given again and again gets new challenges, and is else not made anew. */
const told = new WeakMap<Refusal, Told>()

const telling = (refusal: Refusal, issue: PaymentChallenge.Issue): HttpServerResponse.HttpServerResponse => {
  const before = told.get(refusal)
  const known = before?.unsigned
  if (known === undefined || known.issue.realm !== issue.realm || issue.signing !== undefined) {
    const body = before?.body ?? HttpBody.text(Problem.print(Problem.fromRefusal(refusal)), Problem.contentType)
    const headers = PaymentHeaders.fromRefusal(refusal, issue)
    const response = HttpServerResponse.setBody(
      HttpServerResponse.empty({ status: refusal.error.status, headers }),
      body
    )
    if (issue.signing === undefined) told.set(refusal, { body, unsigned: { response, issue } })
    else if (before === undefined) told.set(refusal, { body })
    return response
  }
  const challenges = known.response.headers["www-authenticate"]
  if (challenges === undefined) return known.response
  const reissued = PaymentChallenge.reissue(challenges, known.issue, issue)
  return HttpServerResponse.setHeader(known.response, "www-authenticate", reissued)
}

const unreadable = HttpServerResponse.text(
  JSON.stringify({ type: "about:blank", title: "Bad Request", status: 400, detail: "the body could not be read" }),
  { status: 400, contentType: Problem.contentType, headers: { "cache-control": "no-store" } }
)

/** How answers are kept where no more headers are named. */
const usual = keeping()

/** What only a repetition of the sale could bring back is not sold: an answer that no host can send. */
const unsendable = new Error("the handler's answer has a status or a header that cannot be sent; nothing was charged")

const allowing = (answer: HttpServerResponse.HttpServerResponse, origin: string | undefined) =>
  origin === undefined ? answer : HttpServerResponse.setHeader(answer, "access-control-allow-origin", origin)

/** Answers a request. The handler's failure passes through, unchanged and unpaid. */
export const answer = <E, R, RP>(
  paywall: Paywall["Service"],
  options: SaleOptions,
  incoming: Incoming,
  { fixed, price }: Asking<RP>,
  handler: (body: Uint8Array, payment: Payment) => Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
): Effect.Effect<HttpServerResponse.HttpServerResponse, E, R | RP> => {
  const { allowOrigin } = options
  if (incoming.method === "OPTIONS") {
    const headers = preflight(paywall.manifests, options.methods ?? incoming.methods)
    return Effect.succeed(allowing(HttpServerResponse.empty({ headers }), allowOrigin))
  }
  /** What a challenge is issued for, once it is known. */
  let asked: string | undefined
  const selling = Effect.gen(function* () {
    if (!headersFit(incoming.headers)) return yield* tooLarge("the request headers are larger than 16 KiB")
    if (incoming.resource.length > longestResource)
      return yield* tooLarge(`the path and query are longer than ${longestResource} characters`)
    const isHead = incoming.method === "HEAD"
    const key = yield* ChallengeKey
    const method = isHead ? "GET" : incoming.method
    if (key !== undefined && fixed !== undefined)
      asked = PaymentChallenge.requestDigest({ method, resource: incoming.resource })
    // Who gives a challenge back is told what became of it.
    if (fixed !== undefined && !isHead && (key === undefined || incoming.headers["authorization"] === undefined)) {
      const { category, merchant, upTo } = options
      const terms = {
        price: fixed,
        ...(merchant && { merchant }),
        ...(category && { category }),
        ...(upTo && { upTo })
      }
      const known = yield* paywall.unpaid(incoming.headers, terms)
      if (known !== undefined) return yield* Effect.fail(known)
    }
    const tool = options.tool ?? incoming.route
    const body = isHead ? new Uint8Array() : yield* incoming.body
    const sale: Sale<HttpServerResponse.HttpServerResponse> = {
      request: {
        headers: incoming.headers,
        method,
        resource: incoming.resource,
        bodyDigest: CanonicalBody.digest(incoming.headers["content-type"]?.[0], body)
      },
      price: yield* price(body),
      keep: options.keepHeaders === undefined ? usual : keeping(options.keepHeaders),
      ...(options.merchant === undefined ? {} : { merchant: options.merchant }),
      ...(options.category === undefined ? {} : { category: options.category }),
      ...(options.description === undefined ? {} : { description: options.description }),
      ...(tool === undefined ? {} : { tool }),
      ...(options.keyRequired === undefined ? {} : { keyRequired: options.keyRequired }),
      ...(options.upTo === undefined ? {} : { upTo: options.upTo }),
      ...(options.capture === undefined ? {} : { capture: options.capture })
    }
    if (key !== undefined) {
      asked ??= PaymentChallenge.requestDigest(sale.request)
      const { price, request } = sale
      yield* EchoedChallenge.check({ request, price, digest: asked, offers: paywall.offers(sale) }, key)
    }
    if (isHead) {
      return yield* new Refusal({
        error: PaymentError.make(new PaymentError.PaymentRequired({ detail: "HEAD shows what GET costs" })),
        offers: yield* paywall.offers(sale)
      })
    }
    const sold = yield* paywall.sell(sale, (payment) =>
      handler(body, payment).pipe(
        Effect.mapError((error) => new Failed(error)),
        Effect.flatMap((response) =>
          !isSendable(response)
            ? Effect.die(unsendable)
            : response.status >= 400 || response.status === notModified
              ? Effect.fail(new Unsold(response))
              : Effect.succeed(response)
        )
      )
    )
    const headers = PaymentHeaders.fromSold(sold)
    const known = sold.value.headers["access-control-expose-headers"]
    return HttpServerResponse.setHeaders(sold.value, PaymentHeaders.exposing(headers, known))
  })
  return selling.pipe(
    Effect.catch((error): Effect.Effect<HttpServerResponse.HttpServerResponse, E> => {
      switch (error._tag) {
        case "@paylayer/http/Failed":
          return Effect.fail(error.error)
        case "Refusal":
          return Effect.map(PaymentChallenge.issue(options.realm ?? "api", asked), (issue) => telling(error, issue))
        case "@paylayer/http/Unreadable":
          return Effect.succeed(unreadable)
        case "@paylayer/http/Unsold":
          return Effect.succeed(HttpServerResponse.setHeader(error.response, "cache-control", "no-store"))
      }
    }),
    Effect.map((answered) => allowing(answered, allowOrigin))
  )
}
