// One framework of `pnpm bench:hosts`, in a process of its own: `hostServer.ts <framework>` serves `POST /bare` and `POST /paid` from the
// same handler, tells its port, and then its CPU time whenever it is asked.
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import * as FetchHandler from "@paylayer/http/FetchHandler"
import * as PaidRoute from "@paylayer/http/PaidRoute"
import * as ExpressHandler from "@paylayer/node/ExpressHandler"
import * as NodeHandler from "@paylayer/node/NodeHandler"
import { serve } from "@hono/node-server"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import express from "express"
import { Hono } from "hono"
import { once } from "node:events"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import * as MockPay from "./MockPay.ts"

const options = { price: Price.make({ CNY: "1.10" }) }
const paywall = Paywall.layer([MockPay.MockPay]).pipe(Layer.provide([MockPay.MockPay.layer, LedgerMemory.layerSilent]))

/** What is sold: reads the body, answers a little JSON. */
const report = (asked: unknown) => ({ asked, trend: "growing" })

const listening = async (server: Server): Promise<number> => {
  await once(server.listen(0, "127.0.0.1"), "listening")
  return (server.address() as AddressInfo).port
}

const frameworks: Readonly<Record<string, () => Promise<number>>> = {
  effect: async () => {
    const handler = Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      return HttpServerResponse.jsonUnsafe(report(yield* request.json))
    })
    const routes = Layer.mergeAll(
      HttpRouter.add("POST", "/bare", handler),
      HttpRouter.add("POST", "/paid", handler).pipe(Layer.provide(PaidRoute.middleware(options).layer))
    ).pipe(Layer.provide(paywall))
    const server = HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" }))
    )
    const { address } = await ManagedRuntime.make(server).runPromise(HttpServer.HttpServer)
    return "port" in address ? address.port : 0
  },
  hono: () => {
    const paid = FetchHandler.make(ManagedRuntime.make(paywall), options)
    const app = new Hono()
    app.post("/bare", async (c) => c.json(report(await c.req.json())))
    const sell = paid(async (request) => Response.json(report(await request.json())))
    app.post("/paid", (c) => sell(c.req.raw))
    return new Promise((resolve) => {
      serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => resolve(port))
    })
  },
  express: () => {
    const paid = ExpressHandler.make(ManagedRuntime.make(paywall), options)
    const app = express()
    app.use(express.json())
    app.post("/bare", (request, response) => void response.json(report(request.body)))
    app.post(
      "/paid",
      paid((request: express.Request, response: express.Response) => void response.json(report(request.body)))
    )
    return listening(createServer(app))
  },
  node: () => {
    const handler = async (request: IncomingMessage, response: ServerResponse) => {
      const asked = JSON.parse(await text(request))
      response.setHeader("content-type", "application/json")
      response.end(JSON.stringify(report(asked)))
    }
    const sell = NodeHandler.make(ManagedRuntime.make(paywall), options)(handler)
    return listening(
      createServer((request, response) => void (request.url === "/paid" ? sell : handler)(request, response))
    )
  }
}

const port = await frameworks[process.argv[2] ?? ""]!()
process.on("message", () => {
  const { system, user } = process.cpuUsage()
  process.send?.((system + user) / 1e6)
})
process.on("disconnect", () => process.exit())
process.send?.(port)
