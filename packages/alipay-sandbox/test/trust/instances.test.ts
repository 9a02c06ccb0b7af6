/** Two merchants in one process: each has its own application, its own seller, and never the other's. */
import { assert, it } from "@effect/vitest"
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import { Paywall } from "@paylayer/core/Paywall"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import { call, issue } from "./shop.ts"
import { config, platform, seller } from "./world.ts"

const other = "2088000000000099"

/** What the gateway was asked, by application. */
const listening = Effect.gen(function* () {
  const client = yield* HttpClient.HttpClient
  const seen: Array<string> = []
  const tapped = HttpClient.mapRequest(client, (request) => {
    const url = new URL(request.url)
    seen.push(`${url.searchParams.get("app_id")} ${url.searchParams.get("method")?.split(".").at(-1)}`)
    return request
  })
  return { seen, tapped }
})

it.effect("a second merchant's charges go through its own application, not through the first one's", () =>
  Effect.provide(
    Effect.gen(function* () {
      const { seen, tapped } = yield* listening
      const settings = yield* AlipayConfig
      const second = AlipayTrust.make({ ...settings, appId: "2021000000000009", sellerId: other })
      const paywall = Paywall.layer([AlipayTrust, second]).pipe(
        Layer.provide(AlipayTrust.layer),
        Layer.provide(OpenPlatform.layer),
        Layer.provide(Layer.succeed(HttpClient.HttpClient, tapped)),
        Layer.provide(LedgerMemory.layerSilent)
      )
      yield* Effect.gen(function* () {
        const { token } = yield* issue()
        assert.strictEqual(yield* call(token, { merchant: seller }), "ok")
        assert.deepStrictEqual(new Set(seen.splice(0).map((line) => line.split(" ")[0])), new Set([settings.appId]))
        // The sandbox knows one application, so the other's calls are refused at its door: that is how we know whose they were.
        assert.strictEqual(yield* call(token, { merchant: other }), "provider_unavailable")
        assert.deepStrictEqual(seen, ["2021000000000009 query"])
      }).pipe(Effect.provide(paywall))
    }),
    config.pipe(Layer.provideMerge(platform))
  )
)
