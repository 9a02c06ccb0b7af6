/**
 * Payouts to developers: what is due is set aside, sent, and booked, once.
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { BookRefused } from "./Book.ts"
import type { GatewayStoreError } from "./GatewayStoreError.ts"
import type { Payout, State } from "./Payout.ts"
import type { PayoutError } from "./PayoutError.ts"

/** Which payouts. Every part that is there must hold. */
export interface PayoutQuery {
  readonly developer?: string
  readonly state?: State
  readonly currency?: Currency
  /** Continues behind the payout of this id. */
  readonly after?: string
}

type Failure = BookRefused | GatewayStoreError

export class Payouts extends Context.Service<
  Payouts,
  {
    /**
     * Goes on with what is under way, then claims and sends what is due. The payouts that were touched, as they are now; none
     * where another machine is at it.
     */
    readonly run: Effect.Effect<ReadonlyArray<Payout>, Failure>
    /** Sets aside all that is owed to a developer in a currency, whatever schedule and threshold say, and sends it. */
    readonly create: (developer: string, currency: Currency) => Effect.Effect<Payout, PayoutError | Failure>
    readonly find: (id: string) => Effect.Effect<Payout | undefined, GatewayStoreError>
    /** Newest first. */
    readonly list: (
      // oxlint-disable-next-line paylayer/number-amount -- how many payouts, no amount
      query: PayoutQuery & { readonly limit: number }
    ) => Effect.Effect<ReadonlyArray<Payout>, GatewayStoreError>
    /**
     * Looks a payout up with its rail and books what is found: what became of unknown parts, and what was taken back of paid ones.
     * Sends nothing.
     */
    readonly lookup: (id: string) => Effect.Effect<Payout, PayoutError | Failure>
    /** Looks up every payout that is under way, and those that were created since and are paid. */
    readonly reconcile: (options?: { readonly sinceMillis?: number }) => Effect.Effect<ReadonlyArray<Payout>, Failure>
  }
>()("@paylayer/gateway/Payouts") {}
