import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import { systemError } from "effect/PlatformError"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import { AlipayConfig, load } from "../src/AlipayConfig.ts"
import type { AlipayKeys, PlatformKey } from "../src/AlipayKeys.ts"
import * as ContentKey from "../src/ContentKey.ts"
import { OpenPlatform } from "../src/OpenPlatform.ts"
import * as Rsa2 from "../src/Rsa2.ts"
import * as Crypto from "node:crypto"
import { config, platform, rawOf, rest, signature, signed } from "./gateway.ts"
import { vector } from "./vectors.ts"

const method = "alipay.trade.query"
const member = "alipay_trade_query_response"
const publicKey = (name: string) => Result.getOrThrow(Rsa2.publicKey(vector(name)))
const [first, second] = [publicKey("key.spki.pem"), publicKey("strange.spki.pem")]
const noon = DateTime.makeUnsafe("2026-11-22T12:00:00Z").epochMilliseconds

type Settings = AlipayConfig["Service"]
type Answers = Parameters<typeof platform>[0]

const told = (settings: Settings, answer: Answers, api: "v2" | "v3" = "v2") =>
  OpenPlatform.use((platform) => platform.execute(method, {}, { api })).pipe(
    Effect.match({ onSuccess: () => "ok", onFailure: ({ reason }) => reason._tag }),
    Effect.provide(platform(answer, settings))
  )
const settled = (platform: ReadonlyArray<PlatformKey>, more: Partial<AlipayKeys> = {}): Settings => ({
  ...config,
  keys: Effect.succeed({ own: config.privateKey, platform, ...more })
})

const raw = rawOf({ code: "10000" })

describe("several keys of Alipay's", () => {
  it.effect("are believed at once, each in its own time, to the millisecond", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const rotation = settled([
        { key: first, notAfter: noon + 1000 },
        { key: second, notBefore: noon - 1000 }
      ])
      const both = Effect.all([
        told(rotation, () => signed(member, raw, "key.pkcs8.pem")),
        told(rotation, () => signed(member, raw, "strange.pkcs8.pem")),
        told(rotation, () => rest("{}", { key: "key.pkcs8.pem" }), "v3"),
        told(rotation, () => rest("{}", { key: "strange.pkcs8.pem" }), "v3")
      ])
      assert.deepStrictEqual(yield* both, ["ok", "ok", "ok", "ok"])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* both, ["ok", "ok", "ok", "ok"])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* both, ["MisSigned", "ok", "MisSigned", "ok"])
      yield* TestClock.setTime(noon - 1001)
      assert.deepStrictEqual(yield* both, ["ok", "MisSigned", "ok", "MisSigned"])
    })
  )
})

describe("in certificate mode", () => {
  const certificates = { app: vector("app.sn"), root: vector("root.sn") }
  const named = (sn: string, key = "key.pkcs8.pem") =>
    `{"${member}":${raw},"alipay_cert_sn":"${sn}","sign":"${signature(raw, key)}"}`
  const settings = settled(
    [
      { key: first, serial: "aa" },
      { key: second, serial: "bb" }
    ],
    { certificates }
  )

  it.effect("the certificate that an answer names decides which key must have signed it", () =>
    Effect.gen(function* () {
      for (const [sn, key, expected] of [
        ["aa", "key.pkcs8.pem", "ok"],
        ["bb", "strange.pkcs8.pem", "ok"],
        ["aa", "strange.pkcs8.pem", "MisSigned"],
        ["bb", "key.pkcs8.pem", "MisSigned"],
        ["cc", "key.pkcs8.pem", "MisSigned"],
        ["AA", "key.pkcs8.pem", "MisSigned"]
      ] as const) {
        assert.strictEqual(yield* told(settings, () => named(sn, key)), expected, sn)
        assert.strictEqual(yield* told(settings, () => rest("{}", { key, sn }), "v3"), expected, sn)
      }
      // It names none: any of Alipay's may have signed it, and nobody else.
      assert.strictEqual(yield* told(settings, () => signed(member, raw, "strange.pkcs8.pem")), "ok")
      const other = `{"${member}":${raw},"sign":"${signature("x")}"}`
      assert.strictEqual(yield* told(settings, () => other), "MisSigned")
    })
  )

  it.effect("a certificate that is not here, or out of its time, is said so", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      const over = settled([{ key: first, serial: "aa", notAfter: noon - 1 }], { certificates })
      for (const [settings_, sn] of [
        [settings, "cc"],
        [over, "aa"]
      ] as const) {
        const error = yield* OpenPlatform.use((platform) => platform.execute(method, {})).pipe(
          Effect.flip,
          Effect.provide(platform(() => named(sn), settings_))
        )
        assert.match(error.message, /names a certificate/)
        assert.strictEqual(error.outcome, "unknown")
      }
    })
  )
})

describe("an encrypted answer", () => {
  const content = Result.getOrThrow(ContentKey.read(Redacted.make(vector("content.key"))))
  const hidden = (ciphertext: string, key?: string) =>
    `{"${member}":"${ciphertext}","sign":"${signature(`"${ciphertext}"`, key)}"}`
  const settings = settled([{ key: first }], { content })

  it.effect("is opened only when Alipay signed it, and is malformed where the key does not open it", () =>
    Effect.gen(function* () {
      const ciphertext = ContentKey.encrypt(content, raw)
      const refusal = ContentKey.encrypt(content, rawOf({ code: "40004", sub_code: "ACQ.TRADE_NOT_EXIST" }))
      const rows: ReadonlyArray<readonly [string, string]> = [
        [hidden(ciphertext), "ok"],
        [hidden(refusal), "BusinessFailure"],
        [hidden(ciphertext, "strange.pkcs8.pem"), "MisSigned"],
        [`{"${member}":"${ciphertext}","sign":"${signature(ciphertext)}"}`, "MisSigned"],
        [`{"${member}":"${ciphertext}"}`, "Unsigned"],
        [hidden("AAAA"), "Malformed"],
        // What nobody signed is not even opened: whether it could be is nobody's business.
        [hidden("AAAA", "strange.pkcs8.pem"), "MisSigned"],
        [`{"${member}":"AAAA"}`, "Unsigned"],
        [hidden(ContentKey.encrypt(content, "[]")), "Malformed"],
        [hidden(ContentKey.encrypt(content, '{"code":"10000","code":"10000"}')), "Malformed"]
      ]
      for (const [answer, expected] of rows) assert.strictEqual(yield* told(settings, () => answer), expected, answer)
      assert.strictEqual(yield* told(config, () => hidden(ciphertext)), "Malformed")
      assert.strictEqual(yield* told(settings, () => rest(ContentKey.encrypt(content, "{}")), "v3"), "ok")
      assert.strictEqual(yield* told(settings, () => rest(ciphertext, { over: "x" }), "v3"), "MisSigned")
      assert.strictEqual(yield* told(settings, () => rest("AAAA"), "v3"), "Malformed")
    })
  )
})

const good = {
  ALIPAY_APP_ID: "2021000000000001",
  ALIPAY_PRIVATE_KEY: vector("strange.pkcs8.pem"),
  ALIPAY_PUBLIC_KEY: vector("key.spki.pem")
}
const certified = {
  ALIPAY_APP_ID: "2021000000000001",
  ALIPAY_PRIVATE_KEY: vector("strange.pkcs8.pem"),
  ALIPAY_APP_CERT: vector("app.crt"),
  ALIPAY_PUBLIC_CERT: vector("alipay.crt"),
  ALIPAY_ROOT_CERT: vector("root.crt")
}

const filesystem = (contents: Record<string, string>) =>
  FileSystem.layerNoop({
    readFileString: (path) =>
      Effect.suspend(() =>
        path in contents
          ? Effect.succeed(contents[path]!)
          : Effect.fail(systemError({ _tag: "NotFound", module: "FileSystem", method: "read", pathOrDescriptor: path }))
      )
  })
const environment = (env: Record<string, string>) =>
  Layer.succeed(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
const loaded = (env: Record<string, string>) => Effect.provide(load, Layer.mergeAll(filesystem({}), environment(env)))
const issues = (env: Record<string, string>) =>
  Effect.map(Effect.flip(loaded(env)), ({ issues }) => issues.map(({ variable }) => variable))

describe("the environment gives", () => {
  it.effect("certificates, and their SNs as Alipay counts them", () =>
    Effect.gen(function* () {
      const settings = yield* loaded({ ...certified, ALIPAY_API: "v3", ALIPAY_ENCRYPT_KEY: vector("content.key") })
      const keys = yield* settings.keys!
      assert.strictEqual(settings.api, "v3")
      assert.deepStrictEqual(keys.certificates, { app: vector("app.sn"), root: vector("root.sn") })
      // The file holds the certificate that signed it too; answers are not signed with that one.
      assert.deepStrictEqual(
        keys.platform.map(({ serial }) => serial),
        [vector("alipay.sn")]
      )
      assert.isTrue(Rsa2.samePublicKey(settings.alipayPublicKey, first))
      assert.isDefined(keys.content)
    })
  )

  it.effect("the key before, for as long as it says", () =>
    Effect.gen(function* () {
      const env = {
        ...good,
        ALIPAY_PREVIOUS_PUBLIC_KEY: vector("key.rsapub.pem"),
        ALIPAY_PREVIOUS_PUBLIC_KEY_UNTIL: "2026-11-22T20:00:00+08:00"
      }
      const keys = yield* (yield* loaded(env)).keys!
      assert.deepStrictEqual(
        keys.platform.map(({ notAfter }) => notAfter),
        [undefined, noon]
      )
    })
  )

  it.effect("a sentence for every combination that cannot work", () =>
    Effect.gen(function* () {
      const rows: ReadonlyArray<readonly [Record<string, string>, ReadonlyArray<string>]> = [
        [{ ...good, ALIPAY_API: "v4" }, ["ALIPAY_API"]],
        [{ ...good, ALIPAY_ENCRYPT_KEY: "AAAA" }, ["ALIPAY_ENCRYPT_KEY"]],
        [{ ...good, ALIPAY_PREVIOUS_PUBLIC_KEY: vector("key.spki.pem") }, ["ALIPAY_PREVIOUS_PUBLIC_KEY_UNTIL"]],
        [{ ...good, ALIPAY_PREVIOUS_PUBLIC_KEY_UNTIL: "2026-11-22T20:00:00Z" }, ["ALIPAY_PREVIOUS_PUBLIC_KEY"]],
        [
          { ...good, ALIPAY_PREVIOUS_PUBLIC_KEY: "x", ALIPAY_PREVIOUS_PUBLIC_KEY_UNTIL: "tomorrow" },
          ["ALIPAY_PREVIOUS_PUBLIC_KEY", "ALIPAY_PREVIOUS_PUBLIC_KEY_UNTIL"]
        ],
        [{ ...certified, ALIPAY_PUBLIC_KEY: vector("key.spki.pem") }, ["ALIPAY_PUBLIC_KEY"]],
        [
          { ...good, ALIPAY_APP_CERT: vector("app.crt") },
          ["ALIPAY_PUBLIC_KEY", "ALIPAY_PUBLIC_CERT", "ALIPAY_ROOT_CERT"]
        ],
        [{ ...certified, ALIPAY_APP_CERT: vector("alipay.crt") }, ["ALIPAY_APP_CERT"]],
        [{ ...certified, ALIPAY_PUBLIC_CERT: vector("app.crt") }, ["ALIPAY_PUBLIC_CERT"]],
        [{ ...certified, ALIPAY_PUBLIC_CERT: vector("root.crt") }, ["ALIPAY_PUBLIC_CERT"]],
        [{ ...certified, ALIPAY_ROOT_CERT: "x" }, ["ALIPAY_ROOT_CERT"]],
        [{ ...certified, ALIPAY_ROOT_CERT: vector("key.spki.pem") }, ["ALIPAY_ROOT_CERT"]]
      ]
      for (const [env, expected] of rows) assert.deepStrictEqual(yield* issues(env), expected)
    })
  )

  it.effect("an error whose words hold no key", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(loaded({ ...certified, ALIPAY_ENCRYPT_KEY: "c2VjcmV0", ALIPAY_API: "x" }))
      assert.notMatch(error.message, /c2VjcmV0|BEGIN/)
    })
  )
})

const pair = Crypto.generateKeyPairSync("rsa", { modulusLength: 2048 })
const fresh = {
  pem: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  signed: (text: string, sign: string) =>
    Crypto.verify("RSA-SHA256", Buffer.from(text), pair.publicKey, Buffer.from(sign, "base64"))
}

describe("a key that is replaced while the service runs", () => {
  const contents: Record<string, string> = { own: vector("strange.pkcs8.pem"), alipay: vector("key.spki.pem") }
  const reloading = AlipayConfig.layerReloading("1 minute").pipe(
    Layer.provide([
      filesystem(contents),
      environment({
        ALIPAY_APP_ID: "2021000000000001",
        ALIPAY_PRIVATE_KEY_FILE: "own",
        ALIPAY_PUBLIC_KEY_FILE: "alipay"
      })
    ])
  )

  it.effect("signs the next request after it is read again; one that is wrong changes nothing", () =>
    Effect.gen(function* () {
      const signers: Array<boolean> = []
      const settings = yield* AlipayConfig
      const layer = platform(({ parameters }) => {
        const { sign = "", ...others } = parameters
        const text = Object.keys(others)
          .toSorted()
          .map((name) => `${name}=${others[name]}`)
          .join("&")
        signers.push(fresh.signed(text, sign))
        return signed(member, raw)
      }, settings)
      const call = Effect.provide(
        OpenPlatform.use((platform) => platform.execute(method, {})),
        layer
      )
      yield* call
      contents["own"] = fresh.pem
      yield* call
      yield* TestClock.adjust("1 minute")
      yield* call
      contents["own"] = "this is no key"
      yield* TestClock.adjust("1 minute")
      yield* call
      assert.deepStrictEqual(signers, [false, false, true, true])
    }).pipe(Effect.provide(reloading))
  )
})
