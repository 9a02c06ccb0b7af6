/**
 * The paywall: detect → validate → verify → record → handler → settle → receipt.
 *
 * A host lists the protocols it takes; each is an effect, and a service class is one, so a protocol whose layer is missing
 * does not compile:
 *
 * @example
 * const paywall = Paywall.layer([AlipayTrust], { realm: "research" }).pipe(
 *   Layer.provide([AlipayTrust.layer, LedgerMemory.layer])
 * )
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { conform } from "./internal/conforming.ts"
import type { Recovered } from "./internal/recovering.ts"
import type { Refund } from "./internal/refunding.ts"
import { make } from "./internal/selling.ts"
import type * as Ledger from "./Ledger.ts"
import type { Manifest } from "./Manifest.ts"
import type { AnyProtocol } from "./PaymentProtocol.ts"
import type { PaymentError } from "./PaymentError.ts"
import type { PaywallError } from "./PaywallError.ts"
import type { Receipt } from "./Receipt.ts"
import type { Offer, Refusal } from "./Refusal.ts"
import type { RequestHeaders } from "./RequestHeaders.ts"
import type { Handler, Sale, Sold } from "./Sale.ts"
import type { SpendingLimit } from "./SpendingLimit.ts"

export type { Recovered } from "./internal/recovering.ts"
export type { Refund } from "./internal/refunding.ts"

export interface Options {
  /** The merchant of protocols that name none. */
  readonly merchant?: string
  /** How long a charge lives: from its opening to the latest moment its settlement may begin. Default 15 minutes. */
  readonly chargeLifetime?: Duration.Input
  /** The most time one call into a protocol or the ledger may take. Default 10 seconds; a challenge gets 2 at most. */
  readonly protocolTimeout?: Duration.Input
  /**
   * The first pause before a provider that did not say what became of the money is asked again, and before a ledger that failed is
   * written to again; each further one, of three to five, is twice as long. Default 200 milliseconds.
   */
  readonly retryPause?: Duration.Input
  /**
   * What becomes of a call whose client goes away while the handler works: `cancel` (default) stops the handler and charges
   * nothing, `finish` lets it end, settles, and keeps the answer for a repetition. A settlement that has begun always ends.
   */
  readonly disconnect?: "cancel" | "finish"
  /** The host's own limits. */
  readonly limits?: ReadonlyArray<SpendingLimit>
}

export class Paywall extends Context.Service<
  Paywall,
  {
    /** What is installed. */
    readonly manifests: ReadonlyArray<Manifest>
    /** Every way a sale could be paid for. */
    readonly offers: <A>(sale: Sale<A>) => Effect.Effect<ReadonlyArray<Offer>>
    /**
     * The refusal of a request without credential, where it is known already: every protocol's challenge stands, and the offers
     * of this price were made before. `undefined` where the request has to be looked at, which `sell` does.
     */
    readonly unpaid: (
      headers: RequestHeaders,
      sale: Pick<Sale<never>, "price" | "merchant" | "category" | "upTo">
    ) => Effect.Effect<Refusal | undefined>
    /** Sells: the handler's value comes out only when the money for it is settled. Its own failures pass through unchanged. */
    readonly sell: <A, E, R>(sale: Sale<A>, handler: Handler<A, E, R>) => Effect.Effect<Sold<A>, E | Refusal, R>
    /** Whether it can sell: the ledger answers in time. What a protocol's provider does is not asked. */
    readonly ready: Effect.Effect<void, Ledger.LedgerError>
    /**
     * Gives back a part of what a charge took, or all that is left of it, once per refund id however often it is asked for: the
     * same id gets the same answer. A refund restores no limit: not the mandate's, not the host's.
     *
     * Fails with `ChargeNotFound`; `CapabilityMissing`, where the protocol cannot give back; `RefundRefused`, where there is not as
     * much; `IdempotencyConflict`, where the id was used for another amount; `ChargeInFlight`; `RefundDeclined`; and `RefundUnknown`
     * until it is known. Then ask again under the same id, never under another one; `recover` does so as well.
     */
    readonly refund: (refund: Refund) => Effect.Effect<Receipt, PaymentError>
    /**
     * Brings charges and refunds to their end that a dead host, a ledger that was down or an unknown outcome left behind. An unknown
     * outcome is looked up `attempts` times (default 20), later and later. `Recovery.layer` runs it on a schedule.
     */
    readonly recover: (options?: { readonly attempts?: number }) => Effect.Effect<Recovered, Ledger.LedgerError>
    /**
     * The same for one charge, at once, and the charge as it is then; `undefined` where there is none. For whoever was told that
     * something became of it: that only says when to ask, the provider's answer decides. A charge that a host is at is left alone.
     */
    readonly resolve: (chargeId: string) => Effect.Effect<Ledger.Entry | undefined, Ledger.LedgerError>
  }
>()("@paylayer/core/Paywall") {
  /**
   * A paywall that takes these protocols. Its requirements are theirs and a `Ledger`. Where `ExchangeQuotes` are provided, prices
   * can also be paid in the currencies of their quotes; without them only in those that they list.
   */
  static layer<const P extends ReadonlyArray<Effect.Effect<AnyProtocol, unknown, unknown>>>(
    protocols: P,
    options: Options = {}
  ): Layer.Layer<Paywall, PaywallError | Effect.Error<P[number]>, Ledger.Ledger | Effect.Services<P[number]>> {
    const installing = protocols as ReadonlyArray<
      Effect.Effect<AnyProtocol, Effect.Error<P[number]>, Effect.Services<P[number]>>
    >
    return Layer.effect(
      Paywall,
      Effect.flatMap(Effect.all(installing), (all) => Effect.andThen(conform(all), make(all, options)))
    )
  }
}
