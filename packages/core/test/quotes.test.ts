import { assert, describe, it } from "@effect/vitest"
import * as Charge from "@paylayer/core/Charge"
import * as Currency from "@paylayer/core/Currency"
import { ExchangeQuotes } from "@paylayer/core/ExchangeQuotes"
import * as Money from "@paylayer/core/Money"
import * as Quote from "@paylayer/core/Quote"
import * as Receipt from "@paylayer/core/Receipt"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { holds } from "./holds.ts"
import * as Ticket from "./protocols/Ticket.ts"
import * as Voucher from "./protocols/Voucher.ts"
import { inShop, onlyEntry, refused, saleOf, verdict } from "./shop.ts"

const minutes = 60_000

const fields = (changes: Partial<Record<keyof Quote.Quote, unknown>> = {}) =>
  ({
    id: "q-1",
    source: "a bank",
    from: "CNY",
    to: "USD",
    rate: "0.1408",
    rounding: "up",
    quotedAt: DateTime.makeUnsafe(0),
    expiresAt: DateTime.makeUnsafe(10 * minutes),
    ...changes
  }) as Quote.Quote

const converted = (changes: Parameters<typeof fields>[0], money: Money.Money) =>
  Quote.convert(Result.getOrThrow(Quote.make(fields(changes))), money)

describe("a quote", () => {
  const currency = fc.constantFrom("CNY" as const, "JPY" as const, "KWD" as const, "CLF" as const)
  const minor = fc.oneof(fc.bigInt(1n, Money.maximum), fc.bigInt(1n, 100_000n), fc.constant(Money.maximum))
  const rate = fc
    .tuple(fc.bigInt(0n, 10n ** 18n - 1n), fc.stringMatching(/^[0-9]{1,18}$/))
    .map(([whole, decimals]) => `${whole}.${decimals}`)
    .filter((text) => /[1-9]/.test(text))
  /** From and to, twice as many units as any rate has, so that both sides are whole numbers. */
  const sides = (money: Money.Money, to: Currency.Currency, text: string, got: bigint) => {
    const [whole = "", decimals = ""] = text.split(".")
    const eighteenths = BigInt(whole) * 10n ** 18n + BigInt(decimals.padEnd(18, "0"))
    return {
      exact: money.minor * eighteenths * 10n ** BigInt(Currency.exponent(to)),
      given: got * 10n ** 18n * 10n ** BigInt(Currency.exponent(money.currency)),
      unit: 10n ** 18n * 10n ** BigInt(Currency.exponent(money.currency))
    }
  }
  const abs = (value: bigint) => (value < 0n ? -value : value)

  it("is exact to less than a minor unit, rounded as it declares, for any amount, rate and exponents", () => {
    let seen = 0
    holds(
      fc.property(
        currency,
        currency,
        minor,
        rate,
        fc.constantFrom("up", "half-even"),
        (from, to, minor, rate, rounding) => {
          fc.pre(from !== to)
          const money = Money.of(from, minor)
          const result = converted({ from, to, rate, rounding }, money)
          if (Result.isFailure(result)) {
            const { exact, unit } = sides(money, to, rate, 0n)
            // Nothing to charge, or more than can be: never anything in between.
            assert.isTrue(exact * 2n <= unit || exact > Money.maximum * unit - unit, result.failure.message)
            return
          }
          seen++
          const { exact, given, unit } = sides(money, to, rate, result.success.minor)
          assert.strictEqual(result.success.currency, to)
          if (rounding === "up") assert.isTrue(given >= exact && given - exact < unit)
          else {
            assert.isTrue(abs(given - exact) * 2n <= unit)
            if (abs(given - exact) * 2n === unit) assert.strictEqual(result.success.minor % 2n, 0n)
          }
        }
      ),
      2_000
    )
    assert.isAbove(seen, 100)
  })

  it("loses nothing of an amount that is charged in parts: rounded up, they are never less than the whole", () => {
    holds(
      fc.property(fc.bigInt(2n, 10n ** 12n), fc.integer({ min: 2, max: 9 }), (whole, count) => {
        const quote = Result.getOrThrow(Quote.make(fields()))
        const minor = (money: Money.Money) => Result.getOrThrow(Quote.convert(quote, money)).minor
        const parts = Money.split(Money.of("CNY", whole), count).filter((part) => part.minor > 0n)
        const sum = parts.reduce((total, part) => total + minor(part), 0n)
        const one = minor(Money.of("CNY", whole))
        assert.isTrue(sum >= one && sum < one + BigInt(count))
      })
    )
  })

  it("gives what a pocket calculator gives, in the merchant's favour or to the even unit", () => {
    const price = Money.of("CNY", 1_500n)
    const shown = (changes: Parameters<typeof fields>[0], money: Money.Money = price) =>
      Money.print(Result.getOrThrow(converted(changes, money)))
    assert.deepEqual(
      [
        shown({ rate: "0.1408" }),
        shown({ rate: "0.1408", rounding: "half-even" }),
        shown({ rate: "0.14" }),
        shown({ to: "JPY", rate: "21.5" }),
        shown({ to: "JPY", rate: "21.5", rounding: "half-even" }),
        shown({ to: "JPY", rate: "21.7", rounding: "half-even" }),
        shown({ to: "KWD", rate: "0.0433" }),
        shown({ from: "JPY", to: "CNY", rate: "0.0471" }, Money.of("JPY", 300n)),
        shown({ from: "JPY", to: "KRW", rate: "0.1" }, Money.of("JPY", 11n)),
        shown({ rate: "1.000000000000000001" }, Money.of("CNY", 999_999_999_999_999_998n))
      ],
      [
        "USD 2.12",
        "USD 2.11",
        "USD 2.10",
        "JPY 323",
        "JPY 322",
        "JPY 326",
        "KWD 0.650",
        "CNY 14.13",
        "KRW 2",
        "USD 9999999999999999.99"
      ]
    )
  })

  it("converts one way, into another currency, something into something", () => {
    const refusedFor = (money: Money.Money, changes: Parameters<typeof fields>[0] = {}) =>
      assert.isTrue(Result.isFailure(converted(changes, money)), Money.print(money))
    refusedFor(Money.of("USD", 210n))
    refusedFor(Money.of("EUR", 210n))
    refusedFor(Money.of("CNY", 1n), { rate: "0.5", rounding: "half-even" })
    refusedFor(Money.of("CNY", 0n))
    refusedFor(Money.of("CNY", Money.maximum), { rate: "1.1" })
    assert.isTrue(Result.isSuccess(converted({ rate: "0.000000000000000001" }, Money.of("CNY", 1n))))
  })

  it("is none with the same currency, a rate of nothing, below it or in other words, or without a time to live", () => {
    // oxfmt-ignore
    const rates = ["0", "0.0", "0.000", "-1", "-0.1", "+1", "1e3", "1/7", ".5", "5.", "05", "", "NaN", "1,5", " 1", "１", 0.14, 1n, null, "1".repeat(19), `0.${"1".repeat(19)}`]
    for (const wrong of [
      ...rates.map((rate) => ({ rate })),
      { to: "CNY" },
      { to: "RMB" },
      { from: "usd" },
      { rounding: "down" },
      { id: "" },
      { id: "a\r\nb" },
      { source: "中国银行" },
      { source: "x".repeat(101) },
      { expiresAt: DateTime.makeUnsafe(0) },
      { quotedAt: DateTime.makeUnsafe(11 * minutes) },
      { expiresAt: 1 }
    ]) {
      assert.isTrue(Result.isFailure(Quote.make(fields(wrong))), String(Object.values(wrong)))
    }
  })

  it("comes back from a charge and a receipt as it went, and is not read where it is none", () => {
    const quoted = { listed: Money.of("CNY", 1_500n), quote: fields() }
    const charge = {
      id: "ch_1",
      money: Money.of("USD", 212n),
      quoted,
      merchant: "m",
      method: "GET",
      resource: "/",
      binding: "b",
      openedAt: DateTime.makeUnsafe(0),
      expiresAt: DateTime.makeUnsafe(1)
    }
    const ChargeJson = Schema.fromJsonString(Schema.toCodecJson(Charge.Charge))
    const written = Schema.encodeSync(ChargeJson)(charge)
    assert.deepEqual(Schema.decodeSync(ChargeJson)(written), charge)
    assert.throws(() => Schema.decodeSync(ChargeJson)(written.replace(`"to":"USD"`, `"to":"CNY"`)))
    for (const settlement of [Money.of("CNY", 1_490n), { currency: "CNY" as const }]) {
      const receipt: Receipt.Receipt = {
        chargeId: "ch_1",
        protocol: "p",
        merchant: "m",
        resource: "/",
        money: charge.money,
        quoted,
        settlement,
        reference: "r",
        settledAt: DateTime.makeUnsafe(0)
      }
      assert.deepEqual(Result.getOrThrow(Receipt.fromHeader(Receipt.toHeader(receipt))), receipt)
    }
  })
})

const dollars = () => Voucher.mint({ currencies: ["USD"] })
const table = (...quotes: ReadonlyArray<Parameters<typeof fields>[0]>) => {
  const all = quotes.map(fields)
  return () => all
}

describe("a price with exchange quotes", () => {
  it.effect("is charged in a currency that it does not list, and the charge and the receipt say by which quote", () =>
    inShop({ quotes: table({}) }, (shop) =>
      Effect.gen(function* () {
        const { receipt } = yield* shop.sell(saleOf(dollars()))
        const { charge } = yield* onlyEntry(shop)
        const quoted = { listed: Money.of("CNY", 1_500n), quote: fields() }
        assert.deepEqual([charge.money, charge.quoted], [Money.of("USD", 212n), quoted])
        assert.deepEqual([receipt?.money, receipt?.quoted], [Money.of("USD", 212n), quoted])
        assert.strictEqual(charge.expiresAt.epochMilliseconds, 10 * minutes)
      })
    )
  )

  it.effect("is charged as it is listed where the mandate covers that, and says nothing of quotes", () =>
    inShop({ quotes: table({}) }, (shop) =>
      Effect.gen(function* () {
        const { receipt } = yield* shop.sell(saleOf(Voucher.mint()))
        assert.deepEqual(receipt?.money, Money.of("CNY", 1_500n))
        assert.notProperty(receipt, "quoted")
        assert.notProperty((yield* onlyEntry(shop)).charge, "quoted")
      })
    )
  )

  it.effect("converts nothing without a quote that is good now, from what it lists, the way it was given", () =>
    Effect.forEach(
      [
        [],
        [{ from: "USD", to: "CNY", rate: "7.1" }],
        [
          { to: "EUR", rate: "0.1216" },
          { from: "EUR", to: "USD", rate: "1.16" }
        ],
        [{ quotedAt: DateTime.makeUnsafe(1), expiresAt: DateTime.makeUnsafe(2) }],
        [{ quotedAt: DateTime.makeUnsafe(-2), expiresAt: DateTime.makeUnsafe(0) }],
        // What no host can have made, had it been checked.
        [{ rate: "0" }],
        [{ rate: "-1" }],
        [{ rate: "1e3" }]
      ] as const,
      (quotes) =>
        inShop({ quotes: table(...quotes) }, (shop) =>
          Effect.gen(function* () {
            assert.deepEqual(yield* verdict(shop.sell(saleOf(dollars()))), ["currency_not_allowed", "no", 402])
            assert.strictEqual(shop.state.runs, 0)
          })
        )
    )
  )

  it.effect("is not replaced where it is listed, and of two quotes the first that is good counts", () =>
    inShop(
      {
        quotes: table(
          { id: "old", expiresAt: DateTime.makeUnsafe(5 * minutes), rate: "0.2" },
          { id: "new", rate: "0.1408" },
          { id: "newer", rate: "0.3" },
          { id: "listed", to: "JPY", rate: "21" }
        )
      },
      (shop) =>
        Effect.gen(function* () {
          const price = [Money.of("CNY", 1_500n), Money.of("JPY", 400n)] as const
          const shown = Effect.map(shop.paywall.offers(saleOf({}, { price })), (offers) =>
            offers
              .filter(({ protocol }) => protocol.id === "voucher")
              .map(({ money, quoted }) => `${Money.print(money)} ${quoted?.quote.id ?? "listed"}`)
          )
          assert.deepEqual(yield* shown, ["CNY 15.00 listed", "JPY 400 listed", "USD 3.00 old"])
          yield* TestClock.adjust("5 minutes")
          assert.deepEqual(yield* shown, ["CNY 15.00 listed", "JPY 400 listed", "USD 2.12 new"])
          yield* TestClock.adjust("5 minutes")
          assert.deepEqual(yield* shown, ["CNY 15.00 listed", "JPY 400 listed"])
        })
    )
  )

  it.effect("whose quote expires while the handler works is not settled, and is offered at the price of now", () => {
    const later = { id: "q-2", rate: "0.15", expiresAt: DateTime.makeUnsafe(60 * minutes) }
    return inShop({ quotes: table({}, later), disconnect: "finish" }, (shop) =>
      Effect.gen(function* () {
        const slow = () => Effect.as(TestClock.adjust("10 minutes"), "report")
        const { error, offers } = yield* refused(shop.sell(saleOf(dollars()), slow))
        assert.deepEqual([error.code, error.moved, error.status], ["quote_expired", "no", 402])
        assert.include(error.reason.detail, "CNY 15.00 at 0.1408 (q-1, a bank, until 1970-01-01T00:10:00.000Z)")
        assert.deepEqual([shop.bank.movements.size, shop.bank.holds.size], [0, 0])
        assert.strictEqual((yield* onlyEntry(shop)).state, "declined")
        assert.deepInclude(
          offers.map(({ money }) => money),
          Money.of("USD", 225n)
        )
        assert.deepEqual((yield* shop.sell(saleOf(dollars()))).receipt?.money, Money.of("USD", 225n))
      })
    )
  })

  it.effect("expires as a charge, not as a quote, where the charge lives shorter", () =>
    inShop({ quotes: table({}), chargeLifetime: "1 minute" }, (shop) =>
      Effect.gen(function* () {
        const slow = () => Effect.as(TestClock.adjust("2 minutes"), "report")
        assert.deepEqual(yield* verdict(shop.sell(saleOf(dollars()), slow)), ["charge_expired", "no", 402])
      })
    )
  )

  it.effect("is bought once under one key, whatever the quotes say when the request comes again", () => {
    let rate = "0.1408"
    return inShop({ quotes: () => [fields({ rate })] }, (shop) =>
      Effect.gen(function* () {
        const sale = () => saleOf(dollars(), { key: "k-1" })
        const first = yield* shop.sell(sale())
        rate = "0.2"
        const again = yield* shop.sell(sale())
        assert.deepEqual([again.replayed, again.receipt], [true, first.receipt])
        assert.strictEqual(shop.bank.movements.size, 1)
        assert.deepEqual((yield* shop.sell(saleOf(dollars()))).receipt?.money, Money.of("USD", 300n))
      })
    )
  })

  it.effect("offers a bill that is paid before the call only for what it lists", () =>
    inShop({ quotes: table({ from: "USD", to: "CNY", rate: "7.1" }) }, (shop) =>
      Effect.gen(function* () {
        const offers = yield* shop.paywall.offers(saleOf({}, { price: [Money.of("USD", 210n)] }))
        assert.deepEqual(
          offers.map(({ money, protocol }) => `${protocol.id} ${Money.print(money)}`),
          ["voucher USD 2.10", "voucher CNY 14.91"]
        )
        assert.notInclude(
          offers.map(({ protocol }) => protocol.id),
          Ticket.manifest.id
        )
      })
    )
  )
})

describe("exchange quotes", () => {
  const rates = Effect.map(ExchangeQuotes, ({ current }) => current().map(({ rate }) => rate))

  it.effect("are loaded again on a schedule, and stay as they are while their source fails", () => {
    const answers: Array<Effect.Effect<ReadonlyArray<Quote.Quote>, string>> = [
      Effect.succeed([fields({ rate: "0.1" })]),
      Effect.fail("down"),
      Effect.succeed([fields({ rate: "0.2" }), fields({ rate: "zero" })]),
      Effect.die("broken"),
      Effect.succeed([fields({ rate: "0.3" })])
    ]
    return Effect.gen(function* () {
      const seen = [yield* rates]
      for (let turn = 1; turn < 5; turn++) {
        yield* TestClock.adjust("10 minutes")
        seen.push(yield* rates)
      }
      assert.deepEqual(seen, [["0.1"], ["0.1"], ["0.1"], ["0.1"], ["0.3"]])
    }).pipe(
      Effect.provide(
        ExchangeQuotes.layer(
          Effect.suspend(() => answers.shift()!),
          { every: "10 minutes" }
        )
      )
    )
  })

  it.effect("do not start with one that is none", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(ExchangeQuotes.fixed([fields(), fields({ to: "CNY" })])))
      assert.instanceOf(error, Quote.QuoteError)
      assert.deepEqual(yield* Effect.provide(rates, ExchangeQuotes.fixed([fields()])), ["0.1408"])
    }).pipe(Effect.scoped)
  )
})
