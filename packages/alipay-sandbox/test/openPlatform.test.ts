import { assert, describe, it } from "@effect/vitest"
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import * as ContentKey from "@paylayer/alipay/ContentKey"
import * as Delegation from "@paylayer/alipay/Delegation"
import * as OpenPlatform from "@paylayer/alipay/OpenPlatform"
import * as Trade from "@paylayer/alipay/Trade"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import * as SandboxConfig from "../src/SandboxConfig.ts"
import * as SandboxHttpClient from "../src/SandboxHttpClient.ts"
import { SandboxServer } from "../src/SandboxServer.ts"

const inProcess = OpenPlatform.OpenPlatform.layer.pipe(
  Layer.provide(SandboxConfig.layer),
  Layer.provide(SandboxHttpClient.layer),
  Layer.provideMerge(AlipaySandbox.layer)
)

const overSockets = OpenPlatform.OpenPlatform.layer.pipe(
  Layer.provide(SandboxConfig.layerServer),
  Layer.provide(FetchHttpClient.layer),
  Layer.provide(SandboxServer.layer()),
  Layer.provideMerge(AlipaySandbox.layer)
)

const charge = Effect.gen(function* () {
  const sandbox = yield* AlipaySandbox
  const opaque = yield* sandbox.issue({
    opaque: true,
    currency: "EUR",
    sid: "session_1",
    allowed_payment_methods: ["CREDIT", "HUABEI_INSTALLMENTS"],
    ext: { commerce: { max_single_amount: "15.10", allowed_categories: ["5734"] }, vendor_private: { times_limit: 2 } }
  })
  const { external_delegation_id } = opaque
  const found = yield* Delegation.query({ external_delegation_id })
  assert.strictEqual(found.status, "NORMAL")
  assert.deepStrictEqual(found.ext?.commerce?.max_single_amount, Money.of("EUR", 1510n))
  assert.strictEqual(found.remaining_times, 2)
  const { prepay_id } = yield* Trade.prepay({
    out_trade_no: "charge_1",
    total: Money.of("EUR", 1510n),
    subject: "market research",
    mcc_code: "5734",
    instalments: { count: 3, sellerPercent: "100" }
  })
  const { agreement_no, delegation_id } = found
  const { trade_no } = yield* Trade.delegationPay({ prepay_id, agreement_no, delegation_id })
  const trade = yield* Trade.query({ out_trade_no: "charge_1" })
  assert.deepInclude(trade, { trade_no, trade_status: "TRADE_SUCCESS", total_amount: Money.of("EUR", 1510n) })
  assert.strictEqual(yield* Effect.map(sandbox.movements, (movements) => movements.length), 1)
  const again = yield* Effect.flip(Trade.delegationPay({ prepay_id, agreement_no, delegation_id }))
  assert.include(again.message, "alipay.trade.agent.delegation.pay")
})

/** The sandbox's settings, changed: certificates of its keys, its content key, another protocol. */
const changed = (api: "v2" | "v3", certified: boolean, encrypted: boolean) => {
  const settings = Layer.effect(
    AlipayConfig,
    Effect.gen(function* () {
      const [own, sandbox] = [yield* AlipayConfig, yield* AlipaySandbox]
      const { alipaySerial, appSerial, rootSerial } = yield* sandbox.certificates
      const content = Result.getOrThrow(ContentKey.read(sandbox.config.encrypt_key))
      const keys = {
        own: own.privateKey,
        platform: [{ key: own.alipayPublicKey, ...(certified && { serial: alipaySerial }) }],
        ...(certified && { certificates: { app: appSerial, root: rootSerial } }),
        ...(encrypted && { content })
      }
      return { ...own, api, keys: Effect.succeed(keys) }
    })
  ).pipe(Layer.provide(SandboxConfig.layer))
  return OpenPlatform.OpenPlatform.layer.pipe(
    Layer.provide(settings),
    Layer.provide(SandboxHttpClient.layer),
    Layer.provideMerge(AlipaySandbox.layer)
  )
}

describe("this project's own client of the Open Platform", () => {
  it.effect("charges an opaque token in process", () => charge.pipe(Effect.provide(inProcess)))
  it.live("charges it over sockets", () => charge.pipe(Effect.provide(overSockets)))
  for (const api of ["v2", "v3"] as const) {
    for (const certified of [false, true]) {
      for (const encrypted of [false, true]) {
        const modes = [certified && "with certificates", encrypted && "encrypted"].filter((mode) => mode !== false)
        it.effect(`charges it over ${[api, ...modes].join(", ")}`, () =>
          charge.pipe(Effect.provide(changed(api, certified, encrypted)))
        )
      }
    }
  }
})
