/**
 * The body of a request, of bounded size.
 */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import { problem } from "./problem.ts"

/** The longest that is read, in bytes. */
export const limit = 256 * 1024

const tooLarge = problem(413, "Content Too Large", `a request has at most ${limit} bytes`)

/** As text. Fails with the answer to a body that cannot be read. */
export const text = (request: HttpServerRequest): Effect.Effect<string, HttpServerResponse> => {
  if (Number(request.headers["content-length"] ?? 0) > limit) return Effect.fail(tooLarge)
  return request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(limit)),
    Effect.mapError(() => problem(400, "Bad Request", `the body cannot be read, or has more than ${limit} bytes`))
  )
}

type Parse<A> = (text: string, limits: StrictJson.Limits) => Result.Result<A, StrictJson.StrictJsonError>

/** As JSON, parsed with `StrictJson.parse` or `StrictJson.parseExact`. An empty body is an empty object. */
export const json = <A>(request: HttpServerRequest, parse: Parse<A>): Effect.Effect<A, HttpServerResponse> =>
  Effect.flatMap(text(request), (body) =>
    Effect.fromResult(
      Result.mapError(parse(body.trim() === "" ? "{}" : body, { bytes: limit }), ({ message, path }) =>
        problem(400, "Bad Request", `the body is not JSON: ${message}`, [{ path, message }])
      )
    )
  )
