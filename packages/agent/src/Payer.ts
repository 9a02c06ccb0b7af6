/**
 * The payer: makes calls, and pays for those that cost something, within a cap per call and budgets, through wallets.
 *
 * What a purchase may cost is reserved in the agent's own `Ledger` before anything is paid, and every purchase is written down
 * there, so that one whose answer was lost is asked for again rather than paid again, also after a restart.
 *
 * @example
 * const payer = Payer.layer([AgentTokenWallet], {
 *   perCall: [Money.of("CNY", 5_00n)],
 *   limits: [{ per: "merchant", amount: Money.of("CNY", 50_00n), window: "day" }]
 * }).pipe(Layer.provide([AgentTokenWallet.layer({ token }), SqliteLedger.layer({ filename: "purchases.sqlite" })]))
 */
import type * as Ledger from "@paylayer/core/Ledger"
import type * as Money from "@paylayer/core/Money"
import type { SpendingLimit } from "@paylayer/core/SpendingLimit"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Bought, Call } from "./Call.ts"
import { make } from "./internal/purchasing.ts"
import type { PurchaseError } from "./PurchaseError.ts"
import type { Wallet } from "./Wallet.ts"

export interface Options {
  /** The most that one call may cost, by currency. What is priced in another currency is not paid. */
  readonly perCall: ReadonlyArray<Money.Money>
  /** Budgets, counted gross: in all (`per: "host"`), with one merchant (`"merchant"`), on one resource (`"tool"`). */
  readonly limits?: ReadonlyArray<SpendingLimit>
  /** The agent's name in its ledger. Agents that share a ledger have names of their own. Default `"agent"`. */
  readonly name?: string
  /** The most time that a paid call may take until its answer begins. Default 60 seconds. */
  readonly timeout?: Duration.Input
  /** How often a paid call is sent while its answer is lost or not ready, with the same credential. Default 3. */
  readonly attempts?: number
}

export class Payer extends Context.Service<
  Payer,
  {
    /**
     * Calls, pays if it must, and gives the merchant's answer. What the merchant refuses is an answer too; a failure is this
     * side's own. Where an earlier purchase of the same call is unresolved, its answer is asked for and nothing is paid again.
     */
    readonly buy: <A, E, R>(call: Call<A, E, R>) => Effect.Effect<Bought<A>, E | PurchaseError, R>
    /** The purchases of which nobody knows yet whether they were paid. */
    readonly unresolved: Effect.Effect<ReadonlyArray<Ledger.Entry>, Ledger.LedgerError>
    /**
     * Closes an unresolved purchase by a person's word: money moved, or it did not, and then its budgets are given back. Fails
     * where it is not unresolved.
     */
    readonly resolve: (purchase: string, moved: "yes" | "no") => Effect.Effect<void, Ledger.LedgerError>
  }
>()("@paylayer/agent/Payer") {
  /** A payer with these wallets, the preferred one first. Its requirements are theirs and a `Ledger`. */
  static layer<const W extends ReadonlyArray<Effect.Effect<Wallet, unknown, unknown>>>(
    wallets: W,
    options: Options
  ): Layer.Layer<Payer, Effect.Error<W[number]>, Ledger.Ledger | Effect.Services<W[number]>> {
    const holding = wallets as ReadonlyArray<Effect.Effect<Wallet, Effect.Error<W[number]>, Effect.Services<W[number]>>>
    return Layer.effect(
      Payer,
      Effect.flatMap(Effect.all(holding), (all) => make(all, options))
    ).pipe(Layer.provide(SecureRandom.layerWebCrypto))
  }
}
