/**
 * Driving: runs an effect in virtual time until it ends, or until it is clear that it never will.
 *
 * When no fiber can run and nothing goes on outside, whoever waits for quiet goes on; without one, time moves to the next
 * sleeper; without one of those either, the effect is stuck.
 */
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Scheduler from "effect/Scheduler"
import { SeededScheduler } from "../SeededScheduler.ts"
import * as VirtualClock from "../VirtualClock.ts"
import * as Outside from "./outside.ts"

/** Turns of the event loop without work before time moves, and before the effect counts as stuck. */
const turnsBeforeTimeMoves = 2
const turnsBeforeStuck = 40

/** The most virtual time that one case may take. */
const horizonMillis = 30 * 24 * 3_600_000

export type Driven<A, E> =
  | { readonly _tag: "Ended"; readonly exit: Exit.Exit<A, E> }
  /** No fiber can go on, and none ever will. */
  | { readonly _tag: "Stuck" }
  /** It goes on and on. */
  | { readonly _tag: "Endless" }

export interface Stage {
  readonly scheduler: SeededScheduler
  readonly clock: VirtualClock.VirtualClock
  /** Ends when no fiber of the world can run. */
  readonly quiet: Effect.Effect<void>
  readonly drive: <A, E>(effect: Effect.Effect<A, E>, context: Context.Context<never>) => Effect.Effect<Driven<A, E>>
}

const { setImmediate: nextTurn } = new Scheduler.MixedScheduler()

/** A scheduler and a clock that know of each other. */
export const make = (startMillis: number): Stage => {
  Outside.listen()
  const scheduler = new SeededScheduler()
  const waiting: Array<() => void> = []
  let idleTurns = 0
  let check = () => {}

  const quiet = Effect.callback<void>((resume) => {
    waiting.push(() => resume(Effect.void))
    check()
  })
  const clock = VirtualClock.make(startMillis, quiet)

  const drive = <A, E>(effect: Effect.Effect<A, E>, context: Context.Context<never>): Effect.Effect<Driven<A, E>> =>
    Effect.callback((resume) => {
      let over = false
      let checking = false
      const end = (driven: Driven<A, E>) => {
        if (over) return
        over = true
        scheduler.close()
        resume(Effect.succeed(driven))
      }
      const look = () => {
        checking = false
        if (over) return
        if (scheduler.tasks > scheduler.maxTasks || clock.currentTimeMillisUnsafe() - startMillis > horizonMillis) {
          return end({ _tag: "Endless" })
        }
        if (!scheduler.isEmpty) return
        idleTurns = Outside.isBusy() ? 0 : idleTurns + 1
        if (idleTurns < turnsBeforeTimeMoves) return check()
        const next = waiting.shift()
        if (next !== undefined) next()
        else if (clock.next() !== undefined) clock.advance()
        else if (idleTurns > turnsBeforeStuck) return end({ _tag: "Stuck" })
        else return check()
        idleTurns = 0
        check()
      }
      check = () => {
        if (checking || over) return
        checking = true
        nextTurn(look)
      }
      scheduler.onEmpty = () => {
        idleTurns = 0
        if (scheduler.tasks > scheduler.maxTasks) end({ _tag: "Endless" })
        check()
      }
      const fiber = Effect.runForkWith(context)(
        effect.pipe(Effect.provideService(Clock.Clock, clock), Effect.provideService(Scheduler.Scheduler, scheduler))
      )
      fiber.addObserver((exit) => end({ _tag: "Ended", exit }))
      check()
      return Effect.sync(() => {
        over = true
        scheduler.close()
      })
    })

  return { scheduler, clock, quiet, drive }
}
