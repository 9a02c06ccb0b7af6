/**
 * Races: several effects at once, under the schedule of the case.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { World } from "./World.ts"

/** Runs all of them at once until all have ended. In a scheduled law the plan chooses who runs and where they are preempted. */
export const all = Effect.fnUntraced(function* <A, E, R>(
  effects: ReadonlyArray<Effect.Effect<A, E, R>>
): Effect.fn.Return<ReadonlyArray<A>, E, R | World> {
  const { settings, stage } = yield* World
  const fibers = yield* Effect.forEach(effects, (effect) => Effect.forkChild(effect))
  stage.scheduler.follow(settings.plan)
  return yield* Effect.forEach(fibers, (fiber) => Fiber.join(fiber)).pipe(
    Effect.ensuring(Effect.sync(() => stage.scheduler.follow(undefined)))
  )
})
