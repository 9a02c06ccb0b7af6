// What several gateways on one PostgreSQL rely on: the same laws, on a real server, a schema for each.
import * as GatewayStore from "@paylayer/gateway/GatewayStore"
import * as PostgresLedger from "@paylayer/ledger-postgres/PostgresLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { SqlClient } from "effect/sql/SqlClient"
import { afterAll, beforeAll } from "vitest"
import * as PostgresServer from "../../ledger-postgres/test/server.ts"
import { accrualLaws } from "./accrualLaws.ts"
import { bookkeeperLaws } from "./bookkeeperLaws.ts"
import { bookLaws } from "./bookLaws.ts"
import { payoutLaws } from "./payouts/payoutLaws.ts"
import { statementLaws } from "./statementLaws.ts"

const scope = Scope.makeUnsafe()
let client: Layer.Layer<SqlClient>
let schemas = 0
beforeAll(async () => {
  const server = await Effect.runPromise(Scope.provide(PostgresServer.make(), scope))
  const pool = await Effect.runPromise(
    Scope.provide(Layer.build(PostgresLedger.layerClient({ url: Redacted.make(server.url) })), scope)
  )
  client = Layer.succeed(SqlClient, Context.get(pool, SqlClient))
}, 60_000)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

/** Tables of their own. */
const fresh = Effect.sync(() =>
  Layer.fresh(Layer.provideMerge(GatewayStore.layer({ schema: `gateway_${(schemas += 1)}` }), client))
)

bookLaws("PostgreSQL", fresh, { runs: 4 })
accrualLaws("PostgreSQL", fresh, { runs: 4 })
statementLaws("PostgreSQL", fresh, { runs: 2 })

bookkeeperLaws(
  "PostgreSQL, in the schema of the ledger",
  Effect.sync(() => {
    const schema = `gateway_${(schemas += 1)}`
    return Layer.fresh(
      Layer.provideMerge(
        Layer.provideMerge(GatewayStore.layer({ schema }), PostgresLedger.layerHost({ schema })),
        client
      )
    )
  }),
  { runs: 4, waits: [90_000] }
)
payoutLaws("PostgreSQL", fresh)
