/**
 * What a server does to a connection instead of answering, or in the middle of it.
 */
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

/** The connection is to be reset. Whoever holds it, a socket or an in-process client, does so. */
export class ConnectionReset extends Schema.TaggedError<ConnectionReset>()("ConnectionReset", {}) {}

/** Resets the connection. */
export const reset = Effect.fail(new ConnectionReset())

/** Announces the whole of the body, sends half of it and ends the connection. */
export const cut = (body: string): HttpServerResponse.HttpServerResponse => {
  const bytes = new TextEncoder().encode(body)
  const half = Stream.succeed(bytes.subarray(0, Math.floor(bytes.length / 2)))
  return HttpServerResponse.stream(Stream.concat(half, Stream.fromEffect(reset)), {
    contentType: "text/html;charset=utf-8",
    contentLength: bytes.length
  })
}
