/**
 * Time that passes by itself, as in a world where nobody advances a clock: whenever nothing happens any more, the test clock goes on.
 *
 * Signatures are made on Node's thread pool in real time, so "nothing happens" means that no job of the pool is under way either.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { createHook } from "node:async_hooks"

// Signatures that are being made or verified. The name is Node's for both.
const jobs = new Set<number>()

createHook({
  init: (id, type) => {
    if (type === "SIGNREQUEST") jobs.add(id)
  },
  before: (id) => void jobs.delete(id),
  destroy: (id) => void jobs.delete(id)
}).enable()

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Waits until everything waits for the clock. */
export const quiet = Effect.gen(function* () {
  for (let calm = 0; calm < 4; calm = jobs.size === 0 ? calm + 1 : 0) yield* turn
})

/** Runs an effect to its end, advancing the clock as often as it takes: two minutes at most. */
export const drive = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const fiber = yield* Effect.forkChild(effect)
  for (let passed = 0; passed < 240; passed++) {
    yield* quiet
    if (fiber.pollUnsafe() !== undefined) break
    yield* TestClock.adjust("500 millis")
  }
  return yield* Fiber.join(fiber)
})
