/**
 * One call of an upstream, and what is answered of it.
 */
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { IncomingMessage } from "node:http"
import { Readable } from "node:stream"
import * as GatewayProblem from "../GatewayProblem.ts"
import type { Selling } from "../Selling.ts"
import type { Answer } from "../Upstream.ts"
import type { UpstreamError } from "../UpstreamError.ts"
import * as Forwarding from "./forwarding.ts"
import * as RequestBody from "./requestBody.ts"

type Response = HttpServerResponse.HttpServerResponse

const from = ({ headers, socket }: IncomingMessage): Forwarding.From => ({
  address: socket.remoteAddress ?? "unknown",
  host: headers.host ?? "",
  protocol: "encrypted" in socket ? "https" : "http"
})

/** An answer as it is passed on. */
export const responseOf = ({ credentials }: Selling, { body, headers, status }: Answer): Response => {
  const head = HttpServerResponse.empty({ status, headers: Forwarding.toClient(credentials, headers) })
  if (body instanceof Readable) {
    const type = headers["content-type"]
    return HttpServerResponse.setBody(head, HttpBody.raw(body, type === undefined ? {} : { contentType: type }))
  }
  if (body.length === 0) return head
  return HttpServerResponse.setBody(head, HttpBody.uint8Array(body, headers["content-type"]))
}

export const busyDetail = "as many calls of this tool are under way as it takes"

export interface Options {
  /** The charge that pays for the call. */
  readonly charge: string | undefined
  /** Whether the answer is read, so that it must not come compressed. */
  readonly plain: boolean
  readonly hold: number | "all"
}

/** One call of the upstream, if it takes another one. */
export const forward = (
  selling: Selling,
  source: IncomingMessage,
  path: string,
  body: Uint8Array | Readable | undefined,
  { charge, hold, plain }: Options
): Effect.Effect<Answer, UpstreamError | "busy"> =>
  Effect.suspend((): Effect.Effect<Answer, UpstreamError | "busy"> => {
    const { credentials, forwarded, load, tool, upstream, use } = selling
    const { concurrency, headers: own } = tool.upstream
    if (load.active >= concurrency) return Effect.fail("busy" as const)
    load.active++
    use.take()
    const headers = Forwarding.toUpstream(
      { credentials, forwarded, own, whole: charge !== undefined, plain },
      source.rawHeaders,
      from(source),
      [
        ...(charge === undefined ? [] : ["paylayer-charge", charge]),
        ...(body instanceof Readable ? RequestBody.length(source) : [])
      ]
    )
    return upstream.call({ method: source.method ?? "GET", path, headers, body }, hold, () => {
      load.active--
      use.give()
    })
  })

/** A failure as the problem that is answered. */
export const told = (error: UpstreamError | "busy", charge?: string): Effect.Effect<Response> => {
  if (error === "busy") return Effect.succeed(GatewayProblem.make("tool_busy", busyDetail, { charge }))
  const response = GatewayProblem.fromUpstream(error, charge)
  return error.cause === undefined
    ? Effect.succeed(response)
    : Effect.as(Effect.logWarning(`an upstream gave no answer: ${error.message}: ${String(error.cause)}`), response)
}
