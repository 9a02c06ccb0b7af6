/**
 * `AlipayConfig` and `A402Config` for the sandbox in scope: what `GET /sandbox/config` says, without a file or a variable.
 *
 * @example
 * OpenPlatform.layer.pipe(
 *   Layer.provide(SandboxConfig.layer),
 *   Layer.provide(SandboxHttpClient.layer),
 *   Layer.provideMerge(AlipaySandbox.layer)
 * )
 */
import { A402Config, defaultMaximum } from "@paylayer/alipay/A402Config"
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { AlipaySandbox } from "./AlipaySandbox.ts"
import { keys as processKeys } from "./internal/keys.ts"
import { SandboxServer } from "./SandboxServer.ts"
import { anyService } from "./Wallet.ts"

const configFor = (gateway: string) =>
  Effect.zipWith(AlipaySandbox, processKeys, ({ config }, keys) => ({
    appId: config.app_id,
    privateKey: keys.application,
    alipayPublicKey: keys.alipayPublic,
    gateway,
    sellerId: config.seller_id,
    agentTokenIssuers: [{ issuer: config.issuer, jwks: { keys: [...config.jwks.keys] } }],
    timeout: Duration.seconds(5)
  }))

/** For `SandboxHttpClient`, which answers whatever host is asked. */
export const layer = Layer.effect(AlipayConfig, configFor("http://127.0.0.1/gateway.do"))

/** For `SandboxServer`, and any `HttpClient`. */
export const layerServer = Layer.effect(
  AlipayConfig,
  Effect.flatMap(SandboxServer, ({ gateway }) => configFor(gateway))
)

/** `A402Config` for the sandbox in scope, with the product's usual maximum and without `Payment-Validation`. */
export const layerA402 = Layer.effect(
  A402Config,
  Effect.map(AlipaySandbox, ({ config }) => ({
    sellerId: config.seller_id,
    sellerName: "Sandbox merchant",
    serviceId: () => anyService,
    maximum: defaultMaximum,
    validation: false
  }))
)
