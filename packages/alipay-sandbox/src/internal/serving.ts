/**
 * The sandbox on a server of Node's. It takes a while to load, so `SandboxServer` loads it when it begins to listen.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import { HttpServer } from "effect/http/HttpServer"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as Http from "node:http"
import type { Address } from "../SandboxServer.ts"
import { application } from "./application.ts"
import * as Loopback from "./loopback.ts"
import * as PlainCall from "./plainCall.ts"

// What a fault asks for cannot be said in HTTP, so it is done to the socket.
const reset = Effect.flatMap(HttpServerRequest, (request) =>
  Effect.andThen(
    Effect.sync(() => NodeHttpServerRequest.toIncomingMessage(request).socket.resetAndDestroy()),
    Effect.interruptible(Effect.never)
  )
)

const make = Effect.fnUntraced(function* (node: Http.Server) {
  const app = yield* application
  const { address } = yield* HttpServer
  const port = "port" in address ? address.port : 0
  const plainly = yield* PlainCall.make
  const routed = yield* NodeHttpServer.makeHandler(
    Effect.catchTag(app, "ConnectionReset", () => reset),
    {
      scope: yield* Effect.scope
    }
  )
  node.on("request", (request, response) => void (plainly(request, response) || routed(request, response)))
  // Nobody is waited for: a client that keeps its connection open would keep the process alive.
  yield* Effect.addFinalizer(() => Effect.sync(() => node.close().closeAllConnections()))
  const url = `http://${Loopback.address}:${port}`
  return { url, gateway: `${url}/gateway.do`, port } satisfies Address
})

/** A server for this port of 127.0.0.1, and the sandbox on it. */
export const serving = (port: number) => {
  const node = Http.createServer()
  const listen = { host: Loopback.address, port, gracefulShutdownTimeout: 200 }
  return { server: NodeHttpServer.layerServer(() => node, listen), address: make(node) }
}
