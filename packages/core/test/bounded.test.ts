import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { within } from "../src/internal/bounded.ts"

const limit = Duration.seconds(10)
const begin = <A>(effect: Effect.Effect<A>, time = limit) =>
  Effect.forkChild(
    within(time, () => effect),
    { startImmediately: true }
  )

it.effect("every call has its own time, whatever else is under way", () =>
  Effect.gen(function* () {
    const first = yield* begin(Effect.never)
    yield* TestClock.adjust("3 seconds")
    const left = yield* begin(Effect.never)
    const ended = yield* begin(Effect.sleep("4 seconds"))
    const short = yield* begin(Effect.never, Duration.seconds(2))
    yield* TestClock.adjust("3 seconds")
    const last = yield* begin(Effect.never)
    yield* Fiber.interrupt(left)
    const over = () => [first, ended, short, last].map((fiber) => fiber.pollUnsafe() !== undefined)
    assert.deepEqual(over(), [false, false, true, false])
    yield* TestClock.adjust("3999 millis")
    assert.deepEqual(over(), [false, true, true, false])
    yield* TestClock.adjust("1 millis")
    assert.deepEqual(over(), [true, true, true, false])
    yield* TestClock.adjust("5999 millis")
    assert.deepEqual(over(), [true, true, true, false])
    yield* TestClock.adjust("1 millis")
    assert.deepEqual(over(), [true, true, true, true])
    assert.isUndefined(yield* Fiber.join(last))
    assert.strictEqual((yield* Fiber.join(ended))?._tag, "Success")
  })
)

it.effect("time is kept again after nothing was under way", () =>
  Effect.gen(function* () {
    for (const _ of [1, 2]) {
      assert.strictEqual((yield* within(limit, () => Effect.yieldNow))?._tag, "Success")
      const hanging = yield* begin(Effect.never)
      yield* TestClock.adjust(limit)
      assert.isUndefined(yield* Fiber.join(hanging))
    }
  })
)
