/**
 * An `HttpClient` that reaches the sandbox without a socket: the same requests, the same answers, the same faults, and a test
 * clock that both sides share.
 *
 * Whatever host a request names, the sandbox answers it. A reset is a `TransportError`, as it is on a socket.
 *
 * @example
 * program.pipe(Effect.provide(SandboxHttpClient.layer.pipe(Layer.provideMerge(AlipaySandbox.layer))))
 */
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { application } from "./internal/application.ts"

const make = Effect.map(application, (app) =>
  HttpClient.make((request) => {
    const received = HttpServerRequest.fromClientRequest(request)
    const here = received.modify({ headers: Headers.set(received.headers, "host", "localhost") })
    return app.pipe(
      Effect.scoped,
      Effect.provideService(HttpServerRequest.HttpServerRequest, here),
      Effect.map((response) => HttpServerResponse.toClientResponse(response, { request })),
      Effect.mapError(
        (cause) =>
          new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
      )
    )
  })
)

/** The client. Every request of it goes to the `AlipaySandbox` in scope. */
export const layer = Layer.effect(HttpClient.HttpClient, make)
