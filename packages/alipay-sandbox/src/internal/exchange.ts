/**
 * One request of the gateway and its answer, with the fault that waits for it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type * as Scope from "effect/Scope"
import type { MethodName } from "../MethodName.ts"
import { authenticate, type Authentic, type Refused } from "./authenticate.ts"
import * as Books from "./books.ts"
import type { ConnectionReset } from "./connection.ts"
import * as Envelope from "./envelope.ts"
import type { Answer } from "./failure.ts"
import { faulty } from "./faulty.ts"
import * as FaultScript from "./faultScript.ts"
import type { Keys } from "./keys.ts"
import { methods } from "./methods.ts"
import type { Numbers } from "./numbers.ts"
import * as Parameters from "./parameters.ts"

/** Everything that a sandbox is made of. */
export interface Platform {
  readonly appId: string
  readonly sellerId: string
  readonly keys: Keys
  readonly books: Books.Books
  readonly numbers: Numbers
  readonly script: FaultScript.FaultScript
  /** Where calls go on whose caller has gone. */
  readonly scope: Scope.Scope
}

/** Answers a request, given as its query string and its form. */
export const exchange = (
  platform: Platform,
  query: string,
  form: string,
  origin: string
): Effect.Effect<HttpServerResponse, ConnectionReset> =>
  authenticate(Parameters.read(query, form), {
    appId: platform.appId,
    key: platform.keys.applicationPublic
  }).pipe(
    Effect.matchEffect({
      onFailure: (refused) => decline(platform, refused),
      onSuccess: (request) => process(platform, request, origin)
    })
  )

const decline = (
  { keys, numbers }: Platform,
  { failure, method, signed }: Refused
): Effect.Effect<HttpServerResponse> => {
  const text = Envelope.content({ ...failure })
  const name = Envelope.member(method)
  return signed
    ? Effect.map(Envelope.signed(name, text, keys.alipay), Envelope.response(numbers))
    : Effect.succeed(Envelope.response(numbers)(Envelope.unsigned(name, text)))
}

const process = (
  platform: Platform,
  request: Authentic,
  origin: string
): Effect.Effect<HttpServerResponse, ConnectionReset> => {
  const commit = run(platform, request, origin)
  const outTradeNo = orderOf(platform.books, request.biz)
  const fault = FaultScript.take(platform.script, request.method, outTradeNo)
  const answer = (outcome: Answer) => sign(platform, request.method, outcome)
  if (fault === undefined) return Effect.flatMap(commit, answer)
  return faulty({
    fault,
    name: Envelope.member(request.method),
    keys: platform.keys,
    numbers: platform.numbers,
    answer,
    commit,
    outTradeNo,
    // A call that takes its time takes effect even if the caller gives up meanwhile.
    detach: (effect) => Effect.forkIn(effect, platform.scope)
  })
}

const sign = ({ keys, numbers }: Platform, method: MethodName, outcome: Answer): Effect.Effect<HttpServerResponse> =>
  Effect.map(
    Envelope.signed(Envelope.member(method), Envelope.outcome(outcome), keys.alipay),
    Envelope.response(numbers)
  )

// The clock is read, and then the method runs to its end at once: what it checks is true when it writes.
const run = (
  { books, numbers, sellerId }: Platform,
  { biz, method }: Authentic,
  origin: string
): Effect.Effect<Answer> =>
  Effect.map(Clock.currentTimeMillis, (now) => methods[method]({ books, biz, now, numbers, sellerId, origin }))

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
