/**
 * The seller's side of Alipay's metered payment (AI 收, Machine Pay; ACT calls it A402). Protocol id `alipay-a402`.
 *
 * - **challenge** writes and signs a bill, `Payment-Needed`. A request with an `Idempotency-Key` gets the same bill again.
 * - **detect** reads `Payment-Proof`; **validate** its form, and the product's bounds: CNY, and no more than `A402Config.maximum`.
 * - **verify** asks `alipay.aipay.agent.payment.verify`, and compares five facts with the bill: active, amount, order, resource, trade.
 * - **settle** tells Alipay that what was paid for is delivered, `alipay.aipay.agent.fulfillment.confirm`, as often as it takes.
 * - **lookup** cannot tell: Alipay publishes no call that says whether a fulfilment is confirmed. The paywall confirms again.
 *
 * Two gateway calls per charge, one before the handler and one after. Fields and sub codes are those that Alipay and Ant publish;
 * nothing here was tried against a live endpoint.
 *
 * @example
 * Paywall.layer([AlipayTrust, AlipayA402]).pipe(Layer.provide([AlipayTrust.layerConfig, AlipayA402.layerConfig]))
 */
import type { Charge } from "@paylayer/core/Charge"
import type { Credential } from "@paylayer/core/Detection"
import * as Digest from "@paylayer/core/Digest"
import * as Manifest from "@paylayer/core/Manifest"
import * as Mandate from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Authorization, PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { A402Config } from "./A402Config.ts"
import * as AgentPayment from "./AgentPayment.ts"
import * as AlipayKeys from "./AlipayKeys.ts"
import { AlipayConfig, type AlipayConfigError } from "./AlipayConfig.ts"
import * as Bill from "./internal/a402Bill.ts"
import * as Errors from "./internal/a402Errors.ts"
import * as Facts from "./internal/a402Facts.ts"
import { OpenPlatform } from "./OpenPlatform.ts"
import * as PaymentNeeded from "./PaymentNeeded.ts"
import * as PaymentProof from "./PaymentProof.ts"
import { SignatureEngine } from "./SignatureEngine.ts"

/** A payment that an agent claims to have made. */
export interface ClaimedPayment extends Mandate.Mandate {
  readonly proof: PaymentProof.PaymentProof
}

/** A payment that Alipay has confirmed: its trade is the mandate's id. */
export const PaidBill = Schema.Struct({ mandate: Mandate.Mandate, outTradeNo: Schema.String })
export interface PaidBill extends Authorization {
  /** The order that was paid. */
  readonly outTradeNo: string
}

type Protocol = PaymentProtocol<Credential, ClaimedPayment, PaidBill>

const id = "alipay-a402"

/** ACT's word that a proof was found good; in the form of Alipay's samples. */
const validationOf = ({ mandate, outTradeNo }: PaidBill, { binding }: Charge): string =>
  Buffer.from(
    JSON.stringify({ trade_no: mandate.id, out_trade_no: outTradeNo, validated: true, resource_id: binding })
  ).toString("base64url")

const make = Effect.gen(function* () {
  const platform = yield* OpenPlatform
  const alipay = yield* AlipayConfig
  const config = yield* A402Config
  const engine = yield* SignatureEngine
  const call = Effect.provideService(OpenPlatform, platform)

  const manifest: Manifest.Manifest = {
    id,
    contract: Manifest.contractVersion,
    displayName: "Alipay A402",
    flow: "prepaid-then-confirm",
    use: "once",
    identityType: "alipay-wallet-session",
    paymentType: "alipay-rails",
    triggers: [{ header: PaymentProof.header }],
    currencies: ["CNY"],
    capabilities: [],
    merchant: config.sellerId
  }

  /** What Alipay's product takes no payment for. */
  const outOfBounds = ({ money }: Charge): PaymentError.Reason | undefined => {
    if (money.currency !== "CNY") {
      return new PaymentError.CurrencyNotAllowed({
        detail: `Alipay's metered payment is in CNY, not in ${money.currency}`
      })
    }
    return money.minor > config.maximum.minor || money.minor < 1n
      ? new PaymentError.LimitExceeded({
          detail: `Alipay's metered payment takes CNY 0.01 to ${Money.decimalString(config.maximum)}, not ${Money.print(money)}`
        })
      : undefined
  }

  const bounded = (charge: Charge): Effect.Effect<void, PaymentError.PaymentError> => {
    const reason = outOfBounds(charge)
    return reason === undefined ? Effect.void : PaymentError.fail(reason)
  }

  const challenge: Protocol["challenge"] = Effect.fnUntraced(function* (charge) {
    yield* bounded(charge).pipe(
      Effect.tapError(({ reason }) => Effect.logDebug(`${id} offers no bill: ${reason.detail}`))
    )
    const unsigned = yield* Bill.make(charge, config, alipay.appId)
    const bill = yield* Effect.provideService(
      PaymentNeeded.sign((yield* AlipayKeys.of(alipay)).own, unsigned),
      SignatureEngine,
      engine
    )
    const { out_trade_no, pay_before, resource_id } = bill.protocol
    return {
      headers: { [PaymentNeeded.header]: PaymentNeeded.toHeader(bill) },
      offer: {
        bill_header: "Payment-Needed",
        proof_header: "Payment-Proof",
        out_trade_no,
        resource_id,
        pay_before,
        service_id: bill.method.service_id
      }
    }
  })

  const validate: Protocol["validate"] = Effect.fnUntraced(function* ({ secret }, charge) {
    const proof = yield* Effect.fromResult(
      Result.mapError(PaymentProof.fromHeader(Redacted.value(secret)), Errors.unreadable)
    )
    yield* bounded(charge)
    // Alipay does not say who has paid; the wallet's session is all there is.
    return { id: proof.trade_no, payer: Digest.sha256(proof.client_session), proof }
  })

  const verify: Protocol["verify"] = Effect.fnUntraced(function* ({ proof, ...mandate }, charge) {
    const said = yield* call(AgentPayment.verify(proof)).pipe(Effect.catch(Errors.unverified))
    const outTradeNo = yield* Facts.paidOrder(said, charge, proof.trade_no)
    // A trade buys one delivery, also under a second proof. Only now, so that nobody blocks a trade who cannot prove it.
    return { mandate: { ...mandate, uses: 1 }, outTradeNo }
  })

  const settle: Protocol["settle"] = Effect.fnUntraced(function* (paid, charge) {
    const { id: reference } = paid.mandate
    yield* call(AgentPayment.confirm(reference)).pipe(Effect.catch(Errors.unconfirmed))
    return {
      chargeId: charge.id,
      protocol: id,
      merchant: charge.merchant,
      resource: charge.resource,
      money: charge.money,
      reference,
      settledAt: yield* DateTime.now,
      ...(config.validation && { headers: { "payment-validation": validationOf(paid, charge) } })
    }
  })

  const protocol: Protocol = {
    manifest,
    authorization: Schema.toCodecJson(PaidBill),
    detect: PaymentProof.detect,
    validate,
    verify,
    settle,
    challenge,
    lookup: () => Effect.succeed({ _tag: "Unknown" })
  }
  return protocol
})

export class AlipayA402 extends Context.Service<AlipayA402, Protocol>()("@paylayer/alipay/AlipayA402") {
  /** The protocol over an `OpenPlatform`. */
  static readonly layer: Layer.Layer<AlipayA402, never, OpenPlatform | AlipayConfig | A402Config> = Layer.effect(
    AlipayA402,
    make
  )

  /** The protocol as the environment configures it; see `AlipayConfig` and `A402Config`. Without them it does not start. */
  static readonly layerConfig: Layer.Layer<
    AlipayA402,
    AlipayConfigError,
    HttpClient.HttpClient | FileSystem.FileSystem
  > = AlipayA402.layer.pipe(
    Layer.provide(OpenPlatform.layer),
    Layer.provide(AlipayConfig.layer),
    Layer.provide(A402Config.layer)
  )

  /** Another instance beside the default, e.g. a second seller: an effect that goes into `Paywall.layer` like the class itself. */
  static make(
    alipay: AlipayConfig["Service"],
    config: A402Config["Service"]
  ): Effect.Effect<Protocol, never, HttpClient.HttpClient> {
    return make.pipe(
      Effect.provide(OpenPlatform.layer, { local: true }),
      Effect.provideService(AlipayConfig, alipay),
      Effect.provideService(A402Config, config)
    )
  }
}
