/** A platform of Stripe in process, and the rail to it: on one test clock. */
import * as Money from "@paylayer/core/Money"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Instruction } from "@paylayer/gateway/PayoutRail"
import { StripeConfig } from "@paylayer/gateway/StripeConfig"
import * as StripeRail from "@paylayer/gateway/StripeRail"
import { StripeSandbox } from "@paylayer/gateway/StripeSandbox"

export const account = "acct_developer1"

/** What the rail to the sandbox in scope is configured with; the address is never connected to. */
export const config = Layer.effect(
  StripeConfig,
  Effect.map(StripeSandbox, ({ secretKey, webhookSecret }) => ({
    secretKey,
    webhookSecrets: [webhookSecret],
    api: new URL("http://127.0.0.1:1"),
    timeout: Duration.seconds(20)
  }))
)

export const rail = Effect.flatMap(StripeSandbox, ({ httpClient }) => StripeRail.make({ httpClient }))

/** A platform with so much of each currency, as Stripe writes it, and one account. */
export const platform = (minor = 1_000_000n) =>
  config.pipe(
    Layer.provideMerge(
      Layer.effectDiscard(
        StripeSandbox.use((sandbox) =>
          Effect.andThen(
            sandbox.open(account),
            Effect.forEach(["USD", "CNY", "JPY", "MGA"] as const, (currency) => sandbox.fund(currency, minor))
          )
        )
      )
    ),
    Layer.provideMerge(StripeSandbox.layer)
  )

export const instruction = (number: string, money: Money.Money = Money.of("USD", 1_250n)): Instruction => ({
  number,
  payout: number,
  developer: "dev",
  money,
  destination: { rail: "stripe", account }
})

/** What moved: `group amount currency`. */
export const moved = StripeSandbox.use(({ transfers }) =>
  Effect.map(transfers, (all) =>
    all.map(({ amount, currency, transferGroup }) => `${transferGroup} ${amount} ${currency}`)
  )
)
