/**
 * An `HttpClient` whose every request is one to the sandbox's gateway: what `SandboxHttpClient` does, without routes to build and
 * to walk for each of ten thousand cases.
 */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"

export const layer = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(AlipaySandbox, (sandbox) =>
    HttpClient.make((request, url) =>
      sandbox
        .gateway(
          url.search.slice(1),
          request.body._tag === "Uint8Array" ? Buffer.from(request.body.body).toString() : ""
        )
        .pipe(
          Effect.map((response) => HttpServerResponse.toClientResponse(response, { request })),
          Effect.mapError(
            (cause) =>
              new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
          )
        )
    )
  )
)
