/** What `serve` and `payouts` have in common: the protocols, Alipay's settings, and the rails that are configured. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import * as AlipayStatement from "@paylayer/alipay/AlipayStatement"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import { Ledger } from "@paylayer/core/Ledger"
import * as AlipayRail from "@paylayer/gateway/AlipayRail"
import * as ConfigFile from "@paylayer/gateway/ConfigFile"
import { StripeConfig } from "@paylayer/gateway/StripeConfig"
import * as StripeRail from "@paylayer/gateway/StripeRail"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { Misused } from "../Ending.ts"
import { secret } from "./secret.ts"

/** The ids of the protocols that a configuration may name. */
export const protocols = ["alipay-trust"]

export const configFile = Flag.String("config").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription("The gateway's configuration: TypeScript with a default export, or JSON"),
  Flag.withDefault("gateway.ts")
)

/** The configuration, or what is wrong with it. */
export const load = (file: string) =>
  ConfigFile.load(file, { protocols }).pipe(Effect.mapError(({ message }) => new Misused({ sentence: message })))

/** What developers can be paid with: what is configured. */
export const rails = Effect.gen(function* () {
  const alipay = yield* AlipayRail.make(yield* Ledger)
  const isStripe = Option.isSome(yield* secret("STRIPE_SECRET_KEY"))
  return isStripe ? [alipay, yield* Effect.provide(StripeRail.make(), StripeConfig.layer)] : [alipay]
})

/** What Alipay says moved. */
export const statements = Effect.map(AlipayStatement.make(), (alipay) => [alipay])

/** Alipay, as the environment says. */
export const alipay = OpenPlatform.layer.pipe(
  Layer.provideMerge(AlipayConfig.layer),
  Layer.provideMerge(NodeHttpClient.layerUndici)
)
