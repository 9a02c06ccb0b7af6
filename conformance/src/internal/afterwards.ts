/**
 * What is checked after every case of every law: each charge that was settled is sent to `settle` once more, and nothing may
 * move a second time.
 */
import * as Effect from "effect/Effect"
import { Broken } from "../Broken.ts"
import type { ProviderError } from "../Provider.ts"
import * as Shop from "../Shop.ts"
import { World } from "../World.ts"

export const afterwards: Effect.Effect<void, Broken | ProviderError, World> = Effect.gen(function* () {
  const world = yield* World
  const settled = [...world.seen.settled]
  if (settled.length === 0) return
  yield* world.provider.clearFaults
  const before = (yield* Shop.settlements).length
  for (const { authorization, charge } of settled) {
    yield* Effect.exit(world.protocol.settle(authorization, charge))
    const moved = (yield* Shop.settlements).length - before
    if (moved > 0) {
      return yield* new Broken({
        expected: "a charge that is settled and sent again moves nothing",
        actual: "settling it once more moved money a second time",
        facts: [`${world.timeline.name("charge", charge.id)} was settled twice`]
      })
    }
  }
})
