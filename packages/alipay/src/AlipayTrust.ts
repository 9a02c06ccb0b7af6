/**
 * Alipay Trust: agent tokens, verified and settled with Alipay's Open Platform. Protocol id `alipay-trust`.
 *
 * - **detect** reads `x-alipay-agent-token` and `Authorization: Bearer alipay_…`.
 * - **validate** checks a VC-JWT's signature, window, audience, session, merchant, category, currency and limits here. An opaque
 *   token has only its form; its terms come at verify.
 * - **verify** asks `alipay.user.agreement.delegation.query`: status, what is left of budget and uses, and the terms.
 * - **settle** opens an order under the charge's id (`alipay.trade.order.prepay`) and charges the delegation
 *   (`alipay.trade.agent.delegation.pay`). The id makes both safe to repeat.
 * - **lookup** asks `alipay.trade.query`, and closes an unpaid order before it says that nothing moved.
 * - **refund** asks `alipay.trade.refund` under the refund's id, and `alipay.trade.fastpay.refund.query` where that says no.
 *
 * Three gateway calls per charge: one for verify, two for settle. The fields are those of Alipay's public SDKs; nothing here was
 * tried against a live endpoint.
 *
 * @example
 * Paywall.layer([AlipayTrust]).pipe(Layer.provide(AlipayTrust.layerConfig))
 */
import * as Digest from "@paylayer/core/Digest"
import * as Manifest from "@paylayer/core/Manifest"
import * as Mandate from "@paylayer/core/Mandate"
import type { Authorization, PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Terms from "./AgentMandate.ts"
import * as AgentToken from "./AgentToken.ts"
import * as AgentTokenHeaders from "./AgentTokenHeaders.ts"
import { AlipayConfig, type AlipayConfigError } from "./AlipayConfig.ts"
import * as Delegation from "./Delegation.ts"
import * as Checks from "./internal/trustChecks.ts"
import * as Errors from "./internal/trustErrors.ts"
import * as Refunding from "./internal/trustRefunding.ts"
import * as Settling from "./internal/trustSettling.ts"
import { OpenPlatform } from "./OpenPlatform.ts"
import { taken } from "./PaymentMethods.ts"

/** A mandate, and how the Open Platform finds its delegation. The numbers of an opaque token are the token itself. */
export interface AgentMandate extends Mandate.Mandate {
  readonly delegation: Redacted.Redacted<Delegation.DelegationNumbers>
}

/** What the Open Platform said of a delegation at verify: the terms it confirmed, and the numbers that charge it. */
export const Grant = Schema.Struct({
  mandate: Mandate.Mandate,
  agreementNo: Schema.String,
  delegationId: Schema.String
})
export interface Grant extends Authorization {
  readonly agreementNo: string
  readonly delegationId: string
}

type Protocol = PaymentProtocol<AgentTokenHeaders.PresentedToken, AgentMandate, Grant>

const make = Effect.gen(function* () {
  const platform = yield* OpenPlatform
  const config = yield* AlipayConfig
  const verifier = yield* AgentToken.verifier({ issuers: config.agentTokenIssuers })

  const manifest: Manifest.Manifest = {
    id: "alipay-trust",
    contract: Manifest.contractVersion,
    displayName: "Alipay Trust",
    flow: "authorize-then-settle",
    use: "many",
    identityType: "alipay-agent-token",
    paymentType: "alipay-rails",
    triggers: [
      { header: AgentTokenHeaders.tokenHeader },
      { header: "authorization", scheme: "Bearer", prefix: AgentTokenHeaders.bearerPrefix }
    ],
    reads: [AgentTokenHeaders.sessionHeader],
    currencies: ["CNY", "USD", "EUR"],
    challenge: "standing",
    capabilities: ["refund", "partial-capture"],
    ...(config.sellerId !== undefined && { merchant: config.sellerId })
  }

  /** An opaque token says nothing: who pays and on which terms is the Open Platform's to say. */
  const opaque = (token: AgentTokenHeaders.PresentedToken): AgentMandate => {
    const text = Redacted.value(token.secret)
    const fingerprint = Digest.sha256(text)
    return {
      id: fingerprint,
      payer: fingerprint,
      ...(token.session !== undefined && { session: token.session }),
      delegation: Redacted.make({ external_delegation_id: text.slice(AgentToken.prefix.length) })
    }
  }

  /** A mandate, with only those of its payment methods that the merchant takes. */
  const acceptable = (mandate: Mandate.Mandate): Mandate.Mandate => {
    const preference = taken(mandate.preference, config)
    return preference === undefined ? mandate : { ...mandate, preference }
  }

  const validate: Protocol["validate"] = Effect.fnUntraced(function* (token, charge) {
    if (AgentToken.isOpaque(Redacted.value(token.secret))) return opaque(token)
    const { audience, credential, sid } = yield* Effect.mapError(verifier.verify(token.secret), Errors.fromToken)
    const mandate = Terms.fromCredential(credential, sid)
    yield* Checks.within(mandate, charge)
    yield* Checks.refuse(
      Checks.addressed(audience, charge),
      Checks.inSession(sid, token.session),
      Checks.payable(acceptable(mandate))
    )
    const agreement_no = credential.ext?.vendor_private?.agreement_no
    const numbers = { delegation_id: credential.delegation_id, ...(agreement_no !== undefined && { agreement_no }) }
    return { ...mandate, delegation: Redacted.make(numbers) }
  })

  const verify: Protocol["verify"] = Effect.fnUntraced(function* ({ delegation: numbers, ...mandate }, charge) {
    const asked = Effect.provideService(Delegation.query(Redacted.value(numbers)), OpenPlatform, platform)
    const delegation = yield* asked.pipe(Effect.catch((error) => Errors.failing(error, "no")))
    // Both must allow the charge: what the token says (validate), and what the Open Platform says of its delegation (here).
    const told = Terms.fromDelegation(delegation)
    yield* Checks.refuse(Checks.usable(delegation), Checks.sameParties(mandate, delegation))
    yield* Checks.within(told, charge)
    const granted = mandate.budget === undefined ? { ...told, payer: mandate.payer } : Terms.narrowed(mandate, told)
    const confirmed = acceptable(granted)
    yield* Checks.refuse(
      Checks.inSession(told.session, mandate.session),
      Checks.payable(confirmed),
      Checks.exhausted(delegation, charge)
    )
    return { mandate: confirmed, agreementNo: delegation.agreement_no, delegationId: delegation.delegation_id }
  })

  const challenge: Protocol["challenge"] = (charge) =>
    Effect.succeed({
      headers: {},
      offer: {
        token_header: AgentTokenHeaders.tokenHeader,
        session_header: AgentTokenHeaders.sessionHeader,
        authorization: `Bearer ${AgentTokenHeaders.bearerPrefix}*`,
        token_format: `${AgentToken.prefix}<VC-JWT of ACT 2.1, or opaque>`,
        ...(charge.category !== undefined && { category: charge.category })
      }
    })

  const { lookup, settle } = Settling.make(platform, manifest.id, config)

  const protocol: Protocol = {
    manifest,
    authorization: Schema.toCodecJson(Grant),
    detect: AgentTokenHeaders.detect,
    validate,
    verify,
    settle,
    challenge,
    lookup,
    refund: Refunding.make(platform)
  }
  return protocol
})

export class AlipayTrust extends Context.Service<AlipayTrust, Protocol>()("@paylayer/alipay/AlipayTrust") {
  /** The protocol over an `OpenPlatform`. */
  static readonly layer: Layer.Layer<AlipayTrust, AgentToken.IssuerKeysError, OpenPlatform | AlipayConfig> =
    Layer.effect(AlipayTrust, make)

  /** The protocol as the environment configures it; see `AlipayConfig`. Without credentials it does not start. */
  static readonly layerConfig: Layer.Layer<
    AlipayTrust,
    AgentToken.IssuerKeysError | AlipayConfigError,
    HttpClient.HttpClient | FileSystem.FileSystem
  > = AlipayTrust.layer.pipe(Layer.provide(OpenPlatform.layer), Layer.provide(AlipayConfig.layer))

  /**
   * Another instance beside the default, e.g. a second merchant: an effect that goes into `Paywall.layer` like the class itself.
   * It has an `OpenPlatform` of its own, never the one that is in scope.
   */
  static make(
    config: AlipayConfig["Service"]
  ): Effect.Effect<Protocol, AgentToken.IssuerKeysError, HttpClient.HttpClient> {
    return make.pipe(Effect.provide(OpenPlatform.layer, { local: true }), Effect.provideService(AlipayConfig, config))
  }
}
