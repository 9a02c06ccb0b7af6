/**
 * The configuration of a merchant whose Open Platform is the sandbox: the embedded default, which needs no credentials because
 * no money is behind it.
 *
 * @example
 * AlipayTrust.layer.pipe(Layer.provide(OpenPlatform.layer), Layer.provide(SandboxConfig.layer))
 */
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import * as Rsa2 from "@paylayer/alipay/Rsa2"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { AlipaySandbox } from "./AlipaySandbox.ts"
import { SandboxServer } from "./SandboxServer.ts"

export interface Options {
  /** How long one call to the gateway may take. Default 5 seconds. */
  readonly timeout?: Duration.Input
}

/** The configuration that fits a sandbox at that gateway address. */
export const make = Effect.fnUntraced(function* (gateway: string, options: Options = {}) {
  const { config } = yield* AlipaySandbox
  return AlipayConfig.of({
    appId: config.app_id,
    privateKey: Result.getOrThrow(Rsa2.privateKey(config.application_private_key)),
    alipayPublicKey: Result.getOrThrow(Rsa2.publicKey(config.alipay_public_key)),
    gateway,
    sellerId: config.seller_id,
    agentTokenIssuers: [{ issuer: config.issuer, jwks: { keys: [...config.jwks.keys] } }],
    timeout: Duration.fromInputUnsafe(options.timeout ?? "5 seconds")
  })
})

/** For the sandbox that is being served. */
export const layer = (options: Options = {}) =>
  Layer.effect(
    AlipayConfig,
    Effect.flatMap(SandboxServer, ({ gateway }) => make(gateway, options))
  )
