/**
 * Time limits of calls that are under way at once. One fiber keeps all those of one length on one clock: a timer of its own
 * for each costs more than many a call does.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"

interface Call {
  /** In milliseconds of the clock's monotonic time, which no change of the wall clock moves. */
  readonly until: number
  readonly expire: () => void
}

/** Calls of one limit, the oldest first: the time of the first is up first. */
interface Watch {
  readonly calls: Set<Call>
  keeper: Fiber.Fiber<void> | undefined
}

const watches = new WeakMap<Clock.Clock, Map<number, Watch>>()

const watchOf = (clock: Clock.Clock, millis: number): Watch => {
  const ofClock = watches.get(clock) ?? new Map<number, Watch>()
  watches.set(clock, ofClock)
  const watch = ofClock.get(millis) ?? { calls: new Set(), keeper: undefined }
  ofClock.set(millis, watch)
  return watch
}

const nowOf = (clock: Clock.Clock) => Number(clock.monotonicTimeNanosUnsafe()) / 1e6

/** Sleeps until the time of the first call is up, and so on, while there are calls. */
const keep = ({ calls }: Watch) =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    for (;;) {
      const [first] = calls
      if (first === undefined) return
      const left = first.until - nowOf(clock)
      if (left > 0) yield* clock.sleep(Duration.millis(left))
      else {
        calls.delete(first)
        first.expire()
      }
    }
  })

/** Calls `expire` when so much time has gone by, unless the call has left before: then call what is given back. */
export const watched = (fiber: Fiber.Fiber<unknown, unknown>, limit: Duration.Duration, expire: () => void) => {
  const clock = fiber.getRef(Clock.Clock)
  const millis = Duration.toMillis(limit)
  const watch = watchOf(clock, millis)
  const call: Call = { until: nowOf(clock) + millis, expire }
  watch.calls.add(call)
  if (watch.keeper?.pollUnsafe() !== undefined) watch.keeper = undefined
  watch.keeper ??= Effect.runForkWith(
    Context.make(Clock.Clock, clock).pipe(Context.add(Scheduler.Scheduler, fiber.getRef(Scheduler.Scheduler)))
  )(keep(watch))
  return () => {
    if (!watch.calls.delete(call) || watch.calls.size > 0) return
    // A timer that nobody waits for would hold up the end of the process.
    watch.keeper?.interruptUnsafe()
    watch.keeper = undefined
  }
}
