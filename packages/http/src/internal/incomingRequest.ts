/**
 * An Effect server request as the shared path takes it.
 */
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as Predicate from "effect/Predicate"
import { type Incoming, tooLarge, Unreadable } from "./answering.ts"

/** Path and query of a request target, spelled as they were sent: another spelling is another resource. */
export const resourceOf = (target: string): string => {
  if (target.startsWith("/") && !target.includes("#")) return target
  const [path = ""] = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "").split("#")
  return path.startsWith("/") ? path : `/${path}`
}

/** Node keeps every header as it was sent; elsewhere duplicates come joined. */
const headersOf = (request: HttpServerRequest): RequestHeaders.RequestHeaders => {
  const { source } = request
  return Predicate.hasProperty(source, "rawHeaders") && Array.isArray(source.rawHeaders)
    ? RequestHeaders.fromRaw(source.rawHeaders)
    : RequestHeaders.fromRecord(request.headers)
}

/** HTTP/1.1 announces a body by one of two headers (RFC 9112, 6.3); elsewhere one may come unannounced. */
const hasNoBody = ({ headers, source }: HttpServerRequest): boolean =>
  source instanceof Request
    ? source.body === null
    : Predicate.hasProperty(source, "httpVersionMajor") &&
      source.httpVersionMajor === 1 &&
      headers["content-length"] === undefined &&
      headers["transfer-encoding"] === undefined

/** Reads a body up to a bound. What is announced as larger is not read at all. */
export const bodyOf = (request: HttpServerRequest, limit: ByteSize.ByteSize): Incoming["body"] => {
  if (hasNoBody(request)) return Effect.succeed(new Uint8Array())
  const refused = () => tooLarge(`the body is larger than ${limit} bytes`)
  const announced = request.headers["content-length"]
  if (announced !== undefined && Number(announced) > limit) return Effect.fail(refused())
  return request.arrayBuffer.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, limit),
    Effect.map((buffer) => new Uint8Array(buffer)),
    Effect.mapError(({ reason }) =>
      reason._tag === "RequestParseError" && reason.reason === "BodyTooLarge" ? refused() : new Unreadable()
    )
  )
}

/** The bound of an option, 1 MiB without one. Throws for what is no size, so it is asked for once, when a route is made. */
export const bodyLimit = (option: ByteSize.Input = "1 MiB"): ByteSize.ByteSize => ByteSize.fromInputUnsafe(option)

/** The request as `answer` takes it, but for the methods of its route. The body is read when it is asked for. */
export const incomingRequest = (request: HttpServerRequest, limit: ByteSize.ByteSize): Omit<Incoming, "methods"> => ({
  method: request.method,
  resource: resourceOf(request.originalUrl),
  headers: headersOf(request),
  body: Effect.suspend(() => bodyOf(request, limit))
})
