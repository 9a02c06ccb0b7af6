/**
 * The `StripeSandbox` on a loopback port, as any HTTP client meets it. It never listens anywhere else.
 *
 * @example
 * const { url } = yield* StripeSandboxServer          // "http://127.0.0.1:34567": STRIPE_API
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { HttpServer } from "effect/http/HttpServer"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Http from "node:http"
import { StripeSandbox } from "./StripeSandbox.ts"

const address = "127.0.0.1"

const application = Effect.gen(function* () {
  const { answer } = yield* StripeSandbox
  const request = yield* HttpServerRequest
  const body = yield* Effect.orDie(request.text)
  const { method, headers, url } = request
  return yield* Effect.interruptible(answer({ method, target: url, headers, body })).pipe(
    Effect.map(({ body: text, headers: own, status }) => HttpServerResponse.text(text, { status, headers: own })),
    // It cannot be said in HTTP, so it is done to the socket.
    Effect.catchTag("StripeSandboxReset", () =>
      Effect.andThen(
        Effect.sync(() => NodeHttpServerRequest.toIncomingMessage(request).socket.resetAndDestroy()),
        Effect.interruptible(Effect.never)
      )
    )
  )
})

const make = (node: Http.Server) =>
  Effect.gen(function* () {
    const server = yield* HttpServer
    const handler = yield* NodeHttpServer.makeHandler(application, { scope: yield* Effect.scope })
    node.on("request", handler)
    // Nobody is waited for: a client that keeps its connection open would keep the process alive.
    yield* Effect.addFinalizer(() => Effect.sync(() => node.close().closeAllConnections()))
    const port = "port" in server.address ? server.address.port : 0
    return { url: `http://${address}:${port}`, port }
  })

/** The sandbox, listening. */
export class StripeSandboxServer extends Context.Service<
  StripeSandboxServer,
  {
    /** `"http://127.0.0.1:34567"` */
    readonly url: string
    readonly port: number
  }
>()("@paylayer/gateway/StripeSandboxServer") {
  /** Serves the `StripeSandbox` in scope on this port of 127.0.0.1; on a free one where none is given. */
  static readonly layer = (options: { readonly port?: number } = {}) =>
    Layer.suspend(() => {
      const node = Http.createServer()
      const listen = { host: address, port: options.port ?? 0, gracefulShutdownTimeout: 200 }
      return Layer.effect(StripeSandboxServer, make(node)).pipe(
        Layer.provide(NodeHttpServer.layerServer(() => node, listen))
      )
    })
}
