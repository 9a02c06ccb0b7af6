/**
 * An order: one question under one key, asked until there is an answer; and everything that was heard about it.
 */
import * as Receipt from "@paylayer/core/Receipt"
import * as PaymentHeaders from "@paylayer/http/PaymentHeaders"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Hosts } from "./Hosts.ts"
import * as Terms from "./Terms.ts"

/** What came of asking once, where it is the last word. */
export type Heard =
  | {
      readonly _tag: "Answered"
      /** The whole body. */
      readonly body: string
      /** The charge that the body names. */
      readonly charge: string
      readonly receipt: Receipt.Receipt | undefined
      readonly replayed: boolean
    }
  /** Nothing left to pay with. */
  | { readonly _tag: "Refused"; readonly code: string }
  /** Something that no agent should ever hear here. */
  | { readonly _tag: "Unexpected"; readonly status: number; readonly body: string }

export interface Order {
  readonly number: number
  readonly resource: string
  readonly protocol: string
  /** How it is paid: the credential's header, and the idempotency key. */
  readonly headers: Readonly<Record<string, string>>
  /** Last words, in the order in which they were heard. */
  readonly heard: Array<Heard>
  /** How often it was asked without a last word. */
  attempts: number
}

const Body = Schema.fromJsonString(Schema.Struct({ charge: Schema.String, delivery: Schema.String }))
const Problem = Schema.fromJsonString(Schema.Struct({ code: Schema.String }))
const body = Schema.decodeUnknownResult(Body)
const problem = Schema.decodeUnknownResult(Problem)

const spent = ["budget_exceeded", "uses_exceeded", "spending_limit_reached"]

/** What an answer means; nothing where it is worth asking again. */
const read = (status: number, text: string, receipt: string | undefined, replayed: boolean): Heard | undefined => {
  if (status === 200) {
    const answer = body(text)
    if (Result.isFailure(answer)) return { _tag: "Unexpected", status, body: text }
    const { charge } = answer.success
    return {
      _tag: "Answered",
      body: text,
      charge,
      replayed,
      receipt: receipt === undefined ? undefined : Result.getOrUndefined(Receipt.fromHeader(receipt))
    }
  }
  const code = Result.match(problem(text), { onFailure: () => "", onSuccess: ({ code }) => code })
  if (status === 503 || code === "charge_in_flight") return undefined
  return status === 402 && spent.includes(code)
    ? { _tag: "Refused", code }
    : { _tag: "Unexpected", status, body: text.slice(0, 300) }
}

const request = (url: string, { headers, resource, number }: Order) =>
  HttpClientRequest.post(`${url}${resource}`).pipe(
    HttpClientRequest.setHeaders(headers),
    HttpClientRequest.bodyJsonUnsafe({ order: number })
  )

/** Asks one host once. Nothing where it has no last word: it is busy with the order, or down, or dies meanwhile. */
const ask = (url: string, order: Order) =>
  Effect.gen(function* () {
    const response = yield* HttpClient.execute(request(url, order))
    const { headers } = response
    return read(
      response.status,
      yield* response.text,
      headers[Receipt.header],
      headers[PaymentHeaders.replayed] === "true"
    )
  }).pipe(
    Effect.timeout("10 seconds"),
    Effect.orElseSucceed(() => undefined)
  )

/** Asks whatever host is up, again and again, until one has a last word, or until the agent has had enough. */
export const insist = Effect.fnUntraced(function* (hosts: Hosts, order: Order, attempts = Infinity) {
  for (let left = attempts; left > 0; left--) {
    const up = hosts.hosts.flatMap(({ url }) => url ?? [])
    const [url] = yield* Random.shuffle(up)
    const heard = url === undefined ? undefined : yield* ask(url, order)
    if (heard !== undefined) {
      order.heard.push(heard)
      return heard
    }
    order.attempts++
    yield* Effect.sleep(yield* Random.nextIntBetween(50, 300))
  }
  return undefined
})

export const make = (number: number, protocol: string, headers: Readonly<Record<string, string>>): Order => ({
  number,
  protocol,
  resource: Terms.resource(number),
  headers,
  heard: [],
  attempts: 0
})
