// What the commands promise. Three runs are processes, the others are in this one; about five seconds.
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as Bar from "@paylayer/ledger-cli/Bar"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import stringWidth from "string-width"
import { first, idOf, open, secret, second } from "./world.ts"

let world: Awaited<ReturnType<typeof open>>
beforeAll(async () => {
  world = await open()
}, 30_000)
afterAll(() => world.close())

const jsonLines = (out: string) =>
  out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

describe("list", () => {
  it("shows charges as a table whose columns stay aligned, whatever the script", async () => {
    const { code, out } = await world.cli(["list"])
    assert.strictEqual(code, 0)
    const lines = out.split("\n")
    assert.lengthOf(lines, 8)
    const last = (line: string) => Math.max(line.lastIndexOf("last change"), line.lastIndexOf("2025-11-2"))
    const columns = lines.map((line) => stringWidth(line.slice(0, last(line))))
    assert.strictEqual(new Set(columns).size, 1, out)
    assert.include(lines[1], `2025-11-21 04:00:00  ${idOf(1)}  settled`)
    assert.include(lines[1], "CNY 15.00")
    assert.notInclude(out, secret)
  })

  it("filters, and goes on behind a charge", async () => {
    const ids = async (...args: ReadonlyArray<string>) =>
      jsonLines((await world.cli(["list", "--json", ...args])).out).map(({ id }) => id)
    assert.deepStrictEqual(await ids("--state", "unknown", "--state", "declined"), [idOf(3), idOf(5)])
    assert.deepStrictEqual(await ids("--abandoned"), [idOf(6)])
    assert.deepStrictEqual(await ids("--since", "2025-11-21T17:00:00+08:00"), [idOf(6), idOf(7)])
    assert.deepStrictEqual(await ids("--until", "2025-11-21T13:00:00+08:00"), [idOf(1)])
    assert.deepStrictEqual(await ids("--protocol", "voucher"), [])
    assert.deepStrictEqual(await ids("--merchant", "2088000000000000", "--payer", "付款人", "--limit", "1"), [idOf(1)])
    assert.deepStrictEqual(await ids("--resource", "/报告/市场?城市=上海", "--after", idOf(5)), [idOf(7)])
    const some = await world.cli(["list", "--limit", "2"])
    assert.include(some.err, `--after ${idOf(2)}`)
    const none = await world.cli(["list", "--protocol", "voucher"])
    assert.deepStrictEqual([none.code, none.out, none.err], [0, "", "no charge matches"])
  })
})

describe("show", () => {
  it("tells the story of a charge: facts, timeline, receipt", async () => {
    const { code, out } = await world.cli(["show", idOf(1)])
    assert.strictEqual(code, 0)
    for (const part of [
      idOf(1),
      "CNY 15.00",
      "POST /报告/市场?城市=上海",
      "reference",
      "+250 ms",
      "settling",
      "withheld"
    ]) {
      assert.include(out, part)
    }
    assert.include(out, "\\u{202e}")
    assert.notInclude(out, "\u202e")
    assert.notInclude(out, secret)
  })

  it("withholds what was sold and what pays, unless all of it is asked for", async () => {
    const { out } = await world.cli(["show", idOf(1), "--json"])
    assert.notInclude(out, secret)
    const shown = JSON.parse(out)
    assert.deepInclude(shown, { id: idOf(1), state: "settled", protocol: "alipay-trust", payer: "付款人" })
    assert.deepStrictEqual(shown.charge.money, { currency: "CNY", minor: "1500" })
    assert.deepStrictEqual(
      shown.journal.map(({ state }: { state: string }) => state),
      ["opened", "authorized", "delivered", "settling", "settled"]
    )
    const full = JSON.parse((await world.cli(["show", idOf(1), "--json", "--full"])).out)
    assert.deepStrictEqual(full.authorization, { token: secret })
    assert.deepStrictEqual(full.answer, { body: secret })
    assert.include((await world.cli(["show", idOf(1), "--full"])).out, secret)
  })

  it("says where to look for a charge that is not there", async () => {
    const { code, err, out } = await world.cli(["show", "ch_\u001b[2J"])
    assert.deepStrictEqual([code, out], [2, ""])
    assert.include(err, "there is no charge ch_\\u{1b}[2J in this ledger; paylayer-ledger list")
  })
})

describe("unresolved and audit", () => {
  it("unresolved lists whose host is gone and whose outcome is unknown, and ends with 1", async () => {
    const { code, err, out } = await world.cli(["unresolved"])
    assert.strictEqual(code, 1)
    assert.include(out, idOf(3))
    assert.include(out, idOf(6))
    assert.lengthOf(out.split("\n"), 3)
    assert.include(err, "1 charge whose host is gone, 1 whose outcome is unknown")
    const json = await world.cli(["unresolved", "--json"])
    assert.deepStrictEqual(
      jsonLines(json.out).map(({ id }) => id),
      [idOf(3), idOf(6)]
    )
  })

  it("audit ends with 0 where all adds up, with 1 and the sentence where something does not", async () => {
    assert.strictEqual((await world.cli(["audit"])).code, 0)
    assert.deepStrictEqual(JSON.parse((await world.cli(["audit", "--json"])).out), { wrong: [] })
    const other = await open()
    const database = new DatabaseSync(other.filename)
    database.exec(`update paylayer_charges set state = 'settled' where id = '${idOf(5)}'`)
    database.close()
    const { code, err, out } = await other.cli(["audit"])
    assert.deepStrictEqual([code, err], [1, "1 contradiction"])
    assert.include(out, `charge ${idOf(5)} is settled, its journal says declined`)
    await other.close()
  })
})

describe("refunds", () => {
  it("are listed with their charge, shown one by one, and unresolved while they have no end", async () => {
    const other = await open()
    const money = Money.of("CNY", 500n)
    await Effect.runPromise(
      Ledger.Ledger.use((ledger) =>
        Effect.gen(function* () {
          const { receipt } = (yield* ledger.find(idOf(7)))!
          yield* ledger.claimRefund(idOf(7), { id: "r-1", money, reason: "迟到 \u202e" })
          const back = { ...receipt!, money, reference: "back-1" }
          yield* ledger.advanceRefund(idOf(7), "r-1", { to: "refunded", receipt: back })
          yield* ledger.claimRefund(idOf(7), { id: "r-2", money })
          yield* ledger.advanceRefund(idOf(7), "r-2", { to: "unknown", cause: "provider_unavailable" })
        })
      ).pipe(Effect.provide(SqliteLedger.layer({ filename: other.filename })))
    )
    const listed = await other.cli(["list", "--since", second])
    assert.include(listed.out, "settled, CNY 5.00 back, 1 refund pending")
    const { out } = await other.cli(["show", idOf(7)])
    assert.match(out, /r-1 +refunded +CNY 5\.00 +[\d :-]+ +back-1 +迟到 \\u\{202e\}/)
    assert.match(out, /r-2 +unknown +CNY 5\.00 +[\d :-]+ +provider_unavailable/)
    assert.match(out, /refund r-1 claimed/)
    const { journal, refunds } = JSON.parse((await other.cli(["show", idOf(7), "--json"])).out)
    assert.deepInclude(refunds[0], { id: "r-1", state: "refunded", money: { currency: "CNY", minor: "500" } })
    assert.deepInclude(journal.at(-1), { state: "settled", refund: "r-2", refundState: "unknown" })
    const unresolved = await other.cli(["unresolved"])
    assert.strictEqual(unresolved.code, 1)
    assert.include(unresolved.out, idOf(7))
    assert.include(unresolved.err, "1 with a refund that has no end")
    const database = new DatabaseSync(other.filename)
    database.exec(`insert into paylayer_journal (charge, n, state, at, owner, refund)
      select seq, lines + 1, 'settled', 0, 'x', '{"id":"r-1","to":"claimed"}' from paylayer_charges where id = '${idOf(7)}'`)
    database.close()
    assert.include((await other.cli(["audit"])).out, `charge ${idOf(7)}, refund r-1: claimed does not follow refunded`)
    await other.close()
  })
})

describe("reconcile", () => {
  it("finds what differs, shows both sides, and ends with 1", async () => {
    const { code, err, out } = await world.spawn(["reconcile", "--day", first])
    assert.strictEqual(code, 1, out + err)
    assert.match(out, new RegExp(`amount +payment +${idOf(2)} +CNY 14\\.00 \\d+ +CNY 15\\.00 \\d+`))
    assert.match(
      out,
      new RegExp(`missing here +payment +${idOf(3)} +– +CNY 15\\.00 \\d+ +the ledger has it as unknown`)
    )
    assert.match(out, new RegExp(`missing there +payment +${idOf(4)} +CNY 15\\.00 \\d+ +– +the provider says nothing`))
    assert.match(out, /CNY +payments +44\.00 +45\.00/)
    assert.include(out, "1 movement matched")
    assert.include(out, "3 differences")
    assert.include(err, "the statement: 3 lines")
    assert.notInclude(out + err, secret)
    assert.notInclude(out + err, "PRIVATE")
  })

  it("ends with 0 where both agree", async () => {
    const { code, out } = await world.cli(["reconcile", "--day", second, "--zone", "Asia/Shanghai"])
    assert.strictEqual(code, 0, out)
    assert.include(out, "the ledger and the provider agree")
  })

  it("says the same as JSON", async () => {
    const { code, out } = await world.cli(["reconcile", "--day", first, "--json"])
    assert.strictEqual(code, 1)
    const done = JSON.parse(out)
    assert.deepInclude(done, { date: first, since: "2025-11-20T16:00:00.000Z", clean: false, matched: 1, foreign: 0 })
    assert.deepStrictEqual(done.differences.map(({ id, state, what }: any) => [id, what, state]).toSorted(), [
      [idOf(2), "amount", "settled"],
      [idOf(3), "missing here", "unknown"],
      [idOf(4), "missing there", "settled"]
    ])
    assert.deepStrictEqual(done.sums, [{ currency: "CNY", kind: "payment", here: "4400", there: "4500" }])
  })

  it("ends with 2 for what is asked wrongly, and says how to ask", async () => {
    const cases: ReadonlyArray<readonly [args: ReadonlyArray<string>, about: RegExp]> = [
      [["--day", "2025-11-31"], /--day: "2025-11-31" is not a day/],
      [["--day", first, "--zone", "Europe/Berlin"], /days of Asia\/Shanghai, not of Europe\/Berlin/],
      [["--day", first, "--edge", "soon"], /--edge: "soon" is no time/]
    ]
    for (const [args, about] of cases) {
      const { code, err } = await world.cli(["reconcile", ...args])
      assert.strictEqual(code, 2)
      assert.match(err, about)
    }
    const unconfigured = await world.cli(["reconcile", "--day", first], { ALIPAY_APP_ID: undefined })
    assert.strictEqual(unconfigured.code, 2)
    assert.include(unconfigured.err, "ALIPAY_APP_ID")
    assert.strictEqual((await world.cli(["reconcile"])).code, 2)
  })

  it("ends with 3 where it could not be done: no answer, or a day that is not over", async () => {
    const fault = { method: "alipay.data.dataservice.bill.downloadurl.query", fault: "http-500" } as const
    await world.sandbox.runPromise(Effect.flatMap(AlipaySandbox, (sandbox) => sandbox.fault(fault)))
    const broken = await world.cli(["reconcile", "--day", first])
    assert.strictEqual(broken.code, 3)
    assert.include(broken.err, "there is nothing to compare with (unavailable)")
    const future = await world.cli(["reconcile", "--day", "2999-01-01"])
    assert.deepStrictEqual([future.code, future.out], [3, ""])
    assert.include(future.err, "not over yet")
  })
})

describe("the progress bar", () => {
  it("only grows, keeps its length, and says what is done", () => {
    const moments = [
      { step: "ledger", done: 0 },
      { step: "statement", done: 1 },
      { step: "looking up", done: 1, outOf: 4 },
      { step: "looking up", done: 4, outOf: 4 },
      { step: "other days", done: 20 }
    ] as const
    const drawn = moments.map(Bar.draw)
    const filled = drawn.map((bar) => bar.split("█").length - 1)
    assert.deepStrictEqual(filled, [3, 9, 14, 18, 21])
    for (const bar of drawn) assert.match(bar, /^█*░+ /)
    assert.deepStrictEqual([...new Set(drawn.map((bar) => bar.indexOf(" ")))], [24])
    assert.include(drawn[1], "the statement: 1 line")
    assert.include(drawn[4], "other days: 20 lines")
  })
})

describe("which ledger", () => {
  it("is said by the flag or by the environment; the flag wins", async () => {
    const flagged = await world.spawn(["list", "--ledger", `sqlite:${world.filename}`, "--json", "--limit", "1"])
    assert.strictEqual(flagged.code, 0, flagged.err)
    assert.strictEqual(jsonLines(flagged.out)[0].id, idOf(1))
    const wrong = await world.cli(["list", "--ledger", "sqlite:nowhere.db"])
    assert.strictEqual(wrong.code, 2)
    assert.include(wrong.err, "there is no file nowhere.db")
    assert.isFalse(existsSync("nowhere.db"))
    const none = await world.cli(["list"], { PAYLAYER_LEDGER: undefined })
    assert.strictEqual(none.code, 2)
    assert.include(none.err, "set PAYLAYER_LEDGER")
    assert.strictEqual((await world.cli(["list", "--ledger", "mysql://x"])).code, 2)
  })

  it("never shows a password, also where the server is not there", async () => {
    const { code, err, out } = await world.spawn(["list", "--ledger", `postgresql://me:${secret}@127.0.0.1:1/none`])
    assert.deepStrictEqual([code, out], [3, ""])
    assert.notInclude(err, secret)
    assert.isNotEmpty(err)
    const bad = await world.cli(["list", "--ledger", `postgresql://me:${secret}@[bad`])
    assert.strictEqual(bad.code, 2)
    assert.notInclude(bad.err, secret)
  })

  it("is refused in a sentence where it is no ledger", async () => {
    const file = join(world.directory, "notes.db")
    writeFileSync(file, "this is not a database, it only looks for one ".repeat(40))
    const { code, err } = await world.cli(["list", "--ledger", `sqlite:${file}`])
    assert.strictEqual(code, 3)
    assert.include(err, file)
    assert.notInclude(err, "    at ")
  })
})

describe("forget", () => {
  it("asks first, refuses the future, and keeps what is settled or unresolved", async () => {
    const other = await open()
    const asked = await other.cli(["forget", "--before", "2025-12-01"])
    assert.strictEqual(asked.code, 2)
    assert.include(asked.err, "--yes")
    assert.strictEqual((await other.cli(["forget", "--before", "2999-01-01", "--yes"])).code, 2)
    assert.strictEqual((await other.cli(["forget", "--before", "last week", "--yes"])).code, 2)
    const done = await other.cli(["forget", "--before", "2025-12-01", "--yes"])
    assert.strictEqual(done.code, 0, done.err)
    assert.include(done.out, "5 charges touched")
    const left = await Effect.runPromise(
      Effect.flatMap(Ledger.Ledger, (ledger) => ledger.list()).pipe(
        Effect.provide(SqliteLedger.layer({ filename: other.filename }))
      )
    )
    assert.deepStrictEqual(
      left.map(({ charge, state }) => `${charge.id} ${state}`),
      [
        [1, "settled"],
        [2, "settled"],
        [3, "unknown"],
        [4, "settled"],
        [6, "authorized"],
        [7, "settled"]
      ].map(([number, state]) => `${idOf(number as number)} ${state}`)
    )
    await other.close()
  })
})
