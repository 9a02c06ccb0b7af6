/**
 * How requests of the agent are sent: to where they were addressed and nowhere else, for a bounded time, with a bounded answer.
 */
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"

const longest = 256 * 1024

/** The whole answer as text. */
export interface Answer {
  readonly status: number
  readonly headers: HttpClientResponse.HttpClientResponse["headers"]
  readonly text: string
}

/** No whole answer came in time and in size. */
export type NoAnswer = HttpClientError.HttpClientError | "too long" | "timeout"

const textOf = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<string, NoAnswer> =>
  response.stream.pipe(
    Stream.runFoldEffect(
      () => ({ chunks: [] as Array<Uint8Array>, length: 0 }),
      (seen, chunk) => {
        seen.chunks.push(chunk)
        seen.length += chunk.length
        return seen.length > longest ? Effect.fail("too long" as const) : Effect.succeed(seen)
      }
    ),
    Effect.map(({ chunks }) => Buffer.concat(chunks).toString("utf8"))
  )

/** Sends it. A redirect is an answer like any other: a token is not carried on. No span holds the address. */
export const send = (
  client: HttpClient.HttpClient,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<Answer, NoAnswer> =>
  client.execute(request).pipe(
    Effect.flatMap((response) =>
      Effect.map(textOf(response), (text) => ({ status: response.status, headers: response.headers, text }))
    ),
    Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
    Effect.timeoutOrElse({ duration: "30 seconds", orElse: () => Effect.fail("timeout" as const) })
  )
