import { assert, it } from "@effect/vitest"
import type * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as PostgresLedger from "@paylayer/ledger-postgres/PostgresLedger"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import * as TestClock from "effect/testing/TestClock"
import { afterAll, beforeAll } from "vitest"
import { ledgerLaws } from "../../core/test/ledgerLaws.ts"
import { budget, opening } from "./openings.ts"
import * as PostgresServer from "./server.ts"

const scope = Scope.makeUnsafe()
let server: PostgresServer.PostgresServer
/** The pool of the laws. It has all its connections from the start, so that what is done at once is at the server at once. */
let laws: Context.Context<SqlClient.SqlClient>
beforeAll(async () => {
  server = await Effect.runPromise(Scope.provide(PostgresServer.make(), scope))
  laws = await Effect.runPromise(Scope.provide(client, scope))
  const sql = Context.get(laws, SqlClient.SqlClient)
  const waits = Array.from({ length: 10 }, () => sql`select pg_sleep(0.2)`)
  await Effect.runPromise(Effect.all(waits, { concurrency: "unbounded", discard: true }))
}, 60_000)
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

/** A pool of one's own, for as long as the scope is open. */
const clientOf = (url: string) => Layer.build(PostgresLedger.layerClient({ url: Redacted.make(url) }))
const client = Effect.suspend(() => clientOf(server.url))

const hostAt = (pool: Context.Context<SqlClient.SqlClient>, options?: PostgresLedger.HostOptions) =>
  Effect.provideService(PostgresLedger.make(options), SqlClient.SqlClient, Context.get(pool, SqlClient.SqlClient))

ledgerLaws(
  "on PostgreSQL",
  Effect.sync(() => hostAt(laws)),
  { runs: 60 }
)

it.effect("hosts that start at once make one schema, and a newer one is refused and not touched", () =>
  Effect.gen(function* () {
    const schema = `start "at" once`
    const pools = yield* Effect.all([client, client, client])
    const hosts = yield* Effect.forEach(pools, (pool) => hostAt(pool, { schema }), { concurrency: "unbounded" })
    assert.strictEqual(new Set(hosts.map(({ owner }) => owner)).size, 3)
    const asked = opening()
    yield* hosts[0]!.open(asked)
    assert.strictEqual((yield* hosts[2]!.find(asked.charge.id))?.owner, hosts[0]!.owner)

    const sql = Context.get(pools[0], SqlClient.SqlClient)
    const versions = sql`select version from ${sql(schema)}.paylayer_migrations order by version`
    assert.deepEqual(yield* versions, [{ version: 1 }, { version: 2 }, { version: 3 }])
    yield* sql`insert into ${sql(schema)}.paylayer_migrations (version) values (7)`
    const refused = yield* Effect.flip(hostAt(pools[1], { schema }))
    assert.match(refused.message, /version 7, and this code knows 3/)
    assert.deepEqual(yield* versions, [{ version: 1 }, { version: 2 }, { version: 3 }, { version: 7 }])
    assert.strictEqual((yield* sql`select 1 from ${sql(schema)}.paylayer_hosts`).length, 3)
  })
)

it.effect("a schema of the first version is brought up to date, with all that is in it", () =>
  Effect.gen(function* () {
    const schema = "first_version"
    const pool = yield* client
    const before = yield* hostAt(pool, { schema })
    const { charge, protocol, ...asked } = opening()
    yield* before.open({ ...asked, charge, protocol })
    const { id, merchant, money, resource } = charge
    const common = { chargeId: id, merchant, money, protocol, resource }
    const receipt = { ...common, reference: "tx-1", settledAt: DateTime.makeUnsafe(2_000) }
    const steps = [{ to: "delivered" }, { to: "settling" }, { to: "settled", receipt }] as const
    yield* before.advance(id, { to: "authorized" }, ...steps)
    const sql = Context.get(pool, SqlClient.SqlClient)
    const at = sql(schema)
    yield* sql`drop function ${at}.paylayer_note`
    yield* sql`drop index ${at}.paylayer_charges_refunding`
    yield* sql`alter table ${at}.paylayer_charges drop column refunding`
    yield* sql`alter table ${at}.paylayer_journal drop column refund`
    yield* sql`drop function ${at}.paylayer_lower`
    yield* sql.unsafe(`drop function ${schema}.paylayer_advance(
      text, text[], json, json, json, json, json, text, bigint, text, json, text, bigint, text[])`)
    yield* sql`alter table ${at}.paylayer_charges drop column usage`
    yield* sql`delete from ${at}.paylayer_migrations where version > 1`
    const after = yield* hostAt(pool, { schema })
    assert.lengthOf(yield* after.list(), 1)
    assert.strictEqual((yield* after.claimRefund(id, { id: "re-1", money }))._tag, "Claimed")
    const young = opening()
    yield* after.open(young)
    yield* after.advance(young.charge.id, { to: "released", usage: { units: 1 } })
    assert.deepEqual((yield* after.find(young.charge.id))?.usage, { units: 1 })
    assert.deepStrictEqual(yield* after.audit, [])
  })
)

it.effect("a database that cannot be used is said when the layer is built, without the password", () =>
  Effect.gen(function* () {
    const failure = (url: string) =>
      Effect.map(Effect.flip(Layer.build(PostgresLedger.layer({ url: Redacted.make(url) }))), (error) => {
        assert.strictEqual(error._tag, "LedgerError")
        assert.notInclude(JSON.stringify([error.message, error, String(error.stack)]), "sesame")
        return error.message
      })
    const at = (user: string, rest: string) => `postgresql://${user}:sesame@127.0.0.1:${rest}`
    assert.match(yield* failure(at("paylayer", `${server.port}/postgres`)), /password authentication failed.*28P01/)
    assert.match(
      yield* failure(server.url.replace("/postgres", "/nowhere")),
      /database "nowhere" does not exist \(3D000\)/
    )
    assert.match(yield* failure(at("paylayer", "1/postgres")), /ECONNREFUSED/)
    assert.match(yield* failure(at("paylayer", "port/postgres")), /url/i)
    assert.match(yield* failure("sesame"), /url/i)
  })
)

it.effect("a host whose lease has run out loses its open charges, and one that renews it keeps them", () =>
  Effect.gen(function* () {
    const here = yield* client
    const sql = Context.get(here, SqlClient.SqlClient)
    const [one, two] = [yield* hostAt(here, { schema: "leases" }), yield* hostAt(here, { schema: "leases" })]
    yield* sql`create role lost login password 'lost'`
    yield* sql`grant usage on schema leases to lost`
    yield* sql`grant all on all tables in schema leases to lost`
    const there = yield* clientOf(server.url.replace(/paylayer:[^@]*/, "lost:lost"))
    const lost = yield* hostAt(there, { schema: "leases" })
    const [abandoned, kept] = [opening(), opening()]
    yield* lost.open(abandoned)
    yield* two.open(kept)
    yield* sql`alter role lost nologin`
    yield* sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'lost'`

    const renewed = (until: number) =>
      Effect.repeat(
        sql<{ readonly least: bigint }>`
          select min(lease_until) as least from leases.paylayer_hosts where id in ${sql.in([one.owner, two.owner])}`,
        { while: ([row]) => Number(row?.least) < until }
      )
    for (const at of [10_000, 20_000, 29_999]) {
      yield* TestClock.setTime(at)
      if (at < 29_999) yield* renewed(at + 30_000)
      assert.isUndefined(yield* one.adopt(abandoned.charge.id), String(at))
    }
    yield* TestClock.setTime(30_000)
    assert.deepEqual(
      (yield* one.list({ abandoned: true })).map(({ charge }) => charge.id),
      [abandoned.charge.id]
    )
    assert.strictEqual((yield* one.adopt(abandoned.charge.id))?.owner, one.owner)
    assert.isUndefined(yield* one.adopt(kept.charge.id))
  })
)

it.effect("two hosts with pools of their own adopt what was left at once, each charge once", () =>
  Effect.gen(function* () {
    const schema = "adoptions"
    const pools = yield* Effect.all([client, client, client])
    const gone = yield* Scope.fork(yield* Effect.scope)
    const dead = yield* Scope.provide(hostAt(pools[2], { schema }), gone)
    const left = Array.from({ length: 40 }, () => opening().charge.id)
    yield* Effect.forEach(left, (id) => dead.open(opening([], { id })), { concurrency: 8 })
    yield* Scope.close(gone, Exit.void)
    const [one, two] = yield* Effect.all([hostAt(pools[0], { schema }), hostAt(pools[1], { schema })])
    const adopting = (host: Ledger.Ledger["Service"], ids: ReadonlyArray<string>) =>
      Effect.forEach(ids, (id) => host.adopt(id), { concurrency: 10 })
    const taken = yield* Effect.all([adopting(one, left), adopting(two, left.toReversed())], { concurrency: 2 })
    const adopted = taken.flat().filter((entry) => entry !== undefined)
    assert.deepEqual(adopted.map(({ charge }) => charge.id).toSorted(), left.toSorted())
    assert.isTrue(adopted.every(({ journal }) => journal.length === 2))
    assert.deepEqual(yield* one.audit, [])
  })
)

it.effect("the largest amounts add up, and what would not fit the column is refused", () =>
  Effect.gen(function* () {
    const ledger = yield* hostAt(yield* client, { schema: "amounts" })
    const take = (limit: bigint) => Effect.result(ledger.open(opening([budget("all", Money.maximum, limit)])))
    for (let count = 0n; count < 8n; count++) {
      assert.strictEqual((yield* take(Money.maximum * (count + 1n)))._tag, "Success")
    }
    const ninth = yield* take(Money.maximum * 9n - 1n)
    assert.isTrue(ninth._tag === "Failure" && ninth.failure._tag === "ReservationRefused")
    if (ninth._tag === "Failure" && ninth.failure._tag === "ReservationRefused") {
      assert.strictEqual(ninth.failure.remaining, Money.maximum - 1n)
    }
    assert.strictEqual((yield* take(10n ** 30n))._tag, "Success")
    const tenth = yield* take(10n ** 30n)
    assert.strictEqual(tenth._tag, "Failure")
    assert.deepEqual(yield* ledger.audit, [])
  })
)

it.effect("documents come back to the letter, also where PostgreSQL's text cannot hold them", () =>
  Effect.gen(function* () {
    const ledger = yield* hostAt(yield* client, { schema: "documents" })
    const asked = opening([], { description: "\0 and \uD800" })
    const { entry } = yield* ledger.open(asked)
    const answer = { "\0": ["\0", "\uD800", 1e300, 0.1, null], z: 1, a: { toString: "x" } }
    yield* ledger.advance(
      asked.charge.id,
      { to: "authorized", authorization: null, cause: "a \0 in a cause" },
      { to: "delivered", answer }
    )
    const found = yield* ledger.find(asked.charge.id)
    assert.deepEqual(found?.charge, entry.charge)
    assert.deepEqual(found?.answer, answer)
    assert.isTrue(found !== undefined && "authorization" in found && found.authorization === null)
    assert.strictEqual(found?.journal[1]?.cause, "a \uFFFD in a cause")

    const endless = opening([budget("b", 31_337n * 10n ** 30n, 1n)])
    for (const bad of [{ ...opening(), payer: "31337 \0" }, endless]) {
      const failure = yield* Effect.flip(ledger.open(bad))
      assert.match(failure.message, /^PostgreSQL could not open a charge: error 22/)
      assert.notInclude(JSON.stringify([failure.message, failure]), "31337")
    }
  })
)

it.effect("an audit finds what was changed behind the ledger's back", () =>
  Effect.gen(function* () {
    const pool = yield* client
    const sql = Context.get(pool, SqlClient.SqlClient)
    const ledger = yield* hostAt(pool, { schema: "audits" })
    const [first, second, third] = [opening([budget("b", 3n, 9n)]), opening([budget("c", 1n, 9n)]), opening()]
    for (const asked of [first, second, third]) yield* ledger.open(asked)
    assert.deepEqual(yield* ledger.audit, [])
    yield* sql`update audits.paylayer_buckets set units = 2 where name = 'b'`
    yield* sql`delete from audits.paylayer_buckets where name = 'c'`
    yield* sql`update audits.paylayer_charges set state = 'settled' where id = ${third.charge.id}`
    assert.deepEqual(yield* ledger.audit, [
      `charge ${third.charge.id} is settled, its journal says opened`,
      "bucket b has 2, its charges took 3",
      "bucket c has 0, its charges took 1"
    ])
  })
)

it.effect("what the server undid by itself is tried again, and not forever", () =>
  Effect.gen(function* () {
    const pool = yield* client
    const sql = Context.get(pool, SqlClient.SqlClient)
    const ledger = yield* hostAt(pool, { schema: "undone" })
    yield* sql`create sequence undone.turns`
    // A sequence counts on when all else is undone.
    yield* sql`create function undone.undo() returns trigger language plpgsql as $$ begin
      if nextval('undone.turns') < 4 or new.payer = 'unlucky' then
        raise exception 'undone' using errcode = case new.payer when 'unlucky' then '40P01' else '40001' end;
      end if;
      return new;
    end $$`
    yield* sql`create trigger undo before insert on undone.paylayer_charges for each row execute function undone.undo()`
    const asked = opening([budget("b", 1n, 1n)])
    assert.strictEqual((yield* ledger.open(asked))._tag, "Claimed")
    assert.deepEqual(yield* sql`select nextval('undone.turns') as turn`, [{ turn: 5n }])
    const failure = yield* Effect.flip(ledger.open({ ...opening(), payer: "unlucky" }))
    assert.strictEqual(failure.message, "PostgreSQL could not open a charge: undone (40P01)")
    assert.deepEqual(yield* sql`select nextval('undone.turns') as turn`, [{ turn: 17n }])
  })
)
