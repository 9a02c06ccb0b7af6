/**
 * Recovery: at start, and then on a schedule, takes over charges whose host is gone and asks again about unknown outcomes.
 *
 * Any number of hosts may recover at once: the ledger gives each charge to one of them. What stays unresolved is logged and
 * listed, never guessed.
 *
 * @example
 * const recovery = Recovery.layer({ every: "30 seconds" }).pipe(Layer.provide(paywall))
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type { Entry } from "./Ledger.ts"
import { Paywall, type Recovered } from "./Paywall.ts"
import * as Refund from "./Refund.ts"

export interface Options {
  /** The pause between two recoveries, give or take a fifth. Default 30 seconds. */
  readonly every?: Duration.Input
  /** How often an unknown outcome is looked up before it is only listed. Default 20. */
  readonly attempts?: number
}

const stateOf = (entry: Entry) => {
  const pending = Refund.of(entry).filter(({ state }) => Refund.isPending(state))
  return [entry.state, ...pending.map(({ id, state }) => `refund ${id} ${state}`)].join(", ")
}

const named = (entries: ReadonlyArray<Entry>) =>
  entries
    .slice(0, 20)
    .map((entry) => `${entry.charge.id} (${entry.protocol}, ${stateOf(entry)})`)
    .join(", ")

const report = ({ released, returned, settled, unresolved }: Recovered, before: ReadonlyArray<Entry>) =>
  Effect.gen(function* () {
    if (released > 0 || settled > 0) yield* Effect.logInfo(`recovery: ${settled} charges settled, ${released} released`)
    if (returned > 0) yield* Effect.logInfo(`recovery: ${returned} refunds came to their end`)
    const known = new Set(before.map(({ charge }) => charge.id))
    const news = unresolved.filter(({ charge }) => !known.has(charge.id))
    if (news.length > 0) yield* Effect.logWarning(`recovery: ${news.length} charges are unresolved: ${named(news)}`)
  })

/** Recovers while the layer lives. A ledger that is down is asked again at the next turn. */
export const layer = ({ every = "30 seconds", attempts }: Options = {}): Layer.Layer<never, never, Paywall> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const paywall = yield* Paywall
      let before: ReadonlyArray<Entry> = []
      const turn = Effect.gen(function* () {
        const recovered = yield* paywall.recover(attempts === undefined ? {} : { attempts })
        yield* report(recovered, before)
        before = recovered.unresolved
      }).pipe(Effect.catch(({ message }) => Effect.logError(`recovery could not ask the ledger: ${message}`)))
      yield* Effect.forkScoped(Effect.repeat(turn, Schedule.jittered(Schedule.spaced(every))))
    })
  )
