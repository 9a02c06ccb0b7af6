/**
 * The quotes of a host: with them, a price in one currency can be paid in others. A host that provides none converts nothing.
 *
 * @example
 * Paywall.layer([AlipayTrust]).pipe(
 *   Layer.provide(ExchangeQuotes.layer(fetchRates, { every: "10 minutes" })),
 *   Layer.provide([AlipayTrust.layerConfig, LedgerMemory.layer])
 * )
 *
 * ## Details
 *
 * - What the price lists comes first and is never replaced by a quote for the same currency. Of several quotes into one currency
 *   that are good, the first counts.
 * - A quote is not remembered for an agent. Its price may be another one when the agent comes back, so a quote should stay the
 *   same for as long as agents take to decide and handlers take to work.
 * - Protocols that are paid before the call (`prepaid-then-confirm`) are offered the listed amounts alone: a bill that was
 *   paid must be found good when its proof comes, and by then the quote may be another.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type { Scope } from "effect/Scope"
import * as Quote from "./Quote.ts"

export class ExchangeQuotes extends Context.Service<
  ExchangeQuotes,
  {
    /**
     * The quotes of this moment, in the host's order; expired ones may be among them. It is asked with every sale, so it only
     * looks up what is there, and gives the same list until something in it is different.
     */
    readonly current: () => ReadonlyArray<Quote.Quote>
  }
>()("@paylayer/core/ExchangeQuotes") {
  /** Quotes that stay as they are until they expire. Fails for the first that is none. */
  static fixed(quotes: ReadonlyArray<Quote.Quote>): Layer.Layer<ExchangeQuotes, Quote.QuoteError> {
    return Layer.effect(
      ExchangeQuotes,
      Effect.map(checked(quotes), (all) => ({ current: () => all }))
    )
  }

  /**
   * Quotes that are loaded now and then again, `every` so often. The first time must succeed. Later a failure is logged, and the
   * quotes stay until they expire: nothing is priced with an old rate because a source is down.
   */
  static layer<E, R>(
    load: Effect.Effect<ReadonlyArray<Quote.Quote>, E, R>,
    { every }: { readonly every: Duration.Input }
  ): Layer.Layer<ExchangeQuotes, E | Quote.QuoteError, Exclude<R, Scope>> {
    return Layer.effect(
      ExchangeQuotes,
      Effect.gen(function* () {
        const loaded = Effect.flatMap(load, checked)
        let all = yield* loaded
        const again = loaded.pipe(
          Effect.matchCauseEffect({
            onFailure: (cause) => Effect.logError("quotes are not loaded again", cause),
            onSuccess: (next) => Effect.sync(() => void (all = next))
          })
        )
        yield* Effect.forkScoped(again.pipe(Effect.delay(every), Effect.repeat(Schedule.forever)))
        return { current: () => all }
      })
    )
  }
}

const checked = (quotes: ReadonlyArray<Quote.Quote>): Effect.Effect<ReadonlyArray<Quote.Quote>, Quote.QuoteError> =>
  Effect.fromResult(Result.all(quotes.map(Quote.make)))
