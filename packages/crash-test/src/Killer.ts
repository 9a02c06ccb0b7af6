/**
 * The killer: whom it kills and when is drawn at random. Mostly one host at work, at times all of them at once, at times one
 * that is just starting, migrating or recovering. Now and then one is stopped until its lease has run out, and goes on as if
 * nothing had happened.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Host, Hosts } from "./Hosts.ts"

export interface Plan {
  readonly kills: number
  /** The shortest and the longest time, in milliseconds, for which hosts are left at work between kills. */
  readonly pause: Span
  /** The same for which a host is stopped. */
  readonly stall: Span
}

type Span = readonly [least: number, most: number]

/** Hosts are given this long to come up, and then this long to get something done, before the next one is killed all the same. */
const toComeUp = "10 seconds"
const toGetDone = "2 seconds"

const until = (is: () => boolean, limit: Duration.Input) =>
  Effect.sleep("10 millis").pipe(Effect.repeat({ until: is }), Effect.timeoutOption(limit))

const victims = Effect.fnUntraced(function* ({ hosts }: Hosts): Effect.fn.Return<ReadonlyArray<Host>> {
  const draw = yield* Random.next
  const ready = hosts.filter(({ url }) => url !== undefined)
  const starting = hosts.filter(({ url }) => url === undefined)
  if (draw < 0.15) return hosts
  if (draw < 0.3) return (yield* Random.shuffle(ready)).slice(0, 2)
  const from = (draw < 0.45 && starting.length > 0) || ready.length === 0 ? starting : ready
  return [yield* Random.choice(from as [Host, ...ReadonlyArray<Host>])]
})

/**
 * Kills until as many are killed as were asked for, or a host ends by itself; `onKill` hears of each. `heard` is the number of
 * answers so far: half of the times hosts are given the time for one, however slow the machine is.
 */
export const run = Effect.fnUntraced(function* (
  hosts: Hosts,
  { kills, pause, stall }: Plan,
  heard: () => number,
  onKill: (killed: number) => void
) {
  const killed = { count: 0 }
  const kill = Effect.fnUntraced(function* (chosen: ReadonlyArray<Host>) {
    const now = chosen.slice(0, kills - killed.count)
    yield* Effect.forEach(now, (host) => host.kill, { concurrency: "unbounded", discard: true })
    onKill((killed.count += now.length))
  })
  const strike = Effect.gen(function* () {
    yield* until(() => hosts.hosts.some(({ url }) => url !== undefined) || hosts.failures.length > 0, toComeUp)
    const before = heard()
    if (yield* Random.nextBoolean) yield* until(() => heard() > before, toGetDone)
    yield* Effect.sleep(yield* Random.nextIntBetween(...pause))
    const chosen = yield* victims(hosts)
    if (chosen.length === 1 && (yield* Random.next) < 0.2) {
      yield* Effect.forkScoped(chosen[0]!.stall(yield* Random.nextIntBetween(...stall)))
    } else yield* kill(chosen)
  })
  if (kills > hosts.hosts.length * 4) {
    // The first start, where everything is made that is not there yet.
    yield* Effect.sleep(yield* Random.nextIntBetween(300, 900))
    yield* kill(hosts.hosts)
  }
  while (killed.count < kills && hosts.failures.length === 0) yield* strike
  return killed.count
})
