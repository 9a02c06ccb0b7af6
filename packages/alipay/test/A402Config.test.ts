import { assert, describe, it } from "@effect/vitest"
import type { Charge } from "@paylayer/core/Charge"
import * as Money from "@paylayer/core/Money"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { A402Config } from "../src/A402Config.ts"

const loaded = (env: Record<string, string>) =>
  Effect.map(A402Config, (config) => config).pipe(
    Effect.provide(
      Layer.provide(A402Config.layer, FileSystem.layerNoop({ readFileString: () => Effect.succeed("from a file\n") }))
    ),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
  )

const good = {
  ALIPAY_SELLER_ID: "2088000000000000",
  ALIPAY_SELLER_NAME: "示例商户",
  ALIPAY_SERVICE_ID: "API_0EA6"
}

const issues = (env: Record<string, string>) =>
  Effect.map(Effect.flip(loaded(env)), ({ issues }) => issues.map(({ variable }) => variable))

describe("A402Config", () => {
  it.effect("needs three variables; a bill asks at most CNY 50.00, and nothing is validated aloud", () =>
    Effect.gen(function* () {
      const { serviceId, ...config } = yield* loaded(good)
      assert.deepEqual(config, {
        sellerId: "2088000000000000",
        sellerName: "示例商户",
        maximum: Money.of("CNY", 50_00n),
        validation: false
      })
      assert.strictEqual(serviceId({} as Charge), "API_0EA6")
    })
  )

  it.effect("takes another maximum, Payment-Validation, and values from files", () =>
    Effect.gen(function* () {
      const { ALIPAY_SELLER_NAME: _, ...rest } = good
      const more = { ALIPAY_A402_MAXIMUM: "200", ALIPAY_A402_VALIDATION: "on", ALIPAY_SELLER_NAME_FILE: "/seller" }
      const config = yield* loaded({ ...rest, ...more })
      assert.deepEqual(config.maximum, Money.of("CNY", 200_00n))
      assert.isTrue(config.validation)
      assert.strictEqual(config.sellerName, "from a file")
    })
  )

  it.effect("reports everything that is wrong at once", () =>
    Effect.gen(function* () {
      assert.deepEqual(yield* issues({}), ["ALIPAY_SELLER_ID", "ALIPAY_SELLER_NAME", "ALIPAY_SERVICE_ID"])
      const wrong = {
        ALIPAY_SELLER_ID: "2088",
        ALIPAY_SELLER_NAME: "a&b",
        ALIPAY_SERVICE_ID: "x".repeat(257),
        ALIPAY_A402_MAXIMUM: "50,00",
        ALIPAY_A402_VALIDATION: "yes"
      }
      assert.deepEqual(yield* issues(wrong), Object.keys(wrong))
    })
  )
})
