/**
 * The sandbox on a loopback port, as any HTTP client meets it. It never listens anywhere else.
 *
 * @example
 * const { gateway } = yield* SandboxServer          // "http://127.0.0.1:34567/gateway.do"
 * program.pipe(Effect.provide(SandboxServer.layer().pipe(Layer.provideMerge(AlipaySandbox.layer))))
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { HttpServer } from "effect/http/HttpServer"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import * as Http from "node:http"
import { application } from "./internal/application.ts"
import * as Loopback from "./internal/loopback.ts"

/** Where the sandbox is. */
export interface Address {
  /** `"http://127.0.0.1:34567"` */
  readonly url: string
  /** The gateway's address: what a client of Alipay is configured with. */
  readonly gateway: string
  readonly port: number
}

// What a fault asks for cannot be said in HTTP, so it is done to the socket.
const reset = Effect.flatMap(HttpServerRequest, (request) =>
  Effect.andThen(
    Effect.sync(() => NodeHttpServerRequest.toIncomingMessage(request).socket.resetAndDestroy()),
    Effect.interruptible(Effect.never)
  )
)

const make = Effect.fnUntraced(function* (node: Http.Server) {
  const app = yield* application
  const server = yield* HttpServer
  const { address } = server
  const port = "port" in address ? address.port : 0
  yield* server.serve(Effect.catchTag(app, "ConnectionReset", () => reset))
  // Nobody is waited for: a client that keeps its connection open would keep the process alive.
  yield* Effect.addFinalizer(() => Effect.sync(() => node.close().closeAllConnections()))
  const url = `http://${Loopback.address}:${port}`
  return { url, gateway: `${url}/gateway.do`, port }
})

/** The sandbox, listening. */
export class SandboxServer extends Context.Service<SandboxServer, Address>()("@paylayer/alipay-sandbox/SandboxServer") {
  /** Serves the `AlipaySandbox` in scope on this port of 127.0.0.1; on a free one where none is given. */
  static readonly layer = (options: { readonly port?: number } = {}) =>
    Layer.unwrap(
      Effect.sync(() => {
        const node = Http.createServer()
        const listen = { host: Loopback.address, port: options.port ?? 0, gracefulShutdownTimeout: 200 }
        return Layer.effect(SandboxServer, make(node)).pipe(
          Layer.provide(NodeHttpServer.layerServer(() => node, listen))
        )
      })
    )
}
