/**
 * Who moves the money in the demo: the sandbox of Alipay's Open Platform, and one of Stripe Connect for payouts. Both are on this
 * machine, with test money.
 */
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as SandboxConfig from "@paylayer/alipay-sandbox/SandboxConfig"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import { Ledger } from "@paylayer/core/Ledger"
import * as AlipayRail from "@paylayer/gateway/AlipayRail"
import { StripeConfig } from "@paylayer/gateway/StripeConfig"
import * as StripeRail from "@paylayer/gateway/StripeRail"
import { StripeSandbox } from "@paylayer/gateway/StripeSandbox"
import { StripeSandboxServer } from "@paylayer/gateway/StripeSandboxServer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { stripeAccount } from "./ExampleGateway.ts"

/** Alipay's sandbox on a port of this machine, a free one for 0. */
export const alipaySandbox = (port: number) =>
  SandboxServer.layer({ port }).pipe(Layer.provideMerge(AlipaySandbox.layer))

/** An impatient merchant's client of it, so that a hanging provider does not hold anybody up for long. */
export const alipay = OpenPlatform.layer.pipe(
  Layer.provideMerge(
    Layer.effect(
      AlipayConfig,
      Effect.map(AlipayConfig, (config) => ({ ...config, timeout: Duration.seconds(1) }))
    ).pipe(Layer.provide(SandboxConfig.layerServer))
  )
)

/** A Stripe with one connected account, and enough of every currency to pay it out. */
const stripe = Layer.effectDiscard(
  Effect.gen(function* () {
    const { fund, open } = yield* StripeSandbox
    yield* open(stripeAccount)
    for (const currency of ["CNY", "USD", "EUR"] as const) yield* fund(currency, 1_000_000_00n)
  })
).pipe(Layer.provideMerge(StripeSandboxServer.layer()), Layer.provideMerge(StripeSandbox.layer))

const stripeConfig = Layer.effect(
  StripeConfig,
  Effect.gen(function* () {
    const { secretKey, webhookSecret } = yield* StripeSandbox
    const { url } = yield* StripeSandboxServer
    return { secretKey, webhookSecrets: [webhookSecret], api: new URL(url), timeout: Duration.seconds(5) }
  })
)

/** What payouts to the second account need. */
export const payouts = Layer.provideMerge(stripeConfig, stripe)

/** Both ways to pay developers. */
export const rails = Effect.gen(function* () {
  return [yield* StripeRail.make(), yield* AlipayRail.make(yield* Ledger)]
})
