/**
 * Alipay Trust: agent tokens, verified and settled with Alipay's Open Platform. Protocol id `alipay-trust`.
 *
 * - **detect** reads `x-alipay-agent-token` and `Authorization: Bearer alipay_…`.
 * - **validate** checks a VC-JWT's signature, window, session, merchant, category, currency and limits here. An opaque token has only
 *   its form; its terms come at verify.
 * - **verify** asks `alipay.user.agreement.delegation.query`: status, what is left of budget and uses, and the terms.
 * - **settle** opens an order under the charge's id (`alipay.trade.order.prepay`) and charges the delegation
 *   (`alipay.trade.agent.delegation.pay`). The id makes both safe to repeat.
 * - **lookup** asks `alipay.trade.query`, and closes an unpaid order before it says that nothing moved.
 *
 * Three gateway calls per charge: one for verify, two for settle. The fields are those of Alipay's public SDKs; nothing here was
 * tried against a live endpoint.
 *
 * @example
 * Paywall.layer([AlipayTrust]).pipe(Layer.provide(AlipayTrust.layerConfig))
 */
import { type Charge } from "@paylayer/core/Charge"
import * as Digest from "@paylayer/core/Digest"
import * as Manifest from "@paylayer/core/Manifest"
import * as Mandate from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Authorization, Outcome, PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
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
import * as TrustErrors from "./internal/trustErrors.ts"
import { OpenPlatform } from "./OpenPlatform.ts"
import * as Trade from "./Trade.ts"

/** A mandate, and how the Open Platform finds its delegation. */
export interface AgentMandate extends Mandate.Mandate {
  readonly delegation: Delegation.DelegationNumbers
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

const refuse = (reason: PaymentError.Reason | undefined) =>
  reason === undefined ? Effect.void : PaymentError.fail(reason)

const within = (mandate: Mandate.Mandate, charge: Charge) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => refuse(Mandate.refusal(mandate, charge, now)))

const inSession = (bound: string | undefined, sent: string | undefined) =>
  refuse(
    bound === undefined || bound === sent
      ? undefined
      : new PaymentError.SessionMismatch({
          detail:
            sent === undefined
              ? `the token is bound to a session, and no ${AgentTokenHeaders.sessionHeader} was sent`
              : "the token is bound to another session"
        })
  )

const payable = ({ preference }: Mandate.Mandate) =>
  refuse(
    preference !== undefined && preference.length === 0
      ? new PaymentError.PreferenceNotAllowed({ detail: "none of the token's payment methods is known here" })
      : undefined
  )

const notUsable = ({ status }: Delegation.Delegation): PaymentError.Reason => {
  const detail = `Alipay says the delegation is ${status}`
  if (status === "EXPIRED") return new PaymentError.CredentialExpired({ detail })
  return status === "SIGNING"
    ? new PaymentError.CredentialNotYetValid({ detail })
    : new PaymentError.CredentialRevoked({ detail })
}

/** What is left, by Alipay's count, of which charges of other merchants are a part. */
const exhausted = (
  { status, remaining_amount, remaining_times }: Delegation.Delegation,
  { money }: Charge
): PaymentError.Reason | undefined => {
  if (remaining_times === 0) return new PaymentError.UsesExceeded({ detail: "Alipay says that no use is left" })
  if (remaining_amount.currency !== money.currency) {
    return new PaymentError.CurrencyNotAllowed({
      detail: `the delegation is in ${remaining_amount.currency}, not ${money.currency}`
    })
  }
  if (money.minor > remaining_amount.minor || status === "FINISHED") {
    return new PaymentError.BudgetExceeded({
      detail: `${Money.print(money)} does not fit in the ${Money.print(remaining_amount)} that Alipay says is left`
    })
  }
  return undefined
}

const make = Effect.gen(function* () {
  const platform = yield* OpenPlatform
  const config = yield* AlipayConfig
  const verifier = yield* AgentToken.verifier({ issuers: config.agentTokenIssuers })
  const call = Effect.provideService(OpenPlatform, platform)

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
    currencies: ["CNY", "USD", "EUR"],
    capabilities: [],
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
      delegation: { external_delegation_id: text.slice(AgentToken.prefix.length) }
    }
  }

  const validate: Protocol["validate"] = Effect.fnUntraced(function* (token, charge) {
    const form = AgentToken.form(Redacted.value(token.secret))
    if (form._tag === "Opaque") return opaque(token)
    const { credential, sid } = yield* Effect.mapError(verifier.verify(token.secret), TrustErrors.fromToken)
    const mandate = Terms.fromCredential(credential, sid)
    yield* within(mandate, charge)
    yield* inSession(sid, token.session)
    yield* payable(mandate)
    const agreement_no = credential.ext?.vendor_private?.agreement_no
    return {
      ...mandate,
      delegation: { delegation_id: credential.delegation_id, ...(agreement_no !== undefined && { agreement_no }) }
    }
  })

  const verify: Protocol["verify"] = Effect.fnUntraced(function* ({ delegation: numbers, ...mandate }, charge) {
    const delegation = yield* Effect.mapError(call(Delegation.query(numbers)), TrustErrors.harmless)
    // Both must allow the charge: what the token says (validate), and what the Open Platform says of its delegation (here).
    const told = Terms.fromDelegation(delegation)
    yield* within(told, charge)
    yield* inSession(told.session, mandate.session)
    yield* payable(told)
    yield* refuse(exhausted(delegation, charge))
    if (!Delegation.isUsable(delegation)) return yield* PaymentError.fail(notUsable(delegation))
    const confirmed = mandate.budget === undefined ? { ...told, payer: mandate.payer } : Terms.narrowed(mandate, told)
    return { mandate: confirmed, agreementNo: delegation.agreement_no, delegationId: delegation.delegation_id }
  })

  const receipt = (charge: Charge, reference: string, atMillis: number): Receipt => ({
    chargeId: charge.id,
    protocol: manifest.id,
    merchant: charge.merchant,
    resource: charge.resource,
    money: charge.money,
    reference,
    settledAt: DateTime.makeUnsafe(atMillis)
  })

  /** A trade that Alipay says is paid is this charge only if number, amount and currency are its own. */
  const paidTrade = Effect.fnUntraced(function* (trade: Trade.Trade, charge: Charge) {
    if (trade.trade_no === undefined || !Money.equals(trade.total_amount, charge.money)) {
      return yield* PaymentError.fail(
        new PaymentError.ProviderUntrusted({
          detail: "Alipay says the order is paid, with another amount or no number"
        }),
        { moved: "unknown", chargeId: charge.id }
      )
    }
    return receipt(charge, trade.trade_no, trade.send_pay_date?.epochMilliseconds ?? (yield* Clock.currentTimeMillis))
  })

  const order = (charge: Charge) =>
    call(
      Trade.prepay({
        out_trade_no: charge.id,
        total: charge.money,
        subject: charge.description ?? charge.resource,
        ...(config.sellerId !== undefined && { seller_id: config.sellerId }),
        ...(charge.category !== undefined && { mcc_code: charge.category })
      })
    )

  const isPaidAlready = ({ reason }: { readonly reason: { readonly _tag: string } }) =>
    reason._tag === "BusinessFailure" && "subCode" in reason && reason.subCode === "ACQ.TRADE_HAS_SUCCESS"

  const alreadyPaid = (charge: Charge) =>
    call(Trade.query({ out_trade_no: charge.id })).pipe(
      Effect.mapError(TrustErrors.charging),
      Effect.flatMap((trade) =>
        Trade.isPaid(trade)
          ? paidTrade(trade, charge)
          : PaymentError.fail(
              new PaymentError.OutcomeUnknown({ detail: "Alipay contradicts itself about the order" }),
              { moved: "unknown" }
            )
      )
    )

  const settle: Protocol["settle"] = Effect.fnUntraced(function* (grant, charge) {
    yield* within(grant.mandate, charge)
    const opened = yield* Effect.result(order(charge))
    if (opened._tag === "Failure") {
      return isPaidAlready(opened.failure) ? yield* alreadyPaid(charge) : yield* TrustErrors.harmless(opened.failure)
    }
    const paid = yield* Effect.result(
      call(
        Trade.delegationPay({
          prepay_id: opened.success.prepay_id,
          agreement_no: grant.agreementNo,
          delegation_id: grant.delegationId
        })
      )
    )
    if (paid._tag === "Success") return receipt(charge, paid.success.trade_no, yield* Clock.currentTimeMillis)
    return isPaidAlready(paid.failure) ? yield* alreadyPaid(charge) : yield* TrustErrors.charging(paid.failure)
  })

  const notSettled: Outcome = { _tag: "NotSettled" }
  const unknown: Outcome = { _tag: "Unknown" }

  const lookup: Protocol["lookup"] = Effect.fnUntraced(function* (_grant, charge) {
    const number = { out_trade_no: charge.id }
    const found = yield* Effect.result(call(Trade.query(number)))
    if (found._tag === "Failure") {
      // Paying needs the order's prepay_id, so an order that was never opened was never paid.
      const { reason } = found.failure
      if (reason._tag === "BusinessFailure" && reason.subCode === "ACQ.TRADE_NOT_EXIST") return notSettled
      return yield* TrustErrors.harmless(found.failure)
    }
    const trade = found.success
    if (Trade.isPaid(trade)) return { _tag: "Settled" as const, receipt: yield* paidTrade(trade, charge) }
    if (trade.trade_status === "TRADE_CLOSED") return notSettled
    // A payment may still be on its way; only a closed order makes "not settled" final.
    return yield* Effect.match(call(Trade.close(number)), { onSuccess: () => notSettled, onFailure: () => unknown })
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

  const protocol: Protocol = {
    manifest,
    authorization: Schema.toCodecJson(Grant),
    detect: AgentTokenHeaders.detect,
    validate,
    verify,
    settle,
    challenge,
    lookup
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

  /** Another instance beside the default, e.g. a second merchant: an effect that goes into `Paywall.layer` like the class itself. */
  static make(
    config: AlipayConfig["Service"]
  ): Effect.Effect<Protocol, AgentToken.IssuerKeysError, HttpClient.HttpClient> {
    return make.pipe(Effect.provide(OpenPlatform.layer), Effect.provideService(AlipayConfig, config))
  }
}
