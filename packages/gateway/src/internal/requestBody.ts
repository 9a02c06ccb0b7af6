/**
 * The body of a request that is passed on without being paid for: small ones as they are, others as a stream with a bound.
 */
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as HostAdapter from "@paylayer/http/HostAdapter"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { IncomingMessage } from "node:http"
import { pipeline, type Readable, Transform } from "node:stream"
import { UpstreamError } from "../UpstreamError.ts"

/** What is read at once, in bytes. */
const small = 64 * 1024

const announced = ({ headers }: IncomingMessage): bigint | undefined =>
  headers["content-length"] === undefined ? undefined : BigInt(headers["content-length"])

/** The length of a stream, as a header, where it is known. */
export const length = ({ headers }: IncomingMessage): ReadonlyArray<string> =>
  headers["content-length"] === undefined ? [] : ["content-length", headers["content-length"]]

const bounded = (source: IncomingMessage, most: bigint): Readable => {
  let size = 0n
  const counting = new Transform({
    transform: (chunk: Buffer, _, done) => {
      size += BigInt(chunk.length)
      if (size <= most) done(null, chunk)
      else done(new UpstreamError({ reason: "request-too-large", detail: `the body is larger than ${most} bytes` }))
    }
  })
  pipeline(source, counting, () => {})
  return counting
}

/** Nothing where there is no body. */
export const passing = (
  request: HttpServerRequest,
  source: IncomingMessage,
  most: bigint
): Effect.Effect<Uint8Array | Readable | undefined | "too large"> => {
  const size = announced(source)
  if (size === 0n || (size === undefined && source.headers["transfer-encoding"] === undefined)) return Effect.undefined
  if (size !== undefined && size > most) return Effect.succeed("too large")
  if (size !== undefined && size <= BigInt(small))
    return Effect.orElseSucceed(
      HostAdapter.incomingRequest(request, ByteSize.fromInputUnsafe(small)).body,
      () => "too large" as const
    )
  return Effect.sync(() => {
    if (source.headers.expect !== undefined) NodeHttpServerRequest.toServerResponse(request).writeContinue()
    return bounded(source, most)
  })
}
