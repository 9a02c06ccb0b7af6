/**
 * One request of the platform and its answer, with the fault that waits for it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"
import { authenticate, type Authentic } from "./authenticate.ts"
import { authenticateRest, type Sent } from "./authenticateRest.ts"
import * as Books from "./books.ts"
import type { ConnectionReset } from "./connection.ts"
import { type Dialect, response } from "./dialect.ts"
import * as Envelope from "./envelope.ts"
import type { Answer } from "./failure.ts"
import { faulty } from "./faulty.ts"
import * as FaultScript from "./faultScript.ts"
import type { Keys } from "./keys.ts"
import { methods } from "./methods.ts"
import type { Numbers } from "./numbers.ts"
import type { Notices } from "./notices.ts"
import * as Parameters from "./parameters.ts"
import * as Rest from "./rest.ts"

/** Everything that a sandbox is made of. */
export interface Platform {
  readonly appId: string
  readonly sellerId: string
  readonly keys: Keys
  readonly books: Books.Books
  readonly numbers: Numbers
  readonly script: FaultScript.FaultScript
  readonly notices: Notices
  /** The nonces of v3 that were seen. */
  readonly nonces: Set<string>
  /** Where calls go on whose caller has gone. */
  readonly scope: Scope.Scope
}

/** Answers a request of gateway v2, given as its query string and its form. */
export const exchange = (
  platform: Platform,
  query: string,
  form: string,
  origin: string
): Effect.Effect<HttpServerResponse, ConnectionReset> => {
  const { keys, numbers } = platform
  return Effect.matchEffect(authenticate(Parameters.read(query, form), platform), {
    onFailure: ({ failure, method, signed }) => {
      const dialect = Envelope.make(keys, numbers, method, { encrypted: false, serial: undefined })
      return Effect.map(dialect.refuse(failure, signed ? "signed" : "unsigned"), response)
    },
    onSuccess: (request) =>
      process(platform, request, origin, Envelope.make(keys, numbers, request.method, request.asked))
  })
}

/** Answers a request of REST v3. */
export const exchangeRest = (
  platform: Platform,
  sent: Sent,
  origin: string
): Effect.Effect<HttpServerResponse, ConnectionReset> => {
  const { keys, numbers } = platform
  return Effect.matchEffect(authenticateRest(sent, platform), {
    onFailure: ({ failure, signed }) => {
      const dialect = Rest.make(keys, numbers, { encrypted: false, serial: undefined })
      return Effect.map(dialect.refuse(failure, signed ? "signed" : "unsigned"), response)
    },
    onSuccess: (request) => process(platform, request, origin, Rest.make(keys, numbers, request.asked))
  })
}

const process = (
  platform: Platform,
  request: Authentic,
  origin: string,
  dialect: Dialect
): Effect.Effect<HttpServerResponse, ConnectionReset> => {
  const commit = run(platform, request, origin)
  const outTradeNo = orderOf(platform.books, request.biz)
  const fault = FaultScript.take(platform.script, request.method, outTradeNo)
  if (fault === undefined) {
    return Effect.map(
      Effect.flatMap(commit, (outcome) => dialect.write(outcome, "signed")),
      response
    )
  }
  return faulty({
    fault,
    dialect,
    numbers: platform.numbers,
    commit,
    outTradeNo,
    // A call that takes its time takes effect even if the caller gives up meanwhile.
    detach: (effect) => Effect.forkIn(effect, platform.scope)
  })
}

// The clock is read, and then the method runs to its end at once: what it checks is true when it writes. What it did is told afterwards.
const run = (
  { books, notices, numbers, sellerId }: Platform,
  { asked, biz, method, notifyUrl }: Authentic,
  origin: string
): Effect.Effect<Answer> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const notify = notifyUrl === undefined ? undefined : { url: notifyUrl, serial: asked.serial }
    const answer = methods[method]({ books, biz, now, numbers, sellerId, notify, origin })
    const news = Books.news(books)
    return news.length === 0
      ? Effect.succeed(answer)
      : Effect.as(Effect.forEach(news, notices.tell, { discard: true }), answer)
  })

const orderOf = (books: Books.Books, biz: unknown): string | undefined => {
  const text = (name: string): string | undefined => {
    const value = typeof biz === "object" && biz !== null ? (biz as Record<string, unknown>)[name] : undefined
    return typeof value === "string" ? value : undefined
  }
  const [named, prepayId, tradeNo] = [text("out_trade_no"), text("prepay_id"), text("trade_no")]
  if (named !== undefined) return named
  if (prepayId !== undefined) return Books.prepaid(books, prepayId)?.outTradeNo
  if (tradeNo === undefined) return undefined
  return Books.trade(books, { trade_no: tradeNo })?.outTradeNo ?? books.metered.get(tradeNo)?.outTradeNo
}
