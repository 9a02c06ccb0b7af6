// The two hosts behind one face, so that one list of cases runs on both.
import * as FetchHandler from "@paylayer/http/FetchHandler"
import * as PaidRoute from "@paylayer/http/PaidRoute"
import type { PaidOptions } from "@paylayer/http/PaidOptions"
import type * as Paywall from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { paywall, Provider } from "./protocols.ts"

export interface Setup {
  /** What the handler does with a request whose body it has read. */
  readonly handler?: (request: { readonly body: string; readonly run: number }) => Promise<Response> | Response
  readonly options?: Omit<PaidOptions<unknown>, "price">
  readonly price?: () => Effect.Effect<Price.Price, unknown>
  readonly paywall?: Paywall.Options
  /** Further protocols. */
  readonly extra?: number
}

export interface Served {
  readonly provider: Provider
  readonly runs: () => number
  readonly fetch: (request: Request) => Promise<Response>
  readonly dispose: () => Promise<void>
}

export interface Host {
  readonly name: string
  readonly serve: (setup?: Setup) => Served
}

export const price = Price.make({ CNY: "15.00", USD: "2.10" })

class Broken extends Data.TaggedError("Broken")<{ readonly cause: unknown }> {}

const counting = ({ handler = () => Response.json({ answer: 42 }) }: Setup) => {
  let runs = 0
  return {
    runs: () => runs,
    handle: async (body: string) => handler({ body, run: ++runs })
  }
}

export const router: Host = {
  name: "HttpRouter",
  serve: (setup = {}) => {
    const provider = new Provider()
    const { handle, runs } = counting(setup)
    const Routes = HttpRouter.addAll(
      ["/a", "/b"].map((path) =>
        HttpRouter.route(
          "*",
          path as "/a",
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
        )
      )
    ).pipe(
      Layer.provide(PaidRoute.middleware({ ...setup.options, price: setup.price ?? price }).layer),
      Layer.provideMerge(paywall(provider, setup.paywall, setup.extra))
    )
    const { dispose, handler } = HttpRouter.toWebHandler(Routes, { disableLogger: true })
    return { provider, runs, fetch: (request) => handler(request), dispose }
  }
}

export const fetchHandler: Host = {
  name: "FetchHandler",
  serve: (setup = {}) => {
    const provider = new Provider()
    const { handle, runs } = counting(setup)
    const runtime = ManagedRuntime.make(paywall(provider, setup.paywall, setup.extra))
    const fetch = FetchHandler.make(runtime, { ...setup.options, price: setup.price ?? price })(async (request) =>
      handle(await request.text())
    )
    return { provider, runs, fetch, dispose: () => runtime.dispose() }
  }
}

export const hosts = [router, fetchHandler]
