/**
 * Time that passes by itself, as in a world where nobody advances a clock: whenever nothing happens any more, the test clock goes on.
 *
 * Signatures are made on this thread (`world.ts`), so what is not waiting for the clock is waiting for a turn of the event loop.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"

const turn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Waits until everything waits for the clock. */
export const quiet = Effect.repeat(turn, { times: 7 })

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
