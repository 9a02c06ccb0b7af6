/**
 * An `HttpClient` for the gateway: connections that stay open, and answers taken whole. It costs a fifth less than a client that
 * is ready for streams, upgrades and redirects; it has none of these.
 *
 * Any `HttpClient` serves the Open Platform. Take this one where many calls are made. It follows no redirect, and an answer longer than
 * `maximumBytes` is a broken connection.
 *
 * @example
 * AlipayTrust.layerConfig.pipe(Layer.provide(GatewayHttpClient.layer))
 */
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Url from "effect/http/Url"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { Agent, type Dispatcher } from "undici"

/** The longest answer that is read. A day's bill is one. */
export const maximumBytes = 64 * 1_048_576

const failure = (request: HttpClientRequest, cause: unknown) =>
  new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })

/** Only what a request of this package can have. */
const bodyOf = ({ body }: HttpClientRequest): Uint8Array | null | undefined =>
  body._tag === "Uint8Array" ? body.body : body._tag === "Empty" ? null : undefined

type Answer = Effect.Effect<HttpClientResponse, HttpClientError.HttpClientError>

/** The connections, and how to end each request that is under way. */
interface Lines {
  readonly agent: Dispatcher
  readonly open: Set<() => void>
}

const send = ({ agent, open }: Lines, request: HttpClientRequest): Answer => {
  const url = Url.make(request.url, request.urlParams, Option.getOrUndefined(request.hash))
  if (Result.isFailure(url)) {
    const reason = new HttpClientError.InvalidUrlError({ request, cause: url.failure })
    return Effect.fail(new HttpClientError.HttpClientError({ reason }))
  }
  const body = bodyOf(request)
  if (body === undefined) return Effect.fail(failure(request, "a body of this kind is not sent"))
  return Effect.callback((resume) => {
    let controller: Dispatcher.DispatchController | undefined
    let abandoned: Error | undefined
    const hangUp = () => {
      abandoned ??= new Error("nobody waits for the answer any more")
      controller?.abort(abandoned)
    }
    const ended = (answer: Answer) => {
      open.delete(hangUp)
      resume(answer)
    }
    open.add(hangUp)
    let status = 0
    let headers: Given = {}
    let length = 0
    const chunks: Array<Buffer> = []
    const { origin, pathname, search } = url.success
    agent.dispatch(
      {
        origin,
        path: pathname + search,
        method: request.method,
        headers: request.headers,
        body,
        headersTimeout: 0,
        bodyTimeout: 0
      },
      {
        onRequestStart: (started) => {
          controller = started
          if (abandoned !== undefined) started.abort(abandoned)
        },
        onResponseStart: (_, code, given) => {
          status = code
          headers = given
        },
        onResponseData: (running, chunk) => {
          length += chunk.length
          if (length > maximumBytes) running.abort(new Error(`the answer is longer than ${maximumBytes} bytes`))
          else chunks.push(chunk)
        },
        onResponseEnd: () => ended(Effect.sync(() => whole(request, status, headers, chunks))),
        onResponseError: (_, cause) => ended(Effect.fail(failure(request, cause)))
      }
    )
    return Effect.sync(hangUp)
  })
}

type Given = Record<string, string | ReadonlyArray<string> | undefined>

const whole = (request: HttpClientRequest, status: number, given: Given, chunks: ReadonlyArray<Buffer>) => {
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  return HttpServerResponse.toClientResponse(
    HttpServerResponse.uint8Array(body, { status, headers: Headers.fromInput(given) }),
    { request }
  )
}

// `agent.destroy` would hand one error to every connection. Where `alipay-sdk` is in the process it writes on the errors of sockets, on
// each but once, and the connections would never be closed.
const close = ({ agent, open }: Lines) =>
  Effect.promise(() => {
    for (const hangUp of open) hangUp()
    return agent.close()
  })

/** The client, with connections of its own. */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(
    Effect.acquireRelease(
      Effect.sync((): Lines => ({ agent: new Agent(), open: new Set() })),
      close
    ),
    (lines) =>
      HttpClient.makeWith(
        (asked: Effect.Effect<HttpClientRequest, HttpClientError.HttpClientError>) =>
          Effect.flatMap(asked, (request) => send(lines, request)),
        Effect.succeed
      )
  )
)
