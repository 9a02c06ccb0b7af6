// Effect's HttpRouter: a middleware of the route.
import type { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import * as PaidRoute from "@paylayer/http/PaidRoute"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"

const report = Effect.gen(function* () {
  const { json } = yield* HttpServerRequest
  return HttpServerResponse.jsonUnsafe({ asked: yield* json })
})

const paid = PaidRoute.middleware({ price: Price.make({ CNY: "1.10", USD: "0.15" }) })

export const routes = <E, R>(paywall: Layer.Layer<Paywall, E, R>) =>
  HttpRouter.add("POST", "/report", report).pipe(Layer.provide(paid.layer), Layer.provide(paywall))
