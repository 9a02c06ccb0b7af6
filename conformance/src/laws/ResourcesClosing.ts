/** RES: what a plug-in opens, it closes. */
import * as Money from "@paylayer/core/Money"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import { fromEntries } from "@paylayer/core/RequestHeaders"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import * as Process from "node:process"
import { Broken } from "../Broken.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { World } from "../World.ts"

/** Often enough that something else in the process does not look like a leak: what leaks, leaks each time. */
const times = 5

/** Counts the fibers that begin and end. */
const counting = () => {
  const fibers = { live: 0 }
  const service: Metric.FiberRuntimeMetricsService = {
    recordFiberStart: () => void fibers.live++,
    recordFiberEnd: () => void fibers.live--
  }
  return { fibers, service }
}

/** Sockets, servers, timers, workers … that keep the process alive, by kind. */
const handles = (): ReadonlyMap<string, number> => {
  const found = new Map<string, number>()
  for (const kind of Process.getActiveResourcesInfo()) found.set(kind, (found.get(kind) ?? 0) + 1)
  return found
}

const buy = (plugin: AnyProtocol, money: Money.Money) =>
  Effect.gen(function* () {
    const charge = yield* Shop.charge(money)
    const { entries } = yield* Shop.mint({}, charge)
    const detection = plugin.detect(fromEntries(entries))
    if (detection._tag !== "Found") return
    const mandate = yield* plugin.validate(detection.credential, charge)
    yield* plugin.settle(yield* plugin.verify(mandate, charge), charge)
  })

const closes = Law.example({
  id: "RES-01",
  severity: "high",
  clause: "PaymentProtocol.layer",
  statement: "leaves no fiber, timer or connection behind when its layer is closed, and closes without a failure",
  why: "A server that reloads its configuration runs out of connections, or never ends.",
  run: () =>
    Effect.gen(function* () {
      const { about, another, stage, timeline } = yield* World
      const money = Money.of(about.manifest.currencies[0], 15_00n)
      const before = handles()
      const { fibers, service } = counting()
      for (let time = 1; time <= times; time++) {
        const scope = yield* Scope.make()
        const used = yield* another.pipe(
          Effect.flatMap((plugin) => buy(plugin, money)),
          Effect.provideService(Scope.Scope, scope),
          Effect.provideService(Metric.FiberRuntimeMetrics, service),
          Effect.exit
        )
        if (Exit.isFailure(used)) {
          return yield* new Broken({ expected: "an instance sells", actual: `instance ${time} did not` })
        }
        timeline.add(`instance ${time} closes`)
        const closed = yield* Effect.exit(Scope.close(scope, Exit.void))
        if (Exit.isFailure(closed)) {
          return yield* new Broken({
            expected: "an instance closes without a failure",
            actual: "a finalizer failed or died"
          })
        }
        yield* stage.quiet
      }
      if (fibers.live > 0) {
        return yield* new Broken({
          expected: "no fiber of an instance outlives it",
          actual: `${fibers.live} fibers still live`,
          facts: [`${times} instances were built, used for one charge and closed`]
        })
      }
      const left = [...handles()].find(([kind, count]) => count >= (before.get(kind) ?? 0) + times)
      if (left !== undefined) {
        return yield* new Broken({
          expected: "an instance leaves nothing open",
          actual: `after ${times} instances there are ${left[1] - (before.get(left[0]) ?? 0)} more of ${left[0]}`
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [closes]
