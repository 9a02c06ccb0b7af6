// Time stands still until it is moved; sleepers wake in order, each at its moment.
import * as VirtualClock from "@paylayer/conformance/VirtualClock"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

const quiet = Effect.forEach(Array.from({ length: 20 }), () => Effect.yieldNow, { discard: true })

const asleep = Effect.fnUntraced(function* (
  clock: VirtualClock.VirtualClock,
  woken: Array<string>,
  name: string,
  millis: number
) {
  const fiber = yield* Effect.forkChild(
    Effect.gen(function* () {
      yield* Effect.sleep(millis)
      woken.push(`${name} at ${yield* Clock.currentTimeMillis}`)
    }).pipe(Effect.provideService(Clock.Clock, clock))
  )
  yield* quiet
  return fiber
})

describe("the clock of a world", () => {
  it.live("wakes sleepers in the order of their moments, those of one moment in the order in which they slept", () =>
    Effect.gen(function* () {
      const clock = VirtualClock.make(1_000, quiet)
      const woken: Array<string> = []
      for (const [name, millis] of [
        ["a", 30],
        ["b", 10],
        ["c", 30],
        ["d", 20],
        ["e", 40]
      ] as const) {
        yield* asleep(clock, woken, name, millis)
      }
      assert.strictEqual(clock.next(), 1_010)
      yield* clock.setTime(1_030)
      assert.deepStrictEqual(woken, ["b at 1010", "d at 1020", "a at 1030", "c at 1030"])
      assert.strictEqual(clock.currentTimeMillisUnsafe(), 1_030)
      assert.strictEqual(clock.next(), 1_040)
      clock.advance()
      yield* quiet
      assert.strictEqual(woken.at(-1), "e at 1040")
      assert.isUndefined(clock.next())
      clock.advance()
      assert.strictEqual(yield* clock.currentTimeMillis, 1_040)
    })
  )

  it.live("is moved by so much, and says the same in every unit", () =>
    Effect.gen(function* () {
      const clock = VirtualClock.make(1_000.5, quiet)
      yield* clock.adjust("2 seconds")
      assert.strictEqual(yield* clock.currentTimeMillis, 3_000.5)
      assert.strictEqual(yield* clock.currentTimeNanos, 3_000_000_000n)
      assert.strictEqual(yield* clock.monotonicTimeNanos, 3_000_000_000n)
      assert.strictEqual(clock.currentTimeNanosUnsafe(), 3_000_000_000n)
    })
  )

  it.live("does not wait for no time, nor for whom it was interrupted", () =>
    Effect.gen(function* () {
      const clock = VirtualClock.make(0, quiet)
      const woken: Array<string> = []
      yield* asleep(clock, woken, "none", 0)
      assert.deepStrictEqual(woken, ["none at 0"])
      const gone = yield* asleep(clock, woken, "gone", 5)
      yield* asleep(clock, woken, "here", 10)
      yield* Fiber.interrupt(gone)
      assert.strictEqual(clock.next(), 10)
      yield* clock.setTime(20)
      assert.deepStrictEqual(woken, ["none at 0", "here at 10"])
      assert.strictEqual(clock.currentTimeMillisUnsafe(), 20)
    })
  )

  it.live("has no other clock behind it", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* VirtualClock.make(0, quiet).withLive(Effect.succeed("as it is")), "as it is")
    })
  )
})
