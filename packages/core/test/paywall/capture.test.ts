import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as Quote from "@paylayer/core/Quote"
import type { Capture, Sale } from "@paylayer/core/Sale"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import * as Ticket from "../protocols/Ticket.ts"
import * as Voucher from "../protocols/Voucher.ts"
import { inShop, onlyEntry, refused, saleOf, verdict } from "../shop.ts"

const cny = (minor: bigint) => Money.of("CNY", minor)

/** A sale of at most CNY 15.00, of which so much is taken. */
const upTo = (
  capture: NonNullable<Sale<string>["capture"]>,
  terms: Parameters<typeof Voucher.mint>[0] = {},
  asked: Parameters<typeof saleOf>[1] = {}
): Sale<string> => ({ ...saleOf(Voucher.mint(terms), asked), upTo: true, capture })

const taking =
  (minor: bigint): NonNullable<Sale<string>["capture"]> =>
  () =>
    Effect.succeed({ money: cny(minor), usage: { units: String(minor) } })

describe("a call whose price is known when it is done", () => {
  it.effect("takes what was captured, once, and gives the rest of the budget back", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const budget = [cny(2_000n)]
        const sold = yield* shop.sell(upTo(taking(600n), { budget }))
        assert.deepEqual(sold.receipt?.money, cny(600n))
        const entry = yield* onlyEntry(shop)
        assert.deepEqual([entry.state, entry.charge.money, entry.usage], ["settled", cny(600n), { units: "600" }])
        assert.deepEqual(
          [...shop.bank.movements.values()].map(({ money }) => money),
          [cny(600n)]
        )
        assert.strictEqual(shop.bank.holds.size, 0)
        // 1,400 are left: a charge of 1,500 does not fit, and before the capture neither would one of 501.
        assert.deepEqual(yield* verdict(shop.sell(upTo(taking(1n), { budget }))), ["budget_exceeded", "no", 402])
        yield* shop.sell({ ...upTo(taking(1_400n), { budget }), price: [cny(1_400n)] })
        assert.deepEqual(yield* shop.ledger.audit, [])
      })
    )
  )

  it.effect("takes nothing for nothing: the value comes without a receipt, and all that was held is given back", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const budget = [cny(1_500n)]
        const sold = yield* shop.sell(upTo(taking(0n), { budget }))
        assert.deepEqual([sold.value, sold.receipt], ["report 1", undefined])
        const entry = yield* onlyEntry(shop)
        assert.deepEqual([entry.state, entry.usage], ["released", { units: "0" }])
        assert.deepEqual([shop.bank.movements.size, shop.bank.holds.size], [0, 0])
        yield* shop.sell(upTo(taking(1_500n), { budget }))
      })
    )
  )

  it.effect("charges nothing where what it costs cannot be said, or is no part of what was authorized", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const wrong: ReadonlyArray<() => Effect.Effect<Capture, unknown>> = [
          () => Effect.fail("no meter"),
          () => Effect.die(new Error("broken")),
          () => {
            throw new Error("thrown")
          },
          () => Effect.succeed({ money: cny(1_501n) }),
          () => Effect.succeed({ money: { currency: "CNY", minor: -1n } }),
          () => Effect.succeed({ money: Money.of("USD", 1n) }),
          () => Effect.succeed({ money: { currency: "CNY", minor: 1 } } as never),
          () => Effect.succeed({ usage: () => 1 } as never)
        ]
        for (const capture of wrong) {
          assert.deepEqual(yield* verdict(shop.sell(upTo(capture))), ["price_invalid", "no", 500])
        }
        const fixed = { ...saleOf(Voucher.mint()), capture: taking(600n) }
        assert.deepEqual(yield* verdict(shop.sell(fixed)), ["price_invalid", "no", 500])
        assert.deepEqual([shop.bank.movements.size, shop.bank.holds.size], [0, 0])
        for (const { state } of yield* shop.ledger.list()) assert.strictEqual(state, "released")
      })
    )
  )

  it.effect("measures a call of a fixed price too", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const capture = () => Effect.succeed({ usage: { latencyMillis: 3 } })
        const sold = yield* shop.sell({ ...saleOf(Voucher.mint()), capture })
        assert.deepEqual(sold.receipt?.money, cny(1_500n))
        assert.deepEqual((yield* onlyEntry(shop)).usage, { latencyMillis: 3 })
      })
    )
  )

  it.effect("is offered to and taken from those protocols alone that can take less", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const unpaid = yield* refused(shop.sell({ ...saleOf({}), upTo: true }))
        assert.deepEqual(
          unpaid.offers.map(({ protocol }) => protocol.id),
          ["voucher"]
        )
        const [offer] = yield* Effect.map(refused(shop.sell(saleOf({}))), ({ offers }) => offers.slice(1))
        const ticket = Ticket.buy(shop.office, { binding: String(offer?.details["binding"]), money: cny(1_500n) })
        const sale = { ...saleOf(ticket), upTo: true, capture: taking(1n) }
        assert.deepEqual((yield* verdict(shop.sell(sale)))[0], "capability_missing")
        assert.strictEqual(shop.state.runs, 0)
      })
    )
  )

  it.effect("is offered and taken in the currencies of its price alone, whatever quotes there are", () => {
    const quote = Quote.make({
      id: "q-1",
      source: "a bank",
      from: "CNY",
      to: "USD",
      rate: "0.14",
      rounding: "up",
      quotedAt: DateTime.makeUnsafe(0),
      expiresAt: DateTime.makeUnsafe(600_000)
    })
    return inShop({ quotes: () => [Result.getOrThrow(quote)] }, (shop) =>
      Effect.gen(function* () {
        const currencies = (sale: Sale<string>) =>
          Effect.map(refused(shop.sell(sale)), ({ offers }) => offers.map(({ money }) => money.currency))
        assert.include(yield* currencies(saleOf({})), "USD")
        assert.deepEqual(yield* currencies({ ...saleOf({}), upTo: true }), ["CNY"])
        const dollars = shop.sell(upTo(taking(1n), { currencies: ["USD"] }))
        assert.deepEqual((yield* verdict(dollars))[0], "currency_not_allowed")
      })
    )
  })

  it.effect("adds up, whatever is captured", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.array(fc.bigInt(0n, 1_500n), { minLength: 1, maxLength: 8 }), (amounts) =>
          Effect.runPromise(
            Effect.scoped(
              inShop({ limits: [{ per: "host", amount: cny(100_000n), window: "total" }] }, (shop) =>
                Effect.gen(function* () {
                  for (const amount of amounts) yield* shop.sell(upTo(taking(amount), { budget: [cny(50_000n)] }))
                  const moved = [...shop.bank.movements.values()].reduce((sum, { money }) => sum + money.minor, 0n)
                  assert.strictEqual(
                    moved,
                    amounts.reduce((sum, amount) => sum + amount, 0n)
                  )
                  assert.deepEqual(yield* shop.ledger.audit, [])
                })
              )
            )
          )
        ),
        { numRuns: 30 }
      )
    )
  )
})
