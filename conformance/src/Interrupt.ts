/**
 * Interruption as an enumeration: a case is run once for every step that its target takes, and interrupted right there.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { World } from "./World.ts"

/** Runs the effect and interrupts it at the step of the case; then waits until whatever it left behind has ended too. */
export const target = Effect.fnUntraced(function* <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.fn.Return<Exit.Exit<A, E>, never, R | World> {
  const world = yield* World
  const { scheduler } = world.stage
  return yield* Effect.withFiber((observer) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(effect)
      scheduler.count(observer.id, world.settings.interruptAt ?? Number.POSITIVE_INFINITY, () => {
        world.timeline.add("the agent is gone", "interrupted")
        fiber.interruptUnsafe()
      })
      const exit = yield* Fiber.await(fiber)
      world.steps = scheduler.counted()
      yield* world.stage.quiet
      return exit
    })
  )
})
