// Which files a ledger is kept in, and which are left as they are.
import { assert, it } from "@effect/vitest"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import type { Reason } from "@paylayer/ledger-sqlite/SqliteLedgerError"
import * as Effect from "effect/Effect"
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { ids, opening, quickFile, receiptOf } from "./files.ts"

/** A file with a few charges in it, closed. */
const written = Effect.gen(function* () {
  const filename = yield* quickFile
  yield* Effect.scoped(
    Effect.gen(function* () {
      const ledger = yield* SqliteLedger.make({ filename })
      yield* Effect.forEach(ids(50), (id) => ledger.open(opening(id)), { concurrency: "unbounded" })
    })
  )
  return filename
})

/** Refused for that reason, in words with the path, and not a byte of it changed. */
const refused = Effect.fnUntraced(function* (filename: string, reason: Reason, words: RegExp) {
  const isFile = () => statSync(filename, { throwIfNoEntry: false })?.isFile() === true
  const before = isFile() ? readFileSync(filename) : undefined
  const error = yield* Effect.flip(Effect.scoped(SqliteLedger.make({ filename })))
  assert.strictEqual(error.reason, reason, error.message)
  assert.match(error.message, words)
  assert.include(error.message, filename)
  assert.strictEqual(error.filename, filename)
  assert.isTrue(before === undefined ? !isFile() : before.equals(readFileSync(filename)), "it was written to")
  assert.strictEqual(statSync(`${filename}-wal`, { throwIfNoEntry: false })?.size ?? 0, 0, "something was logged")
})

it.effect("a file that is something else is left alone", () =>
  Effect.gen(function* () {
    const filename = yield* quickFile
    writeFileSync(filename, "Dear diary, ".repeat(1_000))
    yield* refused(filename, "not-a-database", /not an SQLite database/)
  })
)

it.effect("a file that was cut short is left alone", () =>
  Effect.gen(function* () {
    const filename = yield* written
    writeFileSync(filename, readFileSync(filename).subarray(0, 5 * 4_096 + 100))
    yield* refused(filename, "damaged", /damaged; restore it from a backup/)
  })
)

it.effect("a file with a page of rubbish in it is left alone, whichever page it is", () =>
  Effect.gen(function* () {
    const filename = yield* written
    const whole = readFileSync(filename)
    for (let page = 1; page < whole.length / 4_096; page += 5) {
      const damaged = Buffer.from(whole)
      damaged.fill(0xa5, page * 4_096, (page + 1) * 4_096)
      writeFileSync(filename, damaged)
      yield* refused(filename, "damaged", /damaged; restore it from a backup/)
    }
  })
)

it.effect("a file that a newer version wrote is left alone", () =>
  Effect.gen(function* () {
    const filename = yield* written
    const database = new DatabaseSync(filename)
    database.exec("INSERT INTO paylayer_migrations (migration_id, name) VALUES (1000, 'newer')")
    database.close()
    yield* refused(filename, "newer", /version 1000, this package knows 3/)
  })
)

it.effect("a file of the first version is brought up to date, with all that is in it", () =>
  Effect.gen(function* () {
    const filename = yield* written
    const settle = Effect.gen(function* () {
      const ledger = yield* SqliteLedger.make({ filename })
      yield* ledger.open(opening("old"))
      const receipt = { ...receiptOf(opening("old")) }
      yield* ledger.advance(
        "old",
        { to: "authorized" },
        { to: "delivered" },
        { to: "settling" },
        { to: "settled", receipt }
      )
    })
    yield* Effect.scoped(settle)
    const database = new DatabaseSync(filename)
    database.exec(`DROP INDEX paylayer_charges_refunding;
      ALTER TABLE paylayer_charges DROP COLUMN refunding;
      ALTER TABLE paylayer_journal DROP COLUMN refund;
      ALTER TABLE paylayer_charges DROP COLUMN usage;
      DELETE FROM paylayer_migrations WHERE migration_id > 1`)
    database.close()
    const ledger = yield* SqliteLedger.make({ filename })
    assert.lengthOf(yield* ledger.list(), 51)
    const claim = { id: "re-1", money: opening("old").charge.money }
    assert.strictEqual((yield* ledger.claimRefund("old", claim))._tag, "Claimed")
    yield* ledger.open(opening("young"))
    yield* ledger.advance("young", { to: "released", usage: { units: 1 } })
    assert.deepEqual((yield* ledger.find("young"))?.usage, { units: 1 })
    assert.deepStrictEqual(yield* ledger.audit, [])
  })
)

it.effect("a path that leads to no file is refused", () =>
  Effect.gen(function* () {
    const filename = yield* quickFile
    const directory = join(dirname(filename), "directory")
    mkdirSync(directory)
    yield* refused(directory, "not-a-file", /is not a file/)
    yield* refused(join(dirname(filename), "missing", "ledger.db"), "no-directory", /a directory that does not exist/)
    yield* refused(":memory:", "not-a-file", /LedgerMemory/)
    yield* refused("", "not-a-file", /LedgerMemory/)
  })
)

/** Does something with the rights of nobody, where this process has those of everybody. */
const asNobody = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
  const isRoot = process.geteuid?.() === 0
  const become = (user: number) => Effect.sync(() => isRoot && process.seteuid?.(user))
  return Effect.acquireUseRelease(
    become(65_534),
    () => effect,
    () => become(0)
  )
}

it.effect("a file that may not be written is refused", () =>
  Effect.gen(function* () {
    const filename = yield* written
    chmodSync(dirname(filename), 0o777)
    chmodSync(filename, 0o444)
    yield* asNobody(refused(filename, "read-only", /may not be written/))
  })
)

it.effect("a directory that may not be written is refused", () =>
  Effect.gen(function* () {
    const filename = yield* quickFile
    chmodSync(dirname(filename), 0o555)
    yield* asNobody(refused(filename, "failed", /may this process read and write the file and its directory/))
  })
)

it.effect("an empty file is a new ledger, and a database of others keeps what it has", () =>
  Effect.gen(function* () {
    const filename = yield* quickFile
    writeFileSync(filename, "")
    yield* Effect.scoped(SqliteLedger.make({ filename }))
    const other = yield* quickFile
    const database = new DatabaseSync(other)
    database.exec("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)")
    const ledger = yield* SqliteLedger.make({ filename: other })
    yield* ledger.open(opening("ch"))
    assert.strictEqual(database.prepare("SELECT x FROM mine").get()?.["x"], 1)
    database.close()
  })
)

it.effect("hosts that start at once on a new file all get it", () =>
  Effect.gen(function* () {
    const filename = yield* quickFile
    const hosts = yield* Effect.all(
      ids(5).map(() => SqliteLedger.make({ filename })),
      { concurrency: "unbounded" }
    )
    assert.strictEqual(new Set(hosts.map(({ owner }) => owner)).size, 5)
    yield* hosts[0]!.open(opening("ch"))
    assert.strictEqual((yield* hosts[4]!.find("ch"))?.owner, hosts[0]!.owner)
  })
)
