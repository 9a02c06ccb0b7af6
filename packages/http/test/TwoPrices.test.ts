// What has a price already gets no other one: a host does not start with it.
import { assert, describe, it } from "@effect/vitest"
import type { CurrentPayment } from "@paylayer/http/CurrentPayment"
import * as FetchHandler from "@paylayer/http/FetchHandler"
import * as PaidEndpoint from "@paylayer/http/PaidEndpoint"
import * as PaidRoute from "@paylayer/http/PaidRoute"
import { TwoPrices } from "@paylayer/http/TwoPrices"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import { price } from "./httpHost.ts"
import { paywall, Provider } from "./protocols.ts"

const handler = Effect.succeed(HttpServerResponse.text("sold"))

/** Builds an app, and gives what it died of. */
const defectOf = <R>(app: Layer.Layer<never, never, R>) =>
  // What requests require is asked for with the first of them, and there is none.
  Layer.build(Layer.provide(app, [HttpRouter.layer, paywall(new Provider())]) as Layer.Layer<never>).pipe(
    Effect.scoped,
    Effect.exit,
    Effect.map((exit) => (exit._tag === "Failure" ? Cause.squash(exit.cause) : undefined))
  )

const isTwoPrices = (defect: unknown, says: RegExp) => {
  assert.instanceOf(defect, TwoPrices)
  assert.match(defect.message, says)
}

describe("two prices", () => {
  it("of a fetch handler are found when it is wrapped", () => {
    const paid = FetchHandler.make(paywall(new Provider()), { price })
    assert.throws(() => paid(paid(() => new Response("sold"))), TwoPrices)
  })

  it.effect("of a route are found when its layer is built: two middlewares, or a paid handler below one", () =>
    Effect.gen(function* () {
      const [one, other] = [PaidRoute.middleware({ price }), PaidRoute.middleware({ price })]
      const route = HttpRouter.add("GET", "/a", handler)
      const below = HttpRouter.add("GET", "/a", PaidRoute.paid({ price })(handler))
      for (const app of [
        route.pipe(Layer.provide(one.layer), Layer.provide(other.layer)),
        route.pipe(Layer.provide(one.combine(other).layer)),
        below.pipe(Layer.provide(one.layer))
      ])
        isTwoPrices(yield* defectOf(app), /^this handler would have two prices/)
      assert.throws(() => PaidRoute.paid({ price })(PaidRoute.paid({ price })(handler)), TwoPrices)
      // The same middleware over a group and over one of its routes is one price.
      assert.isUndefined(yield* defectOf(route.pipe(Layer.provide(one.layer), Layer.provide(one.layer))))
    })
  )

  it.effect("of an endpoint are found when its API is built, whatever is in between", () =>
    Effect.gen(function* () {
      class Paid extends HttpApiMiddleware.Service<Paid, { provides: CurrentPayment }>()("test/Paid") {}
      class Asked extends HttpApiMiddleware.Service<Asked>()("test/Asked") {}
      class Dear extends HttpApiMiddleware.Service<Dear, { provides: CurrentPayment }>()("test/Dear") {}
      const endpoint = HttpApiEndpoint.get("report", "/report").middleware(Paid).middleware(Asked).middleware(Dear)
      const api = HttpApi.make("api").add(HttpApiGroup.make("sold").add(endpoint))
      const group = HttpApiBuilder.group(api, "sold", (handlers) => handlers.handle("report", () => handler))
      const app = HttpApiBuilder.layer(api).pipe(
        Layer.provide(group),
        Layer.provide([PaidEndpoint.layer(Paid, { price }), PaidEndpoint.layer(Dear, { price })]),
        Layer.provide(Layer.succeed(Asked, (asked) => Effect.tap(asked, Effect.void))),
        Layer.provide(HttpServer.layerServices)
      )
      isTwoPrices(yield* defectOf(app), /^GET \/report has two paid middlewares/)
    })
  )
})
