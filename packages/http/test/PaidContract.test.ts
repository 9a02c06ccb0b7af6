// What the contract of an HttpApi says of payment, and that its clients get it so.
import { assert, describe, it } from "@effect/vitest"
import type { CurrentPayment } from "@paylayer/http/CurrentPayment"
import * as PaidContract from "@paylayer/http/PaidContract"
import * as PaidEndpoint from "@paylayer/http/PaidEndpoint"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as OpenApi from "effect/http-api/OpenApi"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { price } from "./httpHost.ts"
import { paywall, Provider } from "./protocols.ts"

class Paid extends HttpApiMiddleware.Service<Paid, { provides: CurrentPayment }>()("test/Paid", {
  error: PaidContract.errors
}) {}

const Report = Schema.Struct({ report: Schema.String })
const Api = HttpApi.make("api")
  .add(
    HttpApiGroup.make("sold").add(
      HttpApiEndpoint.post("report", "/report", { success: Report }).middleware(Paid),
      HttpApiEndpoint.get("free", "/free", { success: Report })
    )
  )
  .annotate(OpenApi.Transform, PaidContract.receipts)

describe("the contract of a paid endpoint", () => {
  it("shows in OpenAPI what it refuses with, and the headers of payment", () => {
    const { paths, components } = OpenApi.fromApi(Api)
    const responses = paths["/report"]?.post?.responses ?? {}
    assert.deepStrictEqual(Object.keys(responses), ["200", "400", "402", "409", "413", "500", "503"])
    for (const status of [400, 402, 409, 413, 500, 503]) {
      const name = `PaymentProblem${status}`
      const problem = { schema: { $ref: `#/components/schemas/${name}` } }
      assert.deepStrictEqual(responses[status]?.content, { "application/problem+json": problem })
      const { properties } = components.schemas[name] as { readonly properties: Record<string, object> }
      assert.deepInclude(properties["moved"], { enum: ["no", "unknown", "yes"] })
      assert.deepInclude(properties["accepts"], { type: "array" })
    }
    assert.deepStrictEqual(Object.keys(responses[402]?.headers ?? {}), ["www-authenticate"])
    assert.deepStrictEqual(Object.keys(responses[503]?.headers ?? {}), ["retry-after"])
    assert.deepStrictEqual(Object.keys(responses[200]?.headers ?? {}), ["payment-receipt"])
    const free = paths["/free"]?.get?.responses ?? {}
    assert.deepStrictEqual([Object.keys(free), free[200]?.headers], [["200"], undefined])
  })

  it.effect("gives its client the refusal as a typed error, with its headers, and what was sold", () =>
    Effect.gen(function* () {
      const provider = new Provider()
      const sold = HttpApiBuilder.group(Api, "sold", (handlers) =>
        handlers
          .handle("report", () => Effect.succeed({ report: "growing" }))
          .handle("free", () => Effect.succeed({ report: "flat" }))
      ).pipe(Layer.provide(PaidEndpoint.layer(Paid, { price })))
      const app = HttpApiBuilder.layer(Api).pipe(
        Layer.provide(sold),
        Layer.provideMerge(paywall(provider)),
        Layer.provide(HttpServer.layerServices)
      )
      const { dispose, handler } = HttpRouter.toWebHandler(app, { disableLogger: true })
      const fetch: typeof globalThis.fetch = (input, init) => handler(new Request(input, init))
      const clientWith = (headers: Record<string, string>) =>
        HttpApiClient.make(Api, {
          baseUrl: "http://localhost",
          transformClient: HttpClient.mapRequest(HttpClientRequest.setHeaders(headers))
        }).pipe(Effect.provide(FetchHttpClient.layer), Effect.provideService(FetchHttpClient.Fetch, fetch))
      const refused = yield* Effect.flip((yield* clientWith({})).sold.report())
      assert.isTrue("headers" in refused && "body" in refused)
      if (!("body" in refused && "headers" in refused)) return
      assert.strictEqual(refused.body.code, "payment_required")
      assert.match(String(Object.values(refused.headers)[0]), /^Payment id=/)
      const client = yield* clientWith({ "x-coin": "ok:alice" })
      assert.deepStrictEqual(yield* client.sold.report(), { report: "growing" })
      provider.settles = "unknown"
      const unknown = yield* Effect.flip(client.sold.report())
      assert.strictEqual("body" in unknown ? unknown.body.moved : unknown, "unknown")
      yield* Effect.promise(dispose)
    })
  )
})
