// One load of `pnpm bench:alipay`, in a process of its own: alipay-sdk instruments every undici client of its process, so the two are
// never measured in the same one. Told `{ count, round }`, it does that many, 32 at a time, and says what it took.
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import * as GatewayHttpClient from "@paylayer/alipay/GatewayHttpClient"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import * as Rsa2 from "@paylayer/alipay/Rsa2"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import { AlipaySdk } from "alipay-sdk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Crypto from "node:crypto"

/** What a load took. `cpu` is that of its own process, all threads, in seconds. */
export interface Took {
  readonly seconds: number
  readonly cpu: number
  /** Requests to the gateway, where they are counted. */
  readonly sent: number
}

export interface Order {
  readonly count: number
  readonly round: number
}

const concurrency = 32
const [load = "", url = ""] = process.argv.slice(2)

interface Settings {
  readonly app_id: string
  readonly application_private_key: string
  readonly alipay_public_key: string
  readonly seller_id: string
  readonly issuer: string
  readonly jwks: { readonly keys: Array<object> }
}

interface Token {
  readonly token: string
  readonly agreement_no: string
  readonly delegation_id: string
}

const ask = async <A>(path: string, init?: RequestInit): Promise<A> => {
  const response = await fetch(url + path, init)
  if (!response.ok) throw new Error(`${path} was answered ${response.status}`)
  return (await response.json()) as A
}

const method = "alipay.user.agreement.delegation.query"
const gateway = `${url}/gateway.do`
let sent = 0

const project = (settings: Settings) => {
  const config = Layer.succeed(AlipayConfig, {
    appId: settings.app_id,
    privateKey: Result.getOrThrow(Rsa2.privateKey(Redacted.make(settings.application_private_key))),
    alipayPublicKey: Result.getOrThrow(Rsa2.publicKey(settings.alipay_public_key)),
    gateway,
    sellerId: settings.seller_id,
    agentTokenIssuers: [{ issuer: settings.issuer, jwks: settings.jwks }],
    timeout: Duration.seconds(60)
  })
  const counted = Effect.map(
    HttpClient.HttpClient,
    HttpClient.mapRequest((request) => {
      sent++
      return request
    })
  )
  const http = Layer.effect(HttpClient.HttpClient, counted).pipe(Layer.provide(GatewayHttpClient.layer))
  return ManagedRuntime.make(
    Paywall.layer([AlipayTrust], { protocolTimeout: "60 seconds" }).pipe(
      Layer.provide([AlipayTrust.layer, LedgerMemory.layerSilent]),
      Layer.provideMerge(OpenPlatform.layer),
      Layer.provide([config, http])
    )
  )
}

const sale = (token: string, key: string) => ({
  request: {
    headers: RequestHeaders.fromEntries([
      ["x-alipay-agent-token", token],
      ["idempotency-key", key]
    ]),
    method: "POST",
    resource: "/api/proxy/market-research",
    bodyDigest: "body"
  },
  price: Price.make({ CNY: "0.01" }),
  category: "5734",
  keep: { encode: (value: string) => value, decode: String }
})

/** One process's RSA work for a charge: it signs three texts and verifies three, on the thread pool as the client and the sandbox do. */
const signing = () => {
  const { privateKey, publicKey } = Crypto.generateKeyPairSync("rsa", { modulusLength: 2048 })
  const text = Buffer.alloc(500, "a")
  const call = () =>
    new Promise<void>((resolve, reject) => {
      Crypto.sign("sha256", text, privateKey, (failed, signature) =>
        failed === null
          ? Crypto.verify("sha256", text, publicKey, signature, (wrong, valid) =>
              wrong === null && valid ? resolve() : reject(wrong)
            )
          : reject(failed)
      )
    })
  return async () => {
    for (let calls = 0; calls < 3; calls++) await call()
  }
}

const prepared = async (): Promise<(index: number, round: number) => Promise<unknown>> => {
  if (load === "rsa") return signing()
  const settings = await ask<Settings>("/sandbox/config")
  const terms = JSON.stringify({ max_total_amount: "100000000.00" })
  const { agreement_no, delegation_id, token } = await ask<Token>("/sandbox/tokens", { method: "POST", body: terms })
  const bizContent = { agreement_no, delegation_id }
  switch (load) {
    case "alipay-sdk": {
      const { app_id: appId, application_private_key: privateKey, alipay_public_key: alipayPublicKey } = settings
      const sdk = new AlipaySdk({ appId, privateKey, keyType: "PKCS8", alipayPublicKey, gateway, timeout: 60_000 })
      return async () => {
        const { code } = await sdk.exec(method, { bizContent }, { validateSign: true })
        if (code !== "10000") throw new Error(`alipay-sdk was answered ${code}`)
      }
    }
    case "calls": {
      const runtime = project(settings)
      const platform = await runtime.runPromise(OpenPlatform)
      return () => runtime.runPromise(platform.execute(method, bizContent))
    }
    default: {
      const runtime = project(settings)
      const paywall = await runtime.runPromise(Paywall)
      return (index, round) =>
        runtime.runPromise(paywall.sell(sale(token, `${load}-${round}-${index}`), () => Effect.succeed("the report")))
    }
  }
}

const once = await prepared()

process.on("message", async ({ count, round }: Order) => {
  const before = { at: performance.now(), cpu: process.cpuUsage(), sent }
  let next = 0
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < count) await once(next++, round)
    })
  )
  const { system, user } = process.cpuUsage(before.cpu)
  const took: Took = {
    seconds: (performance.now() - before.at) / 1000,
    cpu: (system + user) / 1e6,
    sent: sent - before.sent
  }
  process.send?.(took)
})
process.on("disconnect", () => process.exit())
process.send?.("ready")
