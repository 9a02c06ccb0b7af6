// The hosts of this package.
import * as FetchHandler from "@paylayer/http/FetchHandler"
import * as PaidRoute from "@paylayer/http/PaidRoute"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
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
    return isStream
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

export const hosts = [router, fetchHandler]
