/**
 * Payouts to developers: what is due is set aside, sent, and booked, once.
 *
 * - Currencies are never mixed: a payout is of one, and of no more than the book owes the developer in it.
 * - One machine at a time runs them, by a lease in the store; what others do meanwhile, by hand or after a pause, does no harm.
 * - A gateway may die at any step. What was set aside is sent by whoever comes next, under the same number; what may have been sent is
 *   looked up first.
 * - What the rail refuses goes back to what is owed, and is tried again after `retryAfter`.
 *
 * A developer who is seen for the first time is paid from the next due day on.
 *
 * @example
 * Payouts.layerRunner().pipe(
 *   Layer.provide(Payouts.layer({ developers: Effect.succeed(config.developers), rails: [yield* StripeRail.make()] })),
 *   Layer.provide([Book.layer, GatewayStore.layer()])
 * )
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Book, type BookRefused } from "./Book.ts"
import type { Developer } from "./Developer.ts"
import { GatewayStore } from "./GatewayStore.ts"
import type { GatewayStoreError } from "./GatewayStoreError.ts"
import type { Payout, State } from "./Payout.ts"
import type { PayoutError } from "./PayoutError.ts"
import type { PayoutRail } from "./PayoutRail.ts"
import { make } from "./internal/payouts/running.ts"

/** Which payouts. Every part that is there must hold. */
export interface PayoutQuery {
  readonly developer?: string
  readonly state?: State
  readonly currency?: Currency
  /** Continues behind the payout of this id. */
  readonly after?: string
}

type Failure = BookRefused | GatewayStoreError

export interface Options {
  /** Asked anew at every run, so that a configuration that was read again counts. */
  readonly developers: Effect.Effect<ReadonlyArray<Developer>>
  readonly rails: ReadonlyArray<PayoutRail>
  /** For how long a runner is taken to be alive after it last wrote something. Default: 2 minutes. */
  readonly lease?: Duration.Input
  /** How long after a scheduled payout failed another one is made. Default: 1 day. */
  readonly retryAfter?: Duration.Input
}

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
    /**
     * Looks up every payout that is under way, and those that were created since and are paid; none where another machine runs payouts
     * at this moment.
     */
    readonly reconcile: (options?: { readonly sinceMillis?: number }) => Effect.Effect<ReadonlyArray<Payout>, Failure>
    /** What payouts and the book do not agree about, in words. Empty when all is well. */
    readonly audit: Effect.Effect<ReadonlyArray<string>, GatewayStoreError>
  }
>()("@paylayer/gateway/Payouts") {
  /** Payouts out of the book, over these rails. */
  static readonly layer = (options: Options): Layer.Layer<Payouts, GatewayStoreError, Book | GatewayStore> =>
    Layer.effect(
      Payouts,
      Effect.gen(function* () {
        return Payouts.of(yield* make(yield* GatewayStore, yield* Book, options))
      })
    )

  /** Runs them again and again, until the scope closes. What fails is logged, and tried again. */
  static readonly layerRunner = (
    options: { readonly every?: Duration.Input } = {}
  ): Layer.Layer<never, never, Payouts> =>
    Layer.effectDiscard(
      Effect.flatMap(Payouts, ({ run }) =>
        run.pipe(
          Effect.catchCause((cause) => Effect.logError("payouts did not run", cause)),
          Effect.schedule(Schedule.spaced(options.every ?? "1 minute")),
          Effect.forkScoped
        )
      )
    )
}
