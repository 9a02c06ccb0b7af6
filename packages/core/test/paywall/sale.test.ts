import { assert, describe, it } from "@effect/vitest"
import * as Mandate from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Ticket from "../protocols/Ticket.ts"
import * as Voucher from "../protocols/Voucher.ts"
import { inShop, inTime, onlyEntry, price, refused, saleOf, verdict } from "../shop.ts"

describe("a paid call", () => {
  it.effect("is served once its money is settled, with the receipt", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const sold = yield* shop.sell(saleOf(Voucher.mint()))
        const entry = yield* onlyEntry(shop)
        assert.strictEqual(sold.value, "report 1")
        assert.isFalse(sold.replayed)
        assert.deepEqual(sold.receipt, shop.bank.movements.get(entry.charge.id))
        assert.deepEqual(sold.receipt?.money, price[0])
        assert.deepEqual(
          entry.journal.map(({ state }) => state),
          ["opened", "authorized", "delivered", "settling", "settled"]
        )
        assert.match(entry.charge.id, /^ch_[0-9a-f]{32}$/)
      })
    )
  )

  it.effect("has an id that begins with its time, and is its own key where none was sent", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const times = [0, 1_795_893_537_123, 1_795_893_537_124]
        for (const time of times) {
          yield* TestClock.setTime(time)
          yield* shop.sell(saleOf(Voucher.mint()))
        }
        const entries = yield* shop.ledger.list()
        assert.deepEqual(
          entries.map(({ charge }) => Number.parseInt(charge.id.slice(3, 15), 16)),
          times
        )
        assert.strictEqual(new Set(entries.map(({ charge }) => charge.id.slice(15))).size, times.length)
        for (const { charge, key } of entries) assert.strictEqual(key, charge.id)
      })
    )
  )

  it.effect("tells the handler of charge, protocol and mandate, when nothing has moved", () =>
    inShop({ merchant: "m" }, (shop) =>
      shop.sell(saleOf(Voucher.mint()), ({ charge, mandate, protocol }) =>
        Effect.gen(function* () {
          assert.strictEqual(protocol, "voucher")
          assert.strictEqual(mandate.payer, "payer-1")
          assert.strictEqual(charge.merchant, "m")
          assert.strictEqual(charge.resource, "/report")
          assert.strictEqual(shop.bank.movements.size, 0)
          assert.strictEqual((yield* onlyEntry(shop)).state, "authorized")
          return "done"
        })
      )
    )
  )

  it.effect("is charged in the first currency of the price that the mandate covers", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const sold = yield* shop.sell(
          saleOf(Voucher.mint({ currencies: ["USD"] }), {
            price: [...price, Money.of("EUR", 9n), Money.of("USD", 210n)]
          })
        )
        assert.deepEqual(sold.receipt?.money, Money.of("USD", 210n))
      })
    )
  )

  it.effect("keeps the ledger's word where the provider confirms narrower terms than the voucher says", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.terms = { budget: [Money.of("CNY", 1_499n)] }
        const asked = shop.sell(saleOf(Voucher.mint({ budget: [Money.of("CNY", 10_000n)] })))
        assert.deepEqual(yield* verdict(asked), ["budget_exceeded", "no", 402])
        assert.strictEqual(shop.state.runs, 0)
      })
    )
  )
})

describe("an unpaid call", () => {
  it.effect("is refused with 402 and an offer of every protocol and currency", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const refusal = yield* refused(shop.sell(saleOf({}, { price: [...price, Money.of("USD", 210n)] })))
        assert.strictEqual(refusal.error.status, 402)
        assert.strictEqual(refusal.error.code, "payment_required")
        assert.deepEqual(
          refusal.offers.map(({ money, protocol }) => `${protocol.id} ${Money.print(money)}`),
          ["voucher CNY 15.00", "voucher USD 2.10", "ticket CNY 15.00"]
        )
        assert.strictEqual(shop.state.runs, 0)
        assert.deepEqual(yield* shop.entries, [])
      })
    )
  )

  it.effect("hears of the other protocols when one cannot say how it would be paid", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        for (const fault of ["busy", "die", "throw", "interrupt", "untyped", "garbage"] as const) {
          shop.bank.faults.set("challenge", fault)
          const { offers } = yield* refused(shop.sell(saleOf({})))
          assert.include(
            offers.map(({ protocol }) => protocol.id),
            "ticket",
            fault
          )
        }
      })
    )
  )

  it.effect("waits two seconds at most for protocols that hang, not two for each", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.faults.always("challenge", "hang")
        shop.office.faults.always("challenge", "stuck")
        const sale = saleOf({}, { price: [...price, Money.of("USD", 210n)] })
        const before = yield* DateTime.now
        const { offers } = yield* inTime(refused(shop.sell(sale)))
        const after = yield* DateTime.now
        assert.deepEqual(offers, [])
        assert.isAtMost(after.epochMilliseconds - before.epochMilliseconds, 3_500)
      })
    )
  )

  it.effect("is refused with 400, naming both, when it carries two credentials", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const both = { ...Voucher.mint(), ...Ticket.buy(shop.office, { binding: "b", money: price[0] }) }
        const { error, offers } = yield* refused(shop.sell(saleOf(both)))
        assert.strictEqual(error.status, 400)
        assert.strictEqual(error.code, "credential_ambiguous")
        assert.deepEqual("found" in error.reason ? error.reason.found : [], ["voucher", "ticket"])
        assert.deepEqual(offers, [])
        assert.deepEqual(shop.bank.calls, [])
      })
    )
  )
})

describe("a mandate that does not cover the charge", () => {
  const hour = (hours: number) => DateTime.makeUnsafe(hours * 3_600_000)
  const cases: ReadonlyArray<readonly [string, Partial<Mandate.Mandate>]> = [
    ["credential_expired", { expiresAt: hour(1) }],
    ["credential_not_yet_valid", { notBefore: hour(2) }],
    ["merchant_not_allowed", { merchants: { forbidden: ["merchant"] } }],
    ["category_not_allowed", { categories: { allowed: ["5815"] } }],
    ["currency_not_allowed", { currencies: ["USD"] }],
    ["limit_exceeded", { perCharge: [Money.of("CNY", 1_499n)] }],
    ["budget_exceeded", { budget: [Money.of("CNY", 1_499n)] }],
    ["uses_exceeded", { uses: 0 }]
  ]
  for (const [code, terms] of cases) {
    it.effect(`is refused as ${code}, before the provider is asked and the handler runs`, () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          yield* TestClock.adjust("1 hour")
          const { error, offers } = yield* refused(shop.sell(saleOf(Voucher.mint(terms))))
          assert.deepEqual([error.code, error.moved, error.status], [code, "no", 402])
          assert.isNotEmpty(offers)
          assert.deepEqual(shop.bank.calls, [])
          assert.strictEqual(shop.state.runs, 0)
        })
      )
    )
  }

  it.effect("is refused as credential_malformed when it cannot be read", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const asked = shop.sell(saleOf({ "x-voucher": "nonsense" }))
        assert.deepEqual(yield* verdict(asked), ["credential_malformed", "no", 402])
      })
    )
  )
})

describe("a price that is none", () => {
  for (const [what, amounts] of [
    ["nothing", []],
    ["zero", [Money.zero("CNY")]],
    ["a negative amount", [{ currency: "CNY", minor: -1n }]],
    ["one currency twice", [...price, ...price]],
    ["no currency of ours", [{ currency: "RMB", minor: 1n }]]
  ] as const) {
    it.effect(`is a fault of the host that charges nobody: ${what}`, () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          const asked = shop.sell({ ...saleOf(Voucher.mint()), price: amounts as never })
          assert.deepEqual(yield* verdict(asked), ["price_invalid", "no", 500])
          assert.strictEqual(shop.state.runs, 0)
        })
      )
    )
  }
})
