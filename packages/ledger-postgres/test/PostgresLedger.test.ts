import * as PostgresLedger from "@paylayer/ledger-postgres/PostgresLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import { afterAll, beforeAll } from "vitest"
import { ledgerLaws } from "../../core/test/ledgerLaws.ts"
import * as PostgresServer from "./server.ts"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

const scope = Scope.makeUnsafe()
let server: PostgresServer.PostgresServer
beforeAll(async () => {
  server = await Effect.runPromise(Scope.provide(PostgresServer.make(), scope))
}, 60_000)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const store = Effect.gen(function* () {
  const client = yield* Layer.build(PostgresLedger.layerClient({ url: Redacted.make(server.url) }))
  return Effect.provideService(PostgresLedger.make(), SqlClient.SqlClient, Context.get(client, SqlClient.SqlClient))
})

ledgerLaws("on PostgreSQL", store)
