/**
 * An `HttpClient` whose every request is one to the sandbox's gateway: what `SandboxHttpClient` does, without routes to build and
 * to walk for each of ten thousand cases, and without a signal to abort, which nobody here would hear.
 */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"

const queryOf = ({ url }: HttpClientRequest): string => url.slice(url.indexOf("?") + 1)

const formOf = ({ body }: HttpClientRequest): string =>
  body._tag === "Uint8Array" ? Buffer.from(body.body).toString() : ""

export const layer = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(AlipaySandbox, (sandbox) => {
    const answer = (request: HttpClientRequest) =>
      sandbox.gateway(queryOf(request), formOf(request)).pipe(
        Effect.map((response) => HttpServerResponse.toClientResponse(response, { request })),
        Effect.mapError(
          (cause) =>
            new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
        )
      )
    return HttpClient.makeWith(
      (request: Effect.Effect<HttpClientRequest>) => Effect.flatMap(request, answer),
      Effect.succeed
    )
  })
)
