/**
 * A wallet that pays with one Alipay agent token. Nothing moves until the merchant has served; what the token may pay for is
 * Alipay's to say.
 *
 * @example
 * Payer.layer([AgentTokenWallet], { perCall: [Money.of("CNY", 5_00n)] }).pipe(
 *   Layer.provide(AgentTokenWallet.layer({ token: Redacted.make("alipay_agent_token_…"), session: "session_xyz789" }))
 * )
 */
import * as Offers from "@paylayer/agent/Offers"
import type { Wallet } from "@paylayer/agent/Wallet"
import * as AgentTokenHeaders from "@paylayer/alipay/AgentTokenHeaders"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export interface Options {
  readonly token: Redacted.Redacted<string>
  /** The session that the token is bound to, where it is bound to one. */
  readonly session?: string
}

const protocol = "alipay-trust"

const make = ({ session, token }: Options): Wallet => ({
  protocol,
  flow: "authorize-then-settle",
  offers: Offers.listed(protocol),
  present: () =>
    Effect.succeed({
      [AgentTokenHeaders.tokenHeader]: token,
      ...(session !== undefined && { [AgentTokenHeaders.sessionHeader]: Redacted.make(session) })
    })
})

export class AgentTokenWallet extends Context.Service<AgentTokenWallet, Wallet>()(
  "@paylayer/alipay-agent/AgentTokenWallet"
) {
  static readonly layer = (options: Options): Layer.Layer<AgentTokenWallet> =>
    Layer.succeed(AgentTokenWallet, make(options))

  /** Another wallet beside the default, as an effect that goes into `Payer.layer` like the class itself. */
  static readonly make = (options: Options): Effect.Effect<Wallet> => Effect.sync(() => make(options))
}
