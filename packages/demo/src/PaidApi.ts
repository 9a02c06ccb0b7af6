/**
 * The paid API of the demo: `POST /api/proxy/market-research`, priced in CNY, USD and EUR.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import * as Recovery from "@paylayer/core/Recovery"
import * as PaidRoute from "@paylayer/http/PaidRoute"
import * as PaymentCors from "@paylayer/http/PaymentCors"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Http from "node:http"
import * as MarketResearch from "./MarketResearch.ts"

/** Where the tool is. */
export const path = "/api/proxy/market-research"

/** What one report costs. */
export const price = Price.make({ CNY: "1.10", USD: "0.15", EUR: "0.14" })

/** ISO 18245: information retrieval services. */
export const category = "7375"

const paid = PaidRoute.middleware({ price, category, description: "Market research report", realm: "paylayer-demo" })

const research = HttpRouter.add("POST", path, MarketResearch.report).pipe(Layer.provide(paid.layer))

const index = HttpRouter.add(
  "GET",
  "/",
  HttpServerResponse.jsonUnsafe({
    paid: [`POST ${path}`],
    try: "send it without a token to see how it can be paid for"
  })
)

/** The API on a port of this machine, a free one for 0, paid by whatever the paywall takes. */
export const layer = <E, R>(port: number, paywall: Layer.Layer<Paywall, E, R>) =>
  HttpRouter.serve(Layer.mergeAll(research, index, PaymentCors.layer(), Recovery.layer()), {
    disableLogger: true,
    disableListenLog: true
  }).pipe(
    Layer.provide(paywall),
    Layer.provideMerge(
      NodeHttpServer.layer(() => Http.createServer(), { host: "127.0.0.1", port, gracefulShutdownTimeout: 200 })
    )
  )
