/**
 * A fetch request as a call, and its response as an answer.
 */
import * as CanonicalBody from "@paylayer/core/CanonicalBody"
import * as Receipt from "@paylayer/core/Receipt"
import * as Problem from "@paylayer/http/Problem"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Answer } from "../Call.ts"
import { Payer } from "../Payer.ts"
import { refuse } from "../PurchaseError.ts"
import { clearText } from "./clearText.ts"
import { rejecting } from "./promising.ts"

/** A problem document that is longer is not read. */
const longest = 256 * 1024

/** Reads a copy, so that the caller can read the response. */
const problemOf = Effect.fnUntraced(function* (response: Response) {
  const type = response.headers.get("content-type") ?? ""
  if (!type.startsWith(Problem.contentType) || Number(response.headers.get("content-length")) > longest)
    return undefined
  const text = yield* Effect.orElseSucceed(
    rejecting(() => response.clone().text()),
    () => ""
  )
  return text.length > longest ? undefined : Result.getOrUndefined(Problem.parse(text))
})

const answerOf = Effect.fnUntraced(function* (response: Response): Effect.fn.Return<Answer<Response>> {
  const { headers, status } = response
  const problem = status < 400 ? undefined : yield* problemOf(response)
  const receipt = Result.getOrUndefined(Receipt.fromHeader(headers.get(Receipt.header) ?? ""))
  return {
    value: response,
    outcome: status < 400 ? "served" : status < 500 ? "caller" : "merchant",
    ...(problem === undefined ? {} : { problem }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(status === 402 && {
      unpaid: { headers: Object.fromEntries(headers), ...(problem === undefined ? {} : { problem }) }
    })
  }
})

export const buying = Effect.fnUntraced(function* (
  fetch: typeof globalThis.fetch,
  request: Request,
  merchants: ReadonlySet<string> | undefined
) {
  const url = new URL(request.url)
  const body = request.body === null ? undefined : new Uint8Array(yield* rejecting(() => request.clone().arrayBuffer()))
  const key = request.headers.get("idempotency-key")
  const payable =
    merchants?.has(url.origin) === false
      ? refuse("merchant-not-allowed", `${url.origin} is not among the merchants that may be paid`)
      : clearText(url)

  const send = Effect.fnUntraced(function* (extra: Readonly<Record<string, string>>) {
    const paying = Object.keys(extra).length > 1
    const headers = new Headers(request.headers)
    for (const [name, value] of Object.entries(extra)) headers.set(name, value)
    const response = yield* rejecting((signal) =>
      fetch(
        new Request(request, {
          headers,
          signal,
          ...(body === undefined ? {} : { body }),
          ...(paying && { redirect: "manual" })
        })
      )
    )
    if (response.status !== 402 || paying) return yield* answerOf(response)
    if (payable !== undefined) return yield* payable
    if (response.redirected) {
      return yield* refuse("merchant-not-allowed", `the call was redirected; call ${response.url} itself to pay there`)
    }
    return yield* answerOf(response)
  })

  const payer = yield* Payer
  const { value } = yield* payer.buy({
    merchant: url.origin,
    method: request.method,
    resource: url.pathname + url.search,
    bodyDigest: CanonicalBody.digest(request.headers.get("content-type") ?? undefined, body ?? new Uint8Array()),
    send,
    ...(key === null ? {} : { key })
  })
  return value
})
