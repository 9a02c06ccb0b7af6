import { assert, describe, it } from "@effect/vitest"
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { holds } from "./holds.ts"

const byExponent = { JPY: 0, CNY: 2, KWD: 3, CLF: 4 } as const
const currencies = Object.keys(byExponent) as ReadonlyArray<keyof typeof byExponent>
const currency = fc.constantFrom(...currencies)
const minor = fc.oneof(fc.bigInt(0n, Money.maximum), fc.bigInt(0n, 10_000n), fc.constantFrom(0n, Money.maximum))
const money = fc.record({ currency, minor })
const isRefused = (text: string, code: Currency.Currency = "CNY") =>
  assert.isTrue(Result.isFailure(Money.parse(code, text)), JSON.stringify(text))

describe("a decimal", () => {
  it("comes out of printing and parsing as it went in", () => {
    holds(
      fc.property(money, (amount) => {
        assert.deepEqual(Result.getOrThrow(Money.parse(amount.currency, Money.decimalString(amount))), amount)
      })
    )
  })

  it("has the decimals of its currency", () => {
    assert.deepEqual(
      currencies.map((code) => Money.print(Money.of(code, 12_345n))),
      ["JPY 12345", "CNY 123.45", "KWD 12.345", "CLF 1.2345"]
    )
    assert.deepEqual(
      currencies.map((code) => Money.decimalString(Money.of(code, 1n))),
      ["1", "0.01", "0.001", "0.0001"]
    )
  })

  it("may leave decimals out, and never has more than its currency", () => {
    assert.deepEqual(Result.getOrThrow(Money.parse("CNY", "15.5")), Money.of("CNY", 1_550n))
    assert.deepEqual(Result.getOrThrow(Money.parse("KWD", "15")), Money.of("KWD", 15_000n))
    for (const code of currencies) {
      isRefused(`1.${"0".repeat(byExponent[code] + 1)}`, code)
      isRefused(`1.${"0".repeat(byExponent[code])}1`, code)
    }
  })

  it("is exact where a float is not", () => {
    for (const text of ["90071992547409.93", "9007199254740993.01", "9999999999999999.99", "0.29", "1.15"]) {
      assert.strictEqual(Money.decimalString(Result.getOrThrow(Money.parse("CNY", text))), text)
    }
    isRefused("10000000000000000.00")
    isRefused("9".repeat(10_000))
  })

  // oxfmt-ignore
  const notDecimals = [
    "", " ", ".", "1.", ".5", "00", "01", "01.00", "+1", "-1", "-0", "−1", "1e2", "1E2", "1,00", "1,000.00", "1 000.00",
    "1\u00a0000", "1_000", " 1", "1 ", "1\n", "\t1", "0x10", "0b1", "1n", "NaN", "Infinity", "１５", "１５．００", "١٥", "۱۵", "१५", "15．00",
    "15,00", "1.0.0", "¥15", "15元", "十五", "15.00 CNY", "1\u0000", "1٫00", "null", "undefined"
  ]
  it("is plain ASCII digits, whatever a locale calls a number", () => {
    for (const text of notDecimals) isRefused(text)
  })

  it("is nothing else than what prints as a decimal", () => {
    holds(
      fc.property(fc.oneof(fc.string({ unit: "grapheme" }), fc.stringMatching(/^[0-9.,eE+-]{0,8}$/)), (text) => {
        const parsed = Money.parse("CNY", text)
        if (Result.isSuccess(parsed)) assert.match(text, /^(0|[1-9][0-9]*)(\.[0-9]{1,2})?$/)
      }),
      2_000
    )
  })
})

describe("arithmetic", () => {
  it("adds and subtracts exactly, from nothing to the maximum", () => {
    holds(
      fc.property(minor, minor, (a, b) => {
        const [left, right] = [Money.of("CNY", a), Money.of("CNY", b)]
        const sum = Money.add(left, right)
        assert.strictEqual(Result.isSuccess(sum), a + b <= Money.maximum)
        if (Result.isSuccess(sum)) {
          assert.strictEqual(sum.success.minor, a + b)
          assert.deepEqual(Result.getOrThrow(Money.subtract(sum.success, right)), left)
        }
        assert.strictEqual(Result.isSuccess(Money.subtract(left, right)), a >= b)
        assert.strictEqual(Result.getOrThrow(Money.isWithin(left, right)), a <= b)
      })
    )
  })

  it("takes no two currencies, and says no rather than false", () => {
    const yuan: Money.Money = Money.of("CNY", 1n)
    const dollar: Money.Money = Money.of("USD", 2n)
    const refused = (answer: Result.Result<unknown, Money.MoneyError>) => assert.isTrue(Result.isFailure(answer))
    refused(Money.add(yuan, dollar))
    refused(Money.subtract(yuan, dollar))
    refused(Money.isWithin(yuan, dollar))
    assert.isFalse(Money.equals(Money.of("CNY", 1n), Money.of("USD", 1n)))
  })

  it("splits into parts that differ by one at most and add up to the whole", () => {
    holds(
      fc.property(money, fc.integer({ min: 1, max: 40 }), (whole, count) => {
        const parts = Money.split(whole, count).map((part) => part.minor)
        assert.strictEqual(parts.length, count)
        assert.strictEqual(
          parts.reduce((a, b) => a + b, 0n),
          whole.minor
        )
        assert.isTrue(parts[0]! - parts.at(-1)! <= 1n)
      })
    )
    for (const parts of [0, -1, 1.5, Number.NaN])
      assert.throws(() => Money.split(Money.of("CNY", 1n), parts), RangeError)
  })

  it("knows no negative amount and none beyond the maximum", () => {
    for (const outside of [-1n, Money.maximum + 1n]) {
      assert.throws(() => Money.of("CNY", outside), RangeError)
      assert.isTrue(Result.isFailure(Money.fromMinor("CNY", outside)))
    }
  })
})

describe("as JSON", () => {
  const decode = Schema.decodeUnknownResult(Money.Money)

  it("comes back as it went", () => {
    holds(
      fc.property(money, (amount) => {
        const json: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(Money.Money)(amount)))
        assert.deepEqual(Result.getOrThrow(decode(json)), amount)
      })
    )
    assert.deepEqual(Schema.encodeSync(Money.Money)(Money.of("CNY", 1_500n)), { currency: "CNY", minor: "1500" })
  })

  it("is never read from a number, or from text that is spelled otherwise", () => {
    for (const bad of [1500, "01", "-1", "1.0", "", "1e3", "+1", " 1", "1".repeat(19), null, undefined]) {
      assert.isTrue(Result.isFailure(decode({ currency: "CNY", minor: bad })), String(bad))
    }
  })
})

describe("a currency", () => {
  // oxfmt-ignore
  const lookAlikes = [
    "RMB", "CNH", "cny", "Cny", "¥", "￥", "元", "XAU", "XXX", "XTS", "BTC", "USDC", "US", "CNY ", " CNY", "ＣＮＹ", "СNY", "",
    "__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"
  ]
  it("is an ISO 4217 code and nothing that looks like one", () => {
    for (const code of lookAlikes) {
      assert.isFalse(Currency.is(code), code)
      assert.isTrue(Result.isFailure(Schema.decodeUnknownResult(Currency.Currency)(code)), code)
      assert.isTrue(Result.isFailure(Money.parse(code as Currency.Currency, "1")), code)
      assert.isTrue(Result.isFailure(Money.fromMinor(code as Currency.Currency, 1n)), code)
    }
    for (const other of [156, null, undefined, ["CNY"], { CNY: 1 }]) assert.isFalse(Currency.is(other))
  })

  it("is known with its exponent", () => {
    for (const code of Currency.all) {
      assert.isTrue(Currency.is(code))
      assert.include([0, 2, 3, 4], Currency.exponent(code))
    }
    for (const code of currencies) assert.strictEqual(Currency.exponent(code), byExponent[code])
    assert.deepEqual(Currency.all, Currency.all.toSorted())
  })

  // The platform goes by CLDR, which shows no minor unit where ISO 4217 has one that fell out of use.
  it("has the exponent that the platform knows, or one that fell out of use", () => {
    for (const code of Currency.all) {
      const format = new Intl.NumberFormat("en", { style: "currency", currency: code })
      const digits = format.resolvedOptions().maximumFractionDigits
      if (digits !== 0) assert.strictEqual(Currency.exponent(code), digits, code)
    }
  })
})
