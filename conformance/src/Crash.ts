/**
 * Crashes as an enumeration: the process dies at a write of the ledger, before it or right after, and starts again on what the
 * ledger has.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Broken } from "./Broken.ts"
import { World } from "./World.ts"

/**
 * Runs the effect; the process dies at the write of the case and a new one takes its place. Whether it died.
 *
 * Dying is a write that never comes back: nothing after it runs, no finalizer either, until the case is over.
 */
export const target = Effect.fnUntraced(function* <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.fn.Return<boolean, Broken, R | World> {
  const world = yield* World
  let first: number | undefined
  let died = false
  const death = yield* Deferred.make<void>()
  world.onWrite = (write) =>
    Effect.suspend(() => {
      first ??= write
      world.steps = write - first + 1
      if (world.steps !== world.settings.crashAt) return Effect.void
      died = true
      world.timeline.add("the process dies", "crashed")
      return Effect.andThen(Deferred.succeed(death, undefined), Effect.never)
    })
  const fiber = yield* Effect.forkChild(Effect.exit(effect))
  // Time goes on while the effect waits, so that a plug-in may try again after a while.
  yield* Effect.raceFirst(Fiber.await(fiber), Deferred.await(death))
  if (died) yield* world.stage.quiet
  world.onWrite = () => Effect.void
  if (died) yield* world.restart
  return died
})
