// Several hosts at one file.
import { assert, it } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { execFile } from "node:child_process"
import { DatabaseSync } from "node:sqlite"
import { file, ids, opening, taking } from "./files.ts"

const lease = "30 seconds"

const told = (now: () => number) => ({
  currentTimeMillisUnsafe: now,
  currentTimeMillis: Effect.sync(now)
})

/** A turn of the event loop. */
const turn = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))

it.effect("a host that renews its lease keeps its charges, however long they take", () =>
  Effect.gen(function* () {
    const filename = yield* file
    const one = yield* SqliteLedger.make({ filename, lease })
    const two = yield* SqliteLedger.make({ filename, lease })
    yield* one.open(opening("ch"))
    for (let minute = 0; minute < 3; minute++) {
      yield* TestClock.adjust("1 minute")
      assert.deepEqual(yield* two.list({ abandoned: true }), [])
      assert.isUndefined(yield* two.adopt("ch"))
    }
    yield* one.advance("ch", { to: "released" })
  })
)

it.effect("a host that stops renewing loses its charges when the lease has run out, not before", () =>
  Effect.gen(function* () {
    const filename = yield* file
    const stopped = Clock.Clock.of({ ...(yield* Clock.Clock), sleep: () => Effect.never })
    const gone = yield* Effect.provideService(SqliteLedger.make({ filename, lease }), Clock.Clock, stopped)
    const other = yield* SqliteLedger.make({ filename, lease })
    yield* gone.open(opening("ch"))
    yield* TestClock.adjust("29 seconds")
    assert.isUndefined(yield* other.adopt("ch"))
    yield* TestClock.adjust("1 second")
    assert.deepEqual(yield* gone.list({ abandoned: true }), [])
    assert.isUndefined(yield* gone.adopt("ch"))
    const entry = yield* other.adopt("ch")
    assert.strictEqual(entry?.owner, other.owner)
    const late = yield* Effect.flip(gone.advance("ch", { to: "authorized" }))
    assert.match(late.message, /belongs to another host/)
    yield* other.advance("ch", { to: "released" })
  })
)

it.effect("a clock that jumps back and forth loses nothing", () =>
  Effect.gen(function* () {
    // A jump wakes nobody: sleeping is measured otherwise.
    let now = 0
    const jumping = Clock.Clock.of({ ...(yield* Clock.Clock), ...told(() => now), sleep: () => Effect.never })
    yield* Effect.provideService(
      Effect.gen(function* () {
        const ledger = yield* SqliteLedger.make({ filename: yield* file, lease })
        for (const [index, id] of ids(4).entries()) {
          now = [1_000_000, 5, 4_000_000_000_000, 0][index]!
          yield* ledger.open(opening(id, { reservations: [taking("budget", 1n, 4n)] }))
          yield* ledger.advance(id, { to: "authorized" }, { to: "delivered" }, { to: "settling" })
        }
        const listed = yield* ledger.list()
        assert.deepEqual(
          listed.map(({ charge, journal }) => [charge.id, journal.map(({ state }) => state).join()]),
          ids(4).map((id) => [id, "opened,authorized,delivered,settling"])
        )
        assert.deepEqual(yield* ledger.list({ abandoned: true }), [])
        assert.strictEqual(yield* ledger.forget(5_000_000_000_000), 0)
        for (const id of ids(4)) yield* ledger.advance(id, { to: "settled" })
        assert.deepEqual(yield* ledger.audit, [])
      }),
      Clock.Clock,
      jumping
    )
  })
)

it.effect("what a host recorded is there for the next one, in the order it happened", () =>
  Effect.gen(function* () {
    const filename = yield* file
    const scope = yield* Scope.make()
    const first = yield* Scope.provide(SqliteLedger.make({ filename }), scope)
    yield* first.open(opening("ch", { reservations: [taking("budget", 7n, 10n)] }))
    yield* first.advance("ch", { to: "authorized", authorization: { hold: "h" } }, { to: "delivered" })
    // Another process sees it before the first one goes.
    const rows = new DatabaseSync(filename, { readOnly: true })
    assert.strictEqual(rows.prepare("SELECT state FROM paylayer_charges").get()?.["state"], "delivered")
    rows.close()
    const before = yield* first.find("ch")
    yield* Scope.close(scope, Exit.void)
    const second = yield* SqliteLedger.make({ filename })
    assert.deepEqual(yield* second.find("ch"), before)
    const refused = yield* Effect.flip(second.open(opening("two", { reservations: [taking("budget", 4n, 10n)] })))
    assert.isTrue(refused._tag === "ReservationRefused" && refused.remaining === 3n)
    assert.strictEqual((yield* second.adopt("ch"))?.owner, second.owner)
  })
)

const inProcess = (...args: ReadonlyArray<string>) =>
  Effect.callback<number, Error>((resume) => {
    const host = new URL("host.ts", import.meta.url).pathname
    const child = execFile(process.execPath, [host, ...args], (error, stdout) =>
      resume(error === null ? Effect.succeed(Number(stdout)) : Effect.fail(error))
    )
    return Effect.sync(() => child.kill())
  })

it.effect("two processes at one budget take exactly what it holds", () =>
  Effect.gen(function* () {
    const filename = yield* file
    const counts = yield* Effect.all(
      ids(2, "host").map((name) => inProcess(filename, name, "150", "200")),
      { concurrency: "unbounded" }
    )
    assert.strictEqual(counts[0]! + counts[1]!, 200)
    const ledger = yield* SqliteLedger.make({ filename })
    assert.strictEqual((yield* ledger.list()).length, 200)
    assert.deepEqual(yield* ledger.audit, [])
  })
)

it.effect("waits for another process that is writing, without holding up the event loop", () =>
  Effect.gen(function* () {
    const filename = yield* file
    const ledger = yield* SqliteLedger.make({ filename })
    const other = new DatabaseSync(filename)
    other.exec("BEGIN IMMEDIATE")
    const waiting = yield* Effect.forkChild(ledger.open(opening("ch")), { startImmediately: true })
    for (let turns = 0; turns < 50; turns++) yield* turn
    assert.isUndefined(waiting.pollUnsafe())
    assert.isUndefined(yield* ledger.find("ch"))
    other.exec("COMMIT")
    other.close()
    assert.strictEqual((yield* Fiber.join(waiting))._tag, "Claimed")
  })
)

it.effect("an operation that is interrupted before it is written never is", () =>
  Effect.gen(function* () {
    const ledger = yield* SqliteLedger.make({ filename: yield* file })
    const waiting = yield* Effect.forkChild(ledger.open(opening("ch")), { startImmediately: true })
    yield* Fiber.interrupt(waiting)
    yield* ledger.open(opening("next"))
    assert.isUndefined(yield* ledger.find("ch"))
  })
)

it.effect("whoever still waits when the ledger is closed is told so", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const ledger = yield* Scope.provide(SqliteLedger.make({ filename: yield* file }), scope)
    const waiting = yield* Effect.forkChild(Effect.flip(ledger.open(opening("ch"))), { startImmediately: true })
    yield* Scope.close(scope, Exit.void)
    assert.instanceOf(yield* Fiber.join(waiting), Ledger.LedgerError)
    assert.instanceOf(yield* Effect.flip(ledger.open(opening("ch"))), Ledger.LedgerError)
    assert.instanceOf(yield* Effect.flip(ledger.find("ch")), Ledger.LedgerError)
  })
)
