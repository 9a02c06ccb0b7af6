import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { systemError } from "effect/PlatformError"
import * as Crypto from "node:crypto"
import { inspect } from "node:util"
import { AlipayConfig, type AlipayConfigError, load } from "../src/AlipayConfig.ts"
import * as Rsa2 from "../src/Rsa2.ts"
import { vector } from "./vectors.ts"

const good = {
  ALIPAY_APP_ID: "2021000000000001",
  ALIPAY_PRIVATE_KEY: vector("strange.pkcs8.pem"),
  ALIPAY_PUBLIC_KEY: vector("key.spki.pem")
}
const jwk = Crypto.generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" })
const jwks = JSON.stringify({ keys: [jwk] })

const files = (contents: Record<string, string>) =>
  FileSystem.layerNoop({
    readFileString: (path) =>
      path in contents
        ? Effect.succeed(contents[path]!)
        : Effect.fail(
            systemError({ _tag: "NotFound", module: "FileSystem", method: "readFileString", pathOrDescriptor: path })
          )
  })

const loaded = (env: Record<string, string | undefined>, contents: Record<string, string> = {}) => {
  const present = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined)
  )
  return load.pipe(
    Effect.provide(files(contents)),
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(present))
  )
}
const error = (env: Record<string, string | undefined>, contents?: Record<string, string>) =>
  Effect.map(Effect.flip(loaded(env, contents)), (error): AlipayConfigError => {
    const shown = `${inspect(error, { depth: 9 })}${error.message}${JSON.stringify(error)}`
    for (const line of vector("strange.pkcs8.pem").split("\n").slice(1, -2)) assert.notInclude(shown, line)
    return error
  })
const variables = (env: Record<string, string | undefined>, contents?: Record<string, string>) =>
  Effect.map(error(env, contents), ({ issues }) => issues.map(({ variable }) => variable))

describe("AlipayConfig", () => {
  it.effect("needs three variables and knows the rest", () =>
    Effect.gen(function* () {
      const config = yield* loaded(good)
      assert.strictEqual(config.gateway, "https://openapi.alipay.com/gateway.do")
      assert.deepStrictEqual(config.timeout, Duration.seconds(5))
      assert.deepStrictEqual(config.agentTokenIssuers, [])
      assert.isFalse("sellerId" in config)
      assert.strictEqual(Rsa2.publicKeyPem(config.alipayPublicKey), vector("key.spki.pem"))
      assert.notInclude(inspect(config, { depth: 9, showHidden: true }), vector("strange.pkcs8.pem").split("\n")[1]!)
    })
  )

  it.effect("takes every variable from a file instead", () =>
    Effect.gen(function* () {
      const all: Record<string, string> = {
        ...good,
        ALIPAY_GATEWAY: "http://127.0.0.1:8080/gateway.do",
        ALIPAY_SELLER_ID: "2088000000000001",
        ALIPAY_TIMEOUT: "2 seconds",
        ALIPAY_PAYMENT_METHODS: "credit, balance",
        ALIPAY_INSTALMENT_FEE: "merchant",
        ALIPAY_SETTLE_CURRENCY: "EUR",
        ALIPAY_NOTIFY_URL: "https://shop.example/alipay/notify",
        ALIPAY_AGENT_TOKEN_ISSUER: "https://trust.example",
        ALIPAY_AGENT_TOKEN_JWKS: jwks
      }
      const env = Object.fromEntries(Object.keys(all).map((name) => [`${name}_FILE`, `/run/${name}`]))
      const contents = Object.fromEntries(Object.entries(all).map(([name, text]) => [`/run/${name}`, `${text}\n`]))
      for (const config of [yield* loaded(all), yield* loaded(env, contents)]) {
        assert.strictEqual(config.gateway, "http://127.0.0.1:8080/gateway.do")
        assert.strictEqual(config.sellerId, "2088000000000001")
        assert.deepStrictEqual(config.timeout, Duration.seconds(2))
        assert.deepStrictEqual(config.paymentMethods, ["balance", "credit"])
        assert.strictEqual(config.instalmentFee, "merchant")
        assert.strictEqual(config.settleCurrency, "EUR")
        assert.strictEqual(config.agentTokenIssuers[0]?.issuer, "https://trust.example")
      }
    })
  )

  it.effect("reports everything that is wrong at once", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* variables({}), ["ALIPAY_APP_ID", "ALIPAY_PRIVATE_KEY", "ALIPAY_PUBLIC_KEY"])
      assert.deepStrictEqual(yield* variables({ ...good, ALIPAY_APP_ID: "  " }), ["ALIPAY_APP_ID"])
      const wrong = {
        ALIPAY_APP_ID: "my-app",
        ALIPAY_PRIVATE_KEY: vector("key.spki.pem"),
        ALIPAY_PUBLIC_KEY: vector("strange.pkcs8.pem"),
        ALIPAY_GATEWAY: "http://openapi.alipay.com/gateway.do",
        ALIPAY_SELLER_ID: "42",
        ALIPAY_TIMEOUT: "soon",
        ALIPAY_PAYMENT_METHODS: "balance,shells",
        ALIPAY_INSTALMENT_FEE: "nobody",
        ALIPAY_SETTLE_CURRENCY: "GBP",
        ALIPAY_NOTIFY_URL: "http://shop.example/alipay/notify",
        ALIPAY_AGENT_TOKEN_ISSUER: "https://trust.example",
        ALIPAY_AGENT_TOKEN_JWKS: "{}"
      }
      assert.deepStrictEqual(
        [...(yield* variables(wrong)), "ALIPAY_AGENT_TOKEN_ISSUER"].toSorted(),
        Object.keys(wrong).toSorted()
      )
      const { issues, message } = yield* error(wrong)
      assert.match(issues[1]!.message, /this is a public key/)
      assert.match(issues[2]!.message, /this is a private key/)
      for (const { variable, hint } of issues) assert.isTrue(message.includes(variable) && message.includes(hint))
    })
  )

  it.effect("notices the application's public key in Alipay's place", () =>
    Effect.gen(function* () {
      const { issues } = yield* error({ ...good, ALIPAY_PUBLIC_KEY: vector("strange.spki.pem") })
      assert.deepStrictEqual(
        issues.map(({ variable }) => variable),
        ["ALIPAY_PUBLIC_KEY"]
      )
      assert.match(issues[0]!.message, /application's own public key/)
    })
  )

  it.effect("says which file cannot be read, is empty, or is one too many", () =>
    Effect.gen(function* () {
      const withFile = { ...good, ALIPAY_PRIVATE_KEY: undefined, ALIPAY_PRIVATE_KEY_FILE: "/run/key" }
      assert.deepStrictEqual(yield* variables(withFile), ["ALIPAY_PRIVATE_KEY_FILE"])
      assert.deepStrictEqual(yield* variables(withFile, { "/run/key": "\n" }), ["ALIPAY_PRIVATE_KEY_FILE"])
      assert.deepStrictEqual(yield* variables(withFile, { "/run/key": "x!" }), ["ALIPAY_PRIVATE_KEY_FILE"])
      const both = { ...good, ALIPAY_PRIVATE_KEY_FILE: "/run/key" }
      assert.deepStrictEqual(yield* variables(both, { "/run/key": good.ALIPAY_PRIVATE_KEY }), ["ALIPAY_PRIVATE_KEY"])
      assert.match((yield* error({ ...good, ALIPAY_PUBLIC_KEY: "/run/alipay.pem" })).message, /_FILE/)
    })
  )

  it.effect("lets http stay on this machine", () =>
    Effect.gen(function* () {
      for (const gateway of [
        "http://localhost:1/gateway.do",
        "http://127.0.0.1/g",
        "http://127.1.2.3:9/g",
        "http://[::1]:9/g",
        "https://x.example/g"
      ]) {
        assert.strictEqual((yield* loaded({ ...good, ALIPAY_GATEWAY: gateway })).gateway, gateway)
      }
      for (const gateway of [
        "http://example.com/g",
        "http://127.0.0.1.example.com/g",
        "http://localhost.example.com/g",
        "http://not-localhost/g",
        "http://x127.0.0.1/g",
        "http://10.0.0.1/g",
        "http://[::2]/g",
        "ftp://127.0.0.1/g",
        "file:///g",
        "gateway.do",
        "https://user:pw@x.example/g",
        "https://x.example/g?a=1",
        "https://x.example/g#a"
      ]) {
        assert.deepStrictEqual(yield* variables({ ...good, ALIPAY_GATEWAY: gateway }), ["ALIPAY_GATEWAY"], gateway)
      }
    })
  )

  it.effect("takes an issuer and its keys together, and tries the keys", () =>
    Effect.gen(function* () {
      const issuer = { ...good, ALIPAY_AGENT_TOKEN_ISSUER: "https://trust.example" }
      assert.deepStrictEqual(yield* variables(issuer), ["ALIPAY_AGENT_TOKEN_JWKS"])
      assert.deepStrictEqual(yield* variables({ ...good, ALIPAY_AGENT_TOKEN_JWKS: jwks }), [
        "ALIPAY_AGENT_TOKEN_ISSUER"
      ])
      for (const keys of ["[]", "{", '{"keys":[]}', '{"keys":[{"kty":"oct","k":"AAAA"}]}', '{"keys":[],"keys":[]}']) {
        assert.deepStrictEqual(
          yield* variables({ ...issuer, ALIPAY_AGENT_TOKEN_JWKS: keys }),
          ["ALIPAY_AGENT_TOKEN_JWKS"],
          keys
        )
      }
    })
  )

  it.effect("bounds the time of a call", () =>
    Effect.gen(function* () {
      for (const time of ["1 milli", "2 minutes", "Infinity", "-1 second", "5"]) {
        assert.deepStrictEqual(yield* variables({ ...good, ALIPAY_TIMEOUT: time }), ["ALIPAY_TIMEOUT"], time)
      }
    })
  )

  it.effect("is a layer", () =>
    Effect.gen(function* () {
      const { appId } = yield* Effect.provide(AlipayConfig, Layer.provide(AlipayConfig.layer, files({}))).pipe(
        Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(good))
      )
      assert.strictEqual(appId, good.ALIPAY_APP_ID)
    })
  )
})
