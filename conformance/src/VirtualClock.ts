/**
 * The clock of a world. Time stands still while anything can run; it moves when a law moves it, or when every fiber waits.
 *
 * It is a `TestClock`, so `TestClock.adjust` and `TestClock.setTime` work inside a law. Effect's own is not used because a world
 * knows what it cannot: whether work is still going on outside the runtime (a signature on the thread pool), during which time
 * must not pass.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as TestClock from "effect/testing/TestClock"

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

export interface VirtualClock extends TestClock.TestClock {
  /** When the next sleeper wakes, if any sleeps. */
  readonly next: () => number | undefined
  /** Moves time to the next sleeper and wakes it. */
  readonly advance: () => void
}

/**
 * A clock that stands at `startMillis`. `quiet` ends when no fiber of the world can run.
 */
export const make = (startMillis: number, quiet: Effect.Effect<void>): VirtualClock => {
  let now = startMillis
  const sleepers: Array<Sleeper> = []
  const nanos = () => BigInt(Math.floor(now)) * 1_000_000n

  const sleep = (duration: Duration.Duration): Effect.Effect<void> =>
    Effect.callback((resume) => {
      const sleeper: Sleeper = { at: now + Duration.toMillis(duration), wake: () => resume(Effect.void) }
      if (sleeper.at <= now) return sleeper.wake()
      const later = sleepers.findIndex(({ at }) => at > sleeper.at)
      sleepers.splice(later === -1 ? sleepers.length : later, 0, sleeper)
      return Effect.sync(() => {
        const index = sleepers.indexOf(sleeper)
        if (index !== -1) sleepers.splice(index, 1)
      })
    })

  const advance = () => {
    const sleeper = sleepers.shift()
    if (sleeper === undefined) return
    now = Math.max(now, sleeper.at)
    sleeper.wake()
  }

  const setTime = Effect.fnUntraced(function* (timestamp: number) {
    yield* quiet
    while (sleepers[0] !== undefined && sleepers[0].at <= timestamp) {
      advance()
      yield* quiet
    }
    now = timestamp
  })

  return {
    currentTimeMillisUnsafe: () => now,
    currentTimeNanosUnsafe: nanos,
    monotonicTimeNanosUnsafe: nanos,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanos: Effect.sync(nanos),
    sleep,
    adjust: (duration) => Effect.suspend(() => setTime(now + Duration.toMillis(Duration.fromInputUnsafe(duration)))),
    setTime,
    withLive: (effect) => effect,
    next: () => sleepers[0]?.at,
    advance
  }
}
