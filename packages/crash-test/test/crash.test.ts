// Hosts are killed under load, and nothing is lost, moved twice, delivered twice or left unknown. Real processes, real time:
// what is tested is what survives a process. A few seconds for each database;
// the checks kill hosts two hundred times.
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as CrashTest from "../src/CrashTest.ts"
import * as Database from "../src/Database.ts"
import * as Providers from "../src/Providers.ts"

const layer = Providers.layer.pipe(Layer.provideMerge(Layer.mergeAll(NodeServices.layer, NodeHttpClient.layerUndici)))

describe.each(Database.all)("$title", ({ hosts, store }) => {
  it.live(
    "survives 10 kills with its books in order",
    () =>
      Effect.gen(function* () {
        const seed = yield* Random.nextIntBetween(0, 2 ** 31)
        const options = { store: yield* store, seed, hosts, agents: 8, kills: 10, pause: [20, 250] } as const
        const { figures, violations } = yield* CrashTest.run(options)
        assert.deepStrictEqual(violations, [], `seed ${seed}`)
        assert.strictEqual(figures.kills, 10)
        // It was put to the test: there was work that kills interrupted.
        assert.isAbove((figures.recovered.settled ?? 0) + (figures.recovered.released ?? 0), 0)
        assert.isAbove(figures.settled, 15)
      }).pipe(Effect.provide(layer), Effect.scoped),
    120_000
  )
})
