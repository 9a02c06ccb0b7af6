// The hosts of this package.
import type { CurrentPayment } from "@paylayer/http/CurrentPayment"
import * as FetchHandler from "@paylayer/http/FetchHandler"
import * as PaidEndpoint from "@paylayer/http/PaidEndpoint"
import * as PaidRoute from "@paylayer/http/PaidRoute"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { Hono } from "hono"
import { type HttpHost, stage } from "./httpHost.ts"

class Broken extends Data.TaggedError("Broken")<{ readonly cause: unknown }> {}

/** A handler of `stage` as an Effect handler. */
const effectful = (handle: (body: string) => Promise<Response>) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const body = yield* request.text
    const response = yield* Effect.tryPromise({
      try: () => handle(body),
      catch: (cause) => new Broken({ cause })
    })
    const isStream = response.headers.get("content-type") === "text/event-stream"
    return isStream || response.body === null
      ? HttpServerResponse.fromWeb(response)
      : HttpServerResponse.uint8Array(new Uint8Array(yield* Effect.promise(() => response.arrayBuffer())), {
          status: response.status,
          headers: Object.fromEntries(response.headers)
        })
  })

export const router: HttpHost = {
  name: "HttpRouter",
  serve: (setup = {}) => {
    const { handle, options, provider, runs, services } = stage(setup)
    const Routes = HttpRouter.addAll(
      ["/a", "/b"].map((path) => HttpRouter.route("*", path as "/a", effectful(handle)))
    ).pipe(Layer.provide(PaidRoute.middleware(options).layer), Layer.provideMerge(services))
    const { dispose, handler } = HttpRouter.toWebHandler(Routes, { disableLogger: true })
    return { provider, runs, fetch: (request) => handler(request), dispose }
  }
}

export const fetchHandler: HttpHost = {
  name: "FetchHandler",
  throwing: "rejects",
  serve: (setup = {}) => {
    const { handle, options, provider, runs, services } = stage(setup)
    const runtime = ManagedRuntime.make(services)
    const paid = FetchHandler.make(runtime, options)(async (request) => handle(await request.text()))
    const fetch = async (request: Request) => {
      const { pathname } = new URL(request.url)
      return pathname === "/a" || pathname === "/b" ? paid(request) : new Response("none", { status: 404 })
    }
    return { provider, runs, fetch, dispose: () => runtime.dispose() }
  }
}

class Paid extends HttpApiMiddleware.Service<Paid, { provides: CurrentPayment }>()("test/Paid") {}

const Api = HttpApi.make("api").add(
  HttpApiGroup.make("sold").add(
    HttpApiEndpoint.get("getA", "/a").middleware(Paid),
    HttpApiEndpoint.post("postA", "/a").middleware(Paid),
    HttpApiEndpoint.get("getB", "/b").middleware(Paid),
    HttpApiEndpoint.post("postB", "/b").middleware(Paid)
  )
)

export const httpApi: HttpHost = {
  name: "HttpApi",
  methods: ["GET", "HEAD", "POST"],
  skips: {
    "OPTIONS is 204 with the methods and the headers of payment, and runs nothing":
      "an HttpApi routes no OPTIONS; PaymentCors.layer answers it"
  },
  serve: (setup = {}) => {
    const { handle, options, provider, runs, services } = stage(setup)
    const handler = () => effectful(handle).pipe(Effect.orDie)
    const Sold = HttpApiBuilder.group(Api, "sold", (handlers) =>
      handlers.handle("getA", handler).handle("postA", handler).handle("getB", handler).handle("postB", handler)
    ).pipe(Layer.provide(PaidEndpoint.layer(Paid, options)))
    const Routes = HttpApiBuilder.layer(Api).pipe(
      Layer.provide(Sold),
      Layer.provideMerge(services),
      Layer.provide(HttpServer.layerServices)
    )
    const { dispose, handler: fetch } = HttpRouter.toWebHandler(Routes, { disableLogger: true })
    return { provider, runs, fetch: (request) => fetch(request), dispose }
  }
}

export const hono: HttpHost = {
  name: "Hono",
  serve: (setup = {}) => {
    const { handle, options, provider, runs, services } = stage(setup)
    const runtime = ManagedRuntime.make(services)
    const paid = FetchHandler.make(runtime, options)
    const app = new Hono()
    for (const path of ["/a", "/b"])
      app.all(path, (c) => paid(async (request) => handle(await request.text()))(c.req.raw))
    app.onError(() => new Response("failed", { status: 500 }))
    return { provider, runs, fetch: async (request) => app.fetch(request), dispose: () => runtime.dispose() }
  }
}

export const hosts = [router, httpApi, fetchHandler, hono]
