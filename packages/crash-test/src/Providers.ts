/**
 * The providers of a run, in the process that survives: Alipay's sandbox, and the depot.
 */
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import { Depot, type Pace } from "./Depot.ts"
import { DepotServer } from "./DepotRpc.ts"
import type { Movement } from "./Movement.ts"

/** Calls that take longer than a host's lease happen, at the moment when money moves. */
const pace: Pace = { usual: 8, slow: { share: 0.01, least: 1_200, most: 2_500 } }

/** Both, on loopback ports. */
export const layer = Layer.mergeAll(
  SandboxServer.layer().pipe(Layer.provideMerge(AlipaySandbox.layer)),
  DepotServer.layer.pipe(Layer.provideMerge(Depot.layer(pace)))
)

/** The variables that `AlipayConfig` reads. */
export const alipayEnvironment = Effect.gen(function* () {
  const { config } = yield* AlipaySandbox
  const { gateway } = yield* SandboxServer
  return {
    ALIPAY_APP_ID: config.app_id,
    ALIPAY_PRIVATE_KEY: Redacted.value(config.application_private_key),
    ALIPAY_PUBLIC_KEY: config.alipay_public_key,
    ALIPAY_GATEWAY: gateway,
    ALIPAY_SELLER_ID: config.seller_id,
    ALIPAY_AGENT_TOKEN_ISSUER: config.issuer,
    ALIPAY_AGENT_TOKEN_JWKS: JSON.stringify(config.jwks)
  }
})

/** Slows the sandbox's charges down, each a little and some a lot. */
export const slowing = Effect.gen(function* () {
  const sandbox = yield* AlipaySandbox
  if ((yield* sandbox.faults).length > 2) return
  const late = (yield* Random.next) < pace.slow.share * 3
  const delay_ms = late
    ? yield* Random.nextIntBetween(pace.slow.least, pace.slow.most)
    : yield* Random.nextIntBetween(0, pace.usual * 2)
  yield* sandbox.fault({ method: "alipay.trade.agent.delegation.pay", fault: "slow", delay_ms })
}).pipe(Effect.repeat(Schedule.spaced("20 millis")))

const currency = (code: string): Currency.Currency => (Currency.is(code) ? code : "CNY")

/** What was really moved. */
export const movements = Effect.gen(function* () {
  const sandbox = yield* AlipaySandbox
  const depot = yield* Depot
  const alipay = (yield* sandbox.movements).map(
    ({ amount, currency: code, delegation_id, out_trade_no, trade_no }): Movement => ({
      protocol: "alipay-trust",
      charge: out_trade_no,
      mandate: delegation_id ?? trade_no,
      money: Result.getOrThrow(Money.parse(currency(code), amount)),
      reference: trade_no
    })
  )
  return [...alipay, ...(yield* depot.movements)]
})
