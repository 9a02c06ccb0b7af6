// Days are compared once their statement is there, again while they do not agree, and what was found is kept.
import { assert, it } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import * as Reconciliation from "@paylayer/core/Reconciliation"
import { type Movement, type Statement, StatementError } from "@paylayer/core/Statement"
import * as Reconciler from "@paylayer/gateway/Reconciler"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { freshSqlite } from "./stores.ts"

const zone = DateTime.zoneMakeNamedUnsafe("Asia/Shanghai")
const noon = Date.parse("2026-11-21T12:00:00+08:00")
const money = Money.of("CNY", 110n)

/** What a provider will say, by day; of other days there is no statement yet. */
const provider = () => {
  const days = new Map<string, ReadonlyArray<Movement>>()
  const asked: Array<string> = []
  const statement: Statement = {
    protocols: ["alipay-trust"],
    zone,
    currencies: ["CNY"],
    day: ({ date }) => {
      asked.push(date)
      const lines = days.get(date)
      return lines === undefined
        ? Stream.fail(new StatementError({ reason: "not-ready", message: "not there yet" }))
        : Stream.fromIterable(lines)
    }
  }
  return { asked, days, statement }
}

const settle = Effect.fnUntraced(function* (id: string, money: Money.Money) {
  const ledger = yield* Ledger.Ledger
  const charge = {
    id,
    money,
    merchant: "2088",
    method: "POST",
    resource: "/report",
    binding: "b",
    openedAt: DateTime.makeUnsafe(noon),
    expiresAt: DateTime.makeUnsafe(noon + 900_000)
  }
  yield* ledger.open({ charge, protocol: "alipay-trust", payer: "p", key: id, request: "r", reservations: [] })
  const told = { chargeId: id, protocol: "alipay-trust", merchant: "2088", resource: "/report", money }
  const receipt = { ...told, reference: `t-${id}`, settledAt: DateTime.makeUnsafe(noon) }
  yield* ledger.advance(id, { to: "authorized" }, { to: "delivered" }, { to: "settling" }, { to: "settled", receipt })
})

const paid = (chargeId: string): Movement => ({
  kind: "payment",
  chargeId,
  reference: `t-${chargeId}`,
  money,
  atMillis: noon
})

it.effect("compares each day once it can, again while it does not agree, and keeps what was found", () =>
  Effect.gen(function* () {
    const { asked, days, statement } = provider()
    const store = yield* freshSqlite
    yield* Effect.gen(function* () {
      yield* TestClock.setTime(noon)
      yield* settle("ch_1", money)
      yield* settle("ch_2", money)
      yield* settle("ch_3", Money.of("USD", 15n))
      const { results, run } = yield* Reconciler.make([statement])
      assert.deepEqual([yield* results, yield* run], [[], 0])

      // The next day: the statement of the 21st knows one of the two.
      yield* TestClock.setTime(noon + 86_400_000)
      for (const day of ["15", "16", "17", "18", "19", "20", "22"]) days.set(`2026-11-${day}`, [])
      days.set("2026-11-21", [paid("ch_1")])
      assert.isAbove(yield* run, 0)
      const [first] = yield* results
      assert.strictEqual(first?.result.day.date, "2026-11-21")
      assert.strictEqual(first?.atMillis, noon + 86_400_000)
      assert.isFalse(Reconciliation.isClean(first!.result))
      assert.deepEqual(
        first?.result.differences.map(({ chargeId, here, what }) => [what, chargeId, here?.money]),
        [["missing there", "ch_2", money]]
      )
      assert.deepEqual(first?.result.sums, [{ currency: "CNY", kind: "payment", here: 220n, there: 110n }])
      assert.strictEqual(DateTime.zoneToString(first!.result.day.zone), "Asia/Shanghai")

      // It is compared again, but not at once, and those that agreed are not asked for.
      assert.strictEqual(yield* run, 0)
      yield* TestClock.adjust("13 hours")
      days.set("2026-11-21", [paid("ch_1"), paid("ch_2")])
      asked.length = 0
      assert.strictEqual(yield* run, 2)
      assert.notInclude(asked, "2026-11-18")
      const found = yield* results
      assert.isTrue(found.every(({ result }) => result.differences.length === 0))
      // Nobody has looked at the dollars, and nobody will: that is shown, and no reason to ask again.
      const [again] = found.filter(({ result }) => !Reconciliation.isClean(result))
      assert.deepEqual(
        again?.result.uncovered.map(({ chargeId }) => chargeId),
        ["ch_3"]
      )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* run, 0)
      yield* TestClock.adjust("12 hours")
      asked.length = 0
      yield* run
      assert.notInclude(asked, "2026-11-21")

      // Another gateway on the same tables has the same results.
      const another = yield* Reconciler.make([statement])
      assert.deepEqual(yield* another.results, yield* results)
    }).pipe(Effect.provide(Layer.mergeAll(store, LedgerMemory.layerSilent)))
  }).pipe(Effect.scoped)
)
