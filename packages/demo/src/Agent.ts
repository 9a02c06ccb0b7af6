/**
 * An agent: it calls the paid API over HTTP and reads what it is told.
 */
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import type { Terms } from "@paylayer/alipay-sandbox/Terms"
import * as Receipt from "@paylayer/core/Receipt"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { path } from "./ExampleGateway.ts"

/** What the agent was told. */
export interface Answer {
  readonly status: number
  /** The problem's code, `ok` for an answer. */
  readonly code: string
  readonly detail: string
  readonly moved: string
  readonly receipt: Receipt.Receipt | undefined
  readonly body: unknown
  /** The bill of the header `Payment-Needed`. */
  readonly bill: string | undefined
}

const text = (body: unknown, member: string, otherwise = ""): string =>
  Predicate.hasProperty(body, member) && typeof body[member] === "string" ? body[member] : otherwise

/** What an answer tells. */
export const answer = (
  status: number,
  body: unknown,
  receipt: Receipt.Receipt | undefined,
  bill?: string | undefined
): Answer => ({
  status,
  code: text(body, "code", "ok"),
  detail: text(body, "detail", JSON.stringify(body)),
  moved: text(body, "moved"),
  receipt,
  body,
  bill
})

/** Sends the brief's request with these headers. */
export const ask = (api: string) =>
  Effect.fnUntraced(function* (
    headers: Readonly<Record<string, string>>,
    question: unknown = { market: "consumer-electronics", region: "asia-pacific" }
  ) {
    const client = yield* HttpClient.HttpClient
    const request = HttpClientRequest.post(`${api}${path}`).pipe(
      HttpClientRequest.bodyJsonUnsafe(question),
      HttpClientRequest.setHeaders(headers)
    )
    const response = yield* client.execute(request)
    const body = yield* response.json
    const header = response.headers[Receipt.header]
    const receipt = header === undefined ? undefined : Result.getOrUndefined(Receipt.fromHeader(header))
    return answer(response.status, body, receipt, response.headers["payment-needed"])
  })

/** A token with these terms, from the sandbox; its text is for a header. */
export const token = (terms: Terms = {}) =>
  AlipaySandbox.use((sandbox) =>
    Effect.map(sandbox.issue(terms), (issued) => ({ id: issued.id, text: Redacted.value(issued.token) }))
  )

/** Pays a bill with the sandbox's wallet; the proof's text is for a header. */
export const pay = (bill: string | undefined) =>
  AlipaySandbox.use(({ wallet }) =>
    Effect.map(wallet.pay(bill ?? ""), ({ proof, trade_no }) => ({ trade: trade_no, text: Redacted.value(proof) }))
  )
