import { assert, it } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as GatewayStore from "@paylayer/gateway/GatewayStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { bookkeeperLaws, giveBack, hire, settle } from "./bookkeeperLaws.ts"
import { file, freshSqlite, sqlite } from "./stores.ts"

bookkeeperLaws(
  "SQLite, of a ledger in memory",
  Effect.map(freshSqlite, (store) => Layer.fresh(Layer.merge(store, LedgerMemory.layerSilent))),
  { runs: 40, waits: [90_000, 3_600_000, 20 * 86_400_000] }
)

bookkeeperLaws(
  "SQLite, in the file of the ledger",
  Effect.succeed(
    Layer.unwrap(
      Effect.map(file, (filename) =>
        Layer.provideMerge(GatewayStore.layer(), sqlite(filename)).pipe(
          Layer.provideMerge(SqliteLedger.layer({ filename }))
        )
      )
    )
  ),
  { runs: 8, waits: [90_000] }
)

it.effect("bookkeepers with connections of their own to one file book everything once between them", () =>
  Effect.gen(function* () {
    const filename = yield* file
    const ledger = yield* SqliteLedger.make({ filename })
    const store = Layer.fresh(Layer.provideMerge(GatewayStore.layer(), sqlite(filename)))
    const one = Effect.flatMap(Layer.build(store), (context) => Effect.provide(hire, context))
    const staff = yield* Effect.replicateEffect(Effect.provideService(one, Ledger.Ledger, ledger), 3)
    const sell = Effect.gen(function* () {
      const ids = yield* Effect.replicateEffect(settle({ minor: 1_000n }), 60)
      yield* giveBack(ids[0]!, "r1", 400n)
    }).pipe(Effect.provideService(Ledger.Ledger, ledger))
    for (let round = 0; round < 4; round += 1) {
      yield* sell
      const counts = yield* Effect.all(
        staff.map(({ bookkeeper }) => bookkeeper.catchUp),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(
        counts.reduce((sum, count) => sum + count, 0),
        60
      )
    }
    const [{ book, bookkeeper }] = staff as [(typeof staff)[number]]
    assert.strictEqual((yield* book.transactions({})).length, 4 * 61)
    assert.deepEqual(yield* bookkeeper.audit, [])
  })
)
