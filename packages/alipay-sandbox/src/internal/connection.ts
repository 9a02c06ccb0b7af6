/**
 * What a server does to a connection instead of answering, or in the middle of it.
 */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Written } from "./dialect.ts"

/** The connection is to be reset. Whoever holds it, a socket or an in-process client, does so. */
export class ConnectionReset extends Schema.TaggedError<ConnectionReset>()("ConnectionReset", {}) {}

/** Resets the connection. */
export const reset = Effect.fail(new ConnectionReset())

/** Announces the whole of the body, sends half of it and ends the connection. */
export const cut = ({ body, contentType, headers, status }: Written): HttpServerResponse.HttpServerResponse => {
  const bytes = new TextEncoder().encode(body)
  const half = Stream.succeed(bytes.subarray(0, Math.floor(bytes.length / 2)))
  return HttpServerResponse.stream(Stream.concat(half, Stream.fromEffect(reset)), {
    status,
    headers,
    contentType,
    contentLength: bytes.length
  })
}
