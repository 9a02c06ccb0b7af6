/** Two merchants in one process: each has its own application, its own platform, its own books, and never the other's. */
import { assert, describe, it } from "@effect/vitest"
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import { Paywall } from "@paylayer/core/Paywall"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import { AlipaySandbox } from "../../src/AlipaySandbox.ts"
import * as SandboxHttpClient from "../../src/SandboxHttpClient.ts"
import { buy, call, type Order } from "./shop.ts"
import { config, platform, seller } from "./world.ts"

const hongKong = { app_id: "2021000000000009", seller_id: "2088000000000099" }

const other = Layer.fresh(SandboxHttpClient.layer).pipe(Layer.provideMerge(AlipaySandbox.layerOf(hongKong)))

/** One paywall for both merchants, over two platforms that are told apart by their address. */
const twoShops = Effect.gen(function* () {
  const here = yield* Effect.context<AlipaySandbox | HttpClient.HttpClient>()
  const there = yield* Layer.build(other)
  const [home, abroad] = [here, there].map((one) => ({
    sandbox: Context.get(one, AlipaySandbox),
    client: Context.get(one, HttpClient.HttpClient)
  })) as [Platform, Platform]
  const both = HttpClient.make((request) =>
    (request.url.includes("//localhost") ? abroad : home).client.execute(request)
  )
  const settings = yield* AlipayConfig
  const second = AlipayTrust.make({
    ...settings,
    appId: hongKong.app_id,
    sellerId: hongKong.seller_id,
    gateway: "http://localhost/gateway.do"
  })
  const paywall = yield* Layer.build(
    Paywall.layer([AlipayTrust, second]).pipe(
      Layer.provide([AlipayTrust.layer, LedgerMemory.layerSilent]),
      Layer.provide(OpenPlatform.layer),
      Layer.provide(Layer.succeed(HttpClient.HttpClient, both))
    )
  )
  return { home: home.sandbox, abroad: abroad.sandbox, paywall }
})

interface Platform {
  readonly sandbox: AlipaySandbox["Service"]
  readonly client: HttpClient.HttpClient
}

const moved = ({ movements }: Platform["sandbox"]) => Effect.map(movements, (all) => all.map(({ amount }) => amount))

const inShops = <A, E>(use: (shops: Effect.Success<typeof twoShops>) => Effect.Effect<A, E, Paywall>) =>
  Effect.gen(function* () {
    const shops = yield* twoShops
    return yield* Effect.provide(use(shops), shops.paywall)
  }).pipe(Effect.scoped, Effect.provide(config.pipe(Layer.provideMerge(platform))))

describe("a second merchant", () => {
  it.effect("is paid through its own application, and the first through its own", () =>
    inShops(({ abroad, home }) =>
      Effect.gen(function* () {
        const [mine, theirs] = [yield* home.issue(), yield* abroad.issue()]
        assert.strictEqual(yield* call(mine.token, { merchant: seller, amount: "1.00" }), "ok")
        assert.strictEqual(yield* call(theirs.token, { merchant: hongKong.seller_id, amount: "2.00" }), "ok")
        assert.deepStrictEqual(yield* moved(home), ["1.00"])
        assert.deepStrictEqual(yield* moved(abroad), ["2.00"])
      })
    )
  )

  it.effect("is not paid with a token of which only the first one's platform knows, nor the other way round", () =>
    inShops(({ abroad, home }) =>
      Effect.gen(function* () {
        const [mine, theirs] = [yield* home.issue(), yield* abroad.issue()]
        for (const [token, merchant] of [
          [mine.token, hongKong.seller_id],
          [theirs.token, seller]
        ] as const) {
          const bought = yield* buy(token, { merchant })
          assert.deepInclude(bought, { code: "credential_revoked", moved: "no" })
        }
        assert.deepStrictEqual([...(yield* moved(home)), ...(yield* moved(abroad))], [])
      })
    )
  )
})

describe("a token of a session", () => {
  it.effect("buys in its session, and in none without it, in another, or in two at once", () =>
    inShops(({ home }) =>
      Effect.gen(function* () {
        for (const opaque of [false, true]) {
          const { token } = yield* home.issue({ sid: "session_1", opaque })
          const attempt = (order: Order) => call(token, { ...order, merchant: seller, amount: "1.00" })
          assert.strictEqual(yield* attempt({}), "session_mismatch")
          assert.strictEqual(yield* attempt({ session: "" }), "session_mismatch")
          assert.strictEqual(yield* attempt({ session: "session_2" }), "session_mismatch")
          assert.strictEqual(yield* attempt({ session: "session_1, session_2" }), "credential_ambiguous")
          assert.deepStrictEqual(yield* moved(home), opaque ? ["1.00"] : [])
          assert.strictEqual(yield* attempt({ session: "session_1" }), "ok")
        }
      })
    )
  )

  it.effect("does not buy at the other merchant in its session either", () =>
    inShops(({ abroad, home }) =>
      Effect.gen(function* () {
        const { token } = yield* home.issue({ sid: "session_1" })
        const code = yield* call(token, { merchant: hongKong.seller_id, session: "session_1" })
        assert.strictEqual(code, "credential_revoked")
        assert.deepStrictEqual([...(yield* moved(home)), ...(yield* moved(abroad))], [])
      })
    )
  )
})
