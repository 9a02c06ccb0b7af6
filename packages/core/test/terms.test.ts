import { assert, describe, it } from "@effect/vitest"
import type * as Charge from "@paylayer/core/Charge"
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Price from "@paylayer/core/Price"
import * as Receipt from "@paylayer/core/Receipt"
import * as SpendingLimit from "@paylayer/core/SpendingLimit"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { holds } from "./holds.ts"

describe("a price", () => {
  it("is made of decimals, in the order they are written", () => {
    assert.deepEqual(Price.make({ CNY: "15.00", USD: "2.1", JPY: "300" }), [
      Money.of("CNY", 1_500n),
      Money.of("USD", 210n),
      Money.of("JPY", 300n)
    ])
  })

  it("is refused when it is none", () => {
    for (const decimals of [
      {},
      { CNY: "0" },
      { CNY: "1.001" },
      { JPY: "1.5" },
      { CNY: "-1" },
      { RMB: "1" },
      { cny: "1" },
      { constructor: "1" }
    ]) {
      assert.throws(() => Price.make(decimals as never), Money.MoneyError, undefined, JSON.stringify(decimals))
    }
    const none = (...amounts: ReadonlyArray<Money.Money>) => assert.isTrue(Result.isFailure(Price.fromAmounts(amounts)))
    none()
    none(Money.zero("CNY"))
    none(Money.of("CNY", 1n), Money.zero("USD"))
    none(Money.of("CNY", 1n), Money.of("CNY", 2n))
    none({ currency: "CNY", minor: -1n })
    none({ currency: "CNY", minor: Money.maximum + 1n })
    none({ currency: "RMB" as Currency.Currency, minor: 1n })
  })
})

describe("a receipt", () => {
  const money = fc.record({ currency: fc.constantFrom(...Currency.all), minor: fc.bigInt(0n, Money.maximum) })
  const receipt = fc.record(
    {
      chargeId: fc.string(),
      protocol: fc.string(),
      merchant: fc.string(),
      resource: fc.string({ unit: "grapheme" }),
      money,
      reference: fc.string(),
      settledAt: fc
        .date({ noInvalidDate: true, min: new Date(0), max: new Date(8.64e15 / 1000) })
        .map(DateTime.makeUnsafe),
      settlement: fc.oneof(
        money,
        money.map(({ currency }) => ({ currency }))
      ),
      method: fc.string(),
      headers: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3, noNullPrototype: true })
    },
    { requiredKeys: ["chargeId", "protocol", "merchant", "resource", "money", "reference", "settledAt"] }
  )

  it("comes back from its header as it went, and the header is plain", () => {
    holds(
      fc.property(receipt, (own) => {
        const value = Receipt.toHeader(own as Receipt.Receipt)
        assert.match(value, /^[\w-]+$/)
        assert.deepEqual(Result.getOrThrow(Receipt.fromHeader(value)), own as Receipt.Receipt)
      })
    )
  })

  it("is the JSON that its schema gives, and nothing that is not in it", () => {
    const schema = Schema.encodeSync(Schema.toCodecJson(Receipt.Receipt))
    holds(
      fc.property(receipt, (own) => {
        const more: Receipt.Receipt & { readonly secret: string } = { ...(own as Receipt.Receipt), secret: "s" }
        const value = Receipt.toHeader(more)
        assert.strictEqual(Buffer.from(value, "base64url").toString(), JSON.stringify(schema(own as Receipt.Receipt)))
      })
    )
  })

  it("is not read from anything else", () => {
    for (const value of ["", "%%%", "e30", Buffer.from("[]").toString("base64url"), "null"]) {
      assert.isTrue(Result.isFailure(Receipt.fromHeader(value)), value)
    }
  })
})

describe("a spending limit", () => {
  const limit = (own: Partial<SpendingLimit.SpendingLimit> = {}): SpendingLimit.SpendingLimit => ({
    per: "agent",
    amount: Money.of("CNY", 10_000n),
    window: "day",
    ...own
  })
  const charge = (at: string, money: Money.Money = Money.of("CNY", 1_500n)): Charge.Charge => ({
    id: "ch",
    money,
    merchant: "m",
    method: "GET",
    resource: "/",
    binding: "b",
    openedAt: DateTime.makeUnsafe(at),
    expiresAt: DateTime.makeUnsafe("2030-01-01T00:00:00Z")
  })
  const mandate = { id: "m", payer: "payer", agent: "agent", principal: "principal" }
  const bucket = (
    own: Partial<SpendingLimit.SpendingLimit>,
    at: string,
    terms: Parameters<typeof SpendingLimit.reservations>[1] = mandate
  ) => SpendingLimit.reservations([limit(own)], terms, charge(at))[0]!.bucket
  const zone = (name: string) => ({ zone: DateTime.zoneMakeNamedUnsafe(name) })

  it("takes the charge's amount out of its own amount, in its own currency only", () => {
    const limits = [
      limit(),
      limit({ amount: Money.of("USD", 1n) }),
      limit({ per: "host", amount: Money.of("CNY", 5n) })
    ]
    const taken = SpendingLimit.reservations(limits, mandate, charge("2026-01-01T00:00:00Z"))
    assert.deepEqual(
      taken.map(({ kind, limit, units }) => [kind, limit, units]),
      [
        ["spending-limit", 10_000n, 1_500n],
        ["spending-limit", 5n, 1_500n]
      ]
    )
  })

  it("counts each agent, each principal, or everybody; who names none is counted by payer", () => {
    const at = "2026-01-01T00:00:00Z"
    const other = { ...mandate, agent: "agent-2", id: "m-2", payer: "payer-2" }
    assert.notStrictEqual(bucket({ per: "agent" }, at), bucket({ per: "agent" }, at, other))
    assert.strictEqual(bucket({ per: "principal" }, at), bucket({ per: "principal" }, at, other))
    assert.strictEqual(bucket({ per: "host" }, at), bucket({ per: "host" }, at, other))
    const anonymous = { id: "m-3", payer: "payer-3" }
    assert.include(bucket({ per: "agent" }, at, anonymous), "payer-3")
    assert.include(bucket({ per: "principal" }, at, anonymous), "payer-3")
  })

  it("counts each tool, and each combination of what it is told to count", () => {
    const at = "2026-01-01T00:00:00Z"
    const other = { ...mandate, agent: "agent-2" }
    const of = (per: SpendingLimit.SpendingLimit["per"], tool: string | undefined, terms = mandate) => {
      const sold = tool === undefined ? charge(at) : { ...charge(at), tool }
      return SpendingLimit.reservations([limit({ per })], terms, sold)[0]!.bucket
    }
    assert.strictEqual(of("tool", "search"), of("tool", "search", other))
    assert.notStrictEqual(of("tool", "search"), of("tool", "report"))
    assert.strictEqual(of("tool", undefined), of("tool", "/"))
    const each = [of(["agent", "tool"], "search"), of(["agent", "tool"], "search", other)]
    assert.strictEqual(new Set([...each, of(["agent", "tool"], "report"), of("tool", "search")]).size, 4)
  })

  it("counts the merchants apart, or together", () => {
    const of = (per: SpendingLimit.SpendingLimit["per"], merchant: string) => {
      const sold = { ...charge("2026-01-01T00:00:00Z"), merchant }
      return SpendingLimit.reservations([limit({ per })], mandate, sold)[0]!.bucket
    }
    assert.notStrictEqual(of("merchant", "one"), of("merchant", "other"))
    assert.notStrictEqual(of(["host", "merchant"], "one"), of(["host", "merchant"], "other"))
    assert.strictEqual(of("host", "one"), of("host", "other"))
  })

  it("says when its window ends, and that all time does not", () => {
    const ends = (own: Partial<SpendingLimit.SpendingLimit>, at: string) =>
      SpendingLimit.reservations([limit(own)], mandate, charge(at))[0]!.endsAtMillis
    assert.strictEqual(ends({ window: "hour" }, "2026-03-01T10:20:00Z"), Date.parse("2026-03-01T11:00:00Z"))
    assert.strictEqual(ends({ window: "month" }, "2026-02-03T10:20:00Z"), Date.parse("2026-03-01T00:00:00Z"))
    assert.strictEqual(ends(zone("Asia/Shanghai"), "2026-03-01T15:59:59Z"), Date.parse("2026-03-01T16:00:00Z"))
    // The day on which Berlin's clocks go forward has 23 hours.
    assert.strictEqual(ends(zone("Europe/Berlin"), "2026-03-29T12:00:00Z"), Date.parse("2026-03-29T22:00:00Z"))
    assert.isUndefined(ends({ window: "total" }, "2026-03-01T10:20:00Z"))
  })

  it("begins its day where its calendar does", () => {
    const shanghai = zone("Asia/Shanghai")
    // 15:59:59 and 16:00:00 UTC are the last second of one day in Shanghai and the first of the next.
    assert.notStrictEqual(bucket(shanghai, "2026-03-01T15:59:59.999Z"), bucket(shanghai, "2026-03-01T16:00:00Z"))
    assert.strictEqual(bucket(shanghai, "2026-03-01T16:00:00Z"), bucket(shanghai, "2026-03-02T15:59:59.999Z"))
    assert.strictEqual(bucket({}, "2026-03-01T15:59:59Z"), bucket({}, "2026-03-01T16:00:00Z"))
    assert.notStrictEqual(bucket({}, "2026-03-01T23:59:59.999Z"), bucket({}, "2026-03-02T00:00:00Z"))
  })

  it("has one window for each hour, day and month, and one for all time", () => {
    const windows = (window: SpendingLimit.SpendingLimit["window"], ...at: ReadonlyArray<string>) =>
      new Set(at.map((moment) => bucket({ window }, moment))).size
    assert.strictEqual(windows("hour", "2026-01-01T10:00:00Z", "2026-01-01T10:59:59.999Z", "2026-01-01T11:00:00Z"), 2)
    assert.strictEqual(windows("month", "2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z"), 2)
    assert.strictEqual(windows("total", "2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z"), 1)
  })

  for (const name of ["Europe/Berlin", "Australia/Lord_Howe"]) {
    it(`counts every moment of a year in exactly one day of ${name}, also when clocks change`, () => {
      const local = new Intl.DateTimeFormat("sv", { timeZone: name, dateStyle: "short" })
      const dayOf = new Map<string, string>()
      for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2027, 0, 1); at += 1_800_000) {
        const moment = new Date(at)
        const own = bucket(zone(name), moment.toISOString())
        const day = local.format(moment)
        if (!dayOf.has(own)) dayOf.set(own, day)
        assert.strictEqual(dayOf.get(own), day, moment.toISOString())
      }
      assert.strictEqual(new Set(dayOf.values()).size, dayOf.size)
    })
  }

  it("names what it counts in one way", () => {
    const at = "2026-01-01T00:00:00Z"
    assert.notStrictEqual(
      bucket({ per: "agent" }, at, { id: "m", payer: "p", agent: `a","CNY` }),
      bucket({ per: "agent" }, at, { id: "m", payer: "p", agent: "a" })
    )
  })
})
