/**
 * The sandbox as one HTTP application: the gateway, the control endpoints, and an answer for everything else.
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type { HttpServerError } from "effect/http/HttpServerError"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { AlipaySandbox } from "../AlipaySandbox.ts"
import type { ConnectionReset } from "./connection.ts"
import { billDownload } from "./billDownload.ts"
import { consent } from "./consent.ts"
import { control } from "./control.ts"
import * as Loopback from "./loopback.ts"
import { problem } from "./problem.ts"
import * as RequestBody from "./requestBody.ts"

const queryOf = (url: string): string => {
  const mark = url.indexOf("?")
  return mark < 0 ? "" : url.slice(mark + 1)
}

const originOf = ({ headers }: HttpServerRequest): string => `http://${headers["host"]}`

const gateway = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const sandbox = yield* AlipaySandbox
    yield* router.add("GET", "/gateway.do", (request) => sandbox.gateway(queryOf(request.url), "", originOf(request)))
    yield* router.add("POST", "/gateway.do", (request) =>
      RequestBody.text(request).pipe(
        Effect.matchEffect({
          onFailure: Effect.succeed,
          onSuccess: (form) => sandbox.gateway(queryOf(request.url), form, originOf(request))
        })
      )
    )
  })
)

const pathOf = (url: string): string => (url.startsWith("/") ? url : url.slice(new URL(url).origin.length))

const rest = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const sandbox = yield* AlipaySandbox
    yield* router.add("*", "/v3/*", (request) =>
      RequestBody.text(request).pipe(
        Effect.matchEffect({
          onFailure: Effect.succeed,
          onSuccess: (body) => {
            const { headers, method, url } = request
            return sandbox.rest({ method, target: pathOf(url), headers, body }, originOf(request))
          }
        })
      )
    )
  })
)

const notFound = problem(404, "Not Found", "nothing is here; GET /sandbox lists what is")

const misdirected = problem(403, "Forbidden", "the sandbox answers to 127.0.0.1, localhost and [::1] only")

/** Answers one request. It fails only where a connection is to be reset. */
export type Application = Effect.Effect<HttpServerResponse, ConnectionReset, HttpServerRequest | Scope.Scope>

/** The application of the sandbox in scope. */
export const application = Effect.map(
  HttpRouter.toHttpEffect(Layer.mergeAll(gateway, rest, control, consent, billDownload)),
  (routes): Application =>
    Effect.flatMap(HttpServerRequest, (request) =>
      Loopback.isLoopback(request.headers["host"])
        ? Effect.catchIf(
            routes,
            (error): error is HttpServerError => error._tag === "HttpServerError",
            () => Effect.succeed(notFound)
          )
        : Effect.succeed(misdirected)
    )
)
