import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import type * as StrictJson from "@paylayer/core/StrictJson"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import * as Iac from "../src/IntentAuthorizationCredential.ts"

const required = {
  delegation_id: "d-1",
  delegator_identity: "did:example:user",
  agent_id: "agent-1",
  validity_start_time: "2026-01-01T00:00:00Z",
  validity_end_time: "2026-02-01T00:00:00Z"
}

/** JSON text with the total as it is written. */
const text = (total: string, more: object = {}) => {
  const head = JSON.stringify({ ...required, ...more })
  return `${head.slice(0, -1)},"max_total_amount":${total}}`
}
const decoded = (json: string) => Result.getOrThrow(Iac.decodeJson(json))
const issues = (json: string) => {
  const result = Iac.decodeJson(json)
  if (!Result.isFailure(result)) return assert.fail(`accepted ${json}`)
  return result.failure._tag === "InvalidCredential" ? result.failure.issues : [result.failure]
}
const paths = (json: string) =>
  issues(json)
    .map(({ path }) => path)
    .toSorted()

describe("decoding", () => {
  it("fills ACT's defaults", () => {
    const iac = decoded(text("15.10"))
    assert.deepStrictEqual(iac.max_total_amount, Money.of("CNY", 1510n))
    assert.strictEqual(iac.delegation_mode, "SPECIFIED")
    assert.strictEqual(iac.currency, "CNY")
    assert.strictEqual(iac.validity_start_time.epochMilliseconds, Date.UTC(2026, 0, 1))
  })

  it("reads amounts from their digits", () => {
    for (const [written, minor] of [
      ["0.29", 29n],
      ["0.3", 30n],
      ["15", 1500n],
      ["15.10", 1510n],
      ["999999999999999.99", 99_999_999_999_999_999n],
      ["1.10", 110n],
      ["4.35", 435n]
    ] as const) {
      assert.strictEqual(decoded(text(written)).max_total_amount.minor, minor, written)
    }
  })

  it("refuses amounts that would have to be rounded or guessed", () => {
    for (const written of [
      "0.30000000000000004",
      "15.001",
      "1e3",
      "-1",
      "-0",
      '"15.10"',
      '"1,000.00"',
      '" 15"',
      '""',
      '"+1"',
      "null",
      "true",
      "[]",
      "{}",
      "99999999999999999999"
    ]) {
      assert.deepStrictEqual(paths(text(written)), ["/max_total_amount"], written)
    }
  })

  it("uses the decimals of the credential's own currency", () => {
    assert.deepStrictEqual(decoded(text("1500", { currency: "JPY" })).max_total_amount, Money.of("JPY", 1500n))
    assert.deepStrictEqual(decoded(text("1.500", { currency: "KWD" })).max_total_amount, Money.of("KWD", 1500n))
    assert.deepStrictEqual(paths(text("15.00", { currency: "JPY" })), ["/max_total_amount"])
    assert.deepStrictEqual(paths(text("1.500", { currency: "EUR" })), ["/max_total_amount"])
    for (const currency of ["cny", "RMB", "", 1, null, "constructor"]) {
      assert.deepStrictEqual(paths(text("15.00", { currency })), ["/currency"], String(currency))
    }
  })

  it("reports everything at once, each with its path", () => {
    const wrong = {
      delegation_id: "",
      agent_id: undefined,
      validity_end_time: "2026-02-01T00:00:00",
      delegation_mode: "ANY",
      surprise: 1,
      ext: {
        commerce: { max_single_amount: 1.234, allowed_merchants: ["a", ""], max_daily_amount: 5 },
        vendor_private: { times_limit: 0, agreement_no: 7, anything: [1] },
        other: {}
      }
    }
    assert.deepStrictEqual(paths(text("15.001", wrong)), [
      "/agent_id",
      "/delegation_id",
      "/delegation_mode",
      "/ext/commerce/allowed_merchants/1",
      "/ext/commerce/max_daily_amount",
      "/ext/commerce/max_single_amount",
      "/ext/other",
      "/ext/vendor_private/agreement_no",
      "/ext/vendor_private/times_limit",
      "/max_total_amount",
      "/surprise",
      "/validity_end_time"
    ])
  })

  it("names every required field that is missing", () => {
    for (const name of Object.keys(required)) {
      assert.deepStrictEqual(paths(text("1", { [name]: undefined })), [`/${name}`])
    }
    assert.deepStrictEqual(paths(JSON.stringify(required)), ["/max_total_amount"])
    assert.deepStrictEqual(paths("[]").length, 1)
    assert.deepStrictEqual(paths("null").length, 1)
  })

  it("refuses Alipay's own names at the top, where they would be a second place", () => {
    assert.deepStrictEqual(paths(text("1", { times_limit: 3, agreement_no: "a" })), ["/agreement_no", "/times_limit"])
  })

  it("keeps what vendors and fulfilment put beside the terms", () => {
    const ext = {
      agent_behavior: { price_deviation_tolerance: 5, on_payment_failure: "CANCEL" },
      fulfillment: { delivery_address: { city: "杭州" } },
      vendor_private: { agreement_no: "2088-1", times_limit: 3, x: { y: [1, "2", null] } }
    }
    const iac = decoded(text("1", { ext }))
    assert.strictEqual(iac.ext?.vendor_private?.agreement_no, "2088-1")
    assert.strictEqual(iac.ext?.vendor_private?.times_limit, 3)
    assert.deepStrictEqual((JSON.parse(Iac.encodeJson(iac)) as { ext: unknown }).ext, ext)
  })

  it("names the limits that contradict each other", () => {
    const commerce = { min_single_amount: 2, max_single_amount: 1 }
    const window = { validity_start_time: "2026-02-01T00:00:00Z" }
    assert.deepStrictEqual(paths(text("1", { ...window, ext: { commerce } })), [
      "/ext/commerce/min_single_amount",
      "/validity_end_time"
    ])
  })
})

describe("times", () => {
  const start = (written: string) => decoded(text("1", { validity_start_time: written })).validity_start_time
  it("need a zone and are read in it", () => {
    const expected = Date.UTC(2025, 11, 31, 16)
    for (const written of [
      "2025-12-31T16:00:00Z",
      "2026-01-01T00:00:00+08:00",
      "2025-12-31T11:00:00-05:00",
      "2025-12-31T16:00:00.000Z",
      "2025-12-31T16:00:00.000999Z"
    ]) {
      assert.strictEqual(start(written).epochMilliseconds, expected, written)
    }
    assert.strictEqual(start("2025-12-31T16:00:00.5Z").epochMilliseconds, expected + 500)
  })

  it("of any other form, or that no calendar has, are refused", () => {
    for (const written of [
      "2026-01-01T00:00:00",
      "2026-01-01 00:00:00Z",
      "2026-01-01T00:00Z",
      "2026-01-01",
      "2026-02-29T00:00:00Z",
      "2026-01-01T24:00:00Z",
      "2026-01-01T00:00:60Z",
      "2026-01-01T00:00:00+24:00",
      "2026-01-01T00:00:00+08:60",
      "2026-01-01t00:00:00z",
      "20260101T000000Z",
      "1767225600",
      ""
    ]) {
      assert.include(paths(text("1", { validity_start_time: written })), "/validity_start_time", written)
    }
    assert.deepStrictEqual(paths(text("1", { validity_start_time: 1767225600 })), ["/validity_start_time"])
  })

  it("make a half-open window", () => {
    const iac = decoded(text("1"))
    const [from, to] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 1, 1)]
    assert.deepStrictEqual(
      [from - 1, from, to - 1, to].map((at) => Iac.isInWindow(iac, at)),
      [false, true, true, false]
    )
  })
})

describe("text and back", () => {
  const name = fc.string({ minLength: 1, maxLength: 20 }).filter((value) => !/[\u0000-\u001f\u007f]/.test(value))
  const optional = <A>(arbitrary: fc.Arbitrary<A>) => fc.option(arbitrary, { nil: undefined })
  const credential = fc
    .record({
      currency: fc.constantFrom("CNY" as const, "USD" as const, "EUR" as const, "JPY" as const, "KWD" as const),
      total: fc.bigInt({ min: 0n, max: Money.maximum }),
      singles: optional(fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.bigInt({ min: 0n, max: 10n ** 9n }))),
      start: fc.integer({ min: 0, max: 4e12 }),
      length: fc.integer({ min: 1, max: 1e11 }),
      names: fc.array(name, { minLength: 3, maxLength: 3 }),
      lists: optional(fc.array(name, { maxLength: 4 })),
      agreement: optional(name),
      times: optional(fc.integer({ min: 1, max: 999_999_999 }))
    })
    .map(
      ({
        currency,
        total,
        singles,
        start,
        length,
        names,
        lists,
        agreement,
        times
      }): Iac.IntentAuthorizationCredential => ({
        delegation_id: names[0]!,
        delegator_identity: names[1]!,
        agent_id: names[2]!,
        validity_start_time: DateTime.makeUnsafe(start),
        validity_end_time: DateTime.makeUnsafe(start + length),
        max_total_amount: Money.of(currency, total),
        delegation_mode: "BOUNDED",
        currency,
        ...(lists && { allowed_payment_methods: lists }),
        ext: {
          ...(singles && {
            commerce: {
              min_single_amount: Money.of(currency, singles[0] < singles[1] ? singles[0] : singles[1]),
              max_single_amount: Money.of(currency, singles[0] < singles[1] ? singles[1] : singles[0])
            }
          }),
          vendor_private: { ...(agreement && { agreement_no: agreement }), ...(times && { times_limit: times }) }
        }
      })
    )

  /** Amounts as text and names in order, so that two credentials compare by what they say. */
  const plain = (value: unknown): unknown =>
    typeof value === "bigint"
      ? `${value}n`
      : DateTime.isDateTime(value)
        ? value.epochMilliseconds
        : typeof value === "object" && value !== null && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]))
          : value

  it("is the same credential", () => {
    fc.assert(
      fc.property(credential, (iac) => {
        const json = Iac.encodeJson(iac)
        const back = decoded(json)
        assert.deepStrictEqual(back.max_total_amount, iac.max_total_amount)
        assert.strictEqual(Iac.encodeJson(back), json)
        assert.deepStrictEqual(plain(back), plain(iac))
      })
    )
  })

  it("writes amounts as numbers with all decimals", () => {
    assert.include(Iac.encodeJson(decoded(text("15.1"))), '"max_total_amount":15.10')
    assert.include(Iac.encodeJson(decoded(text("0.3"))), '"max_total_amount":0.30')
  })

  it("answers any JSON without throwing", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.isTrue(Result.isFailure(Iac.decodeJson(JSON.stringify(value))))
      })
    )
    const hostile: StrictJson.ExactJson = Object.assign(Object.create(null), {
      ...required,
      ["__proto__"]: {}
    }) as StrictJson.ExactJson
    assert.isTrue(Result.isFailure(Iac.decode(hostile)))
    assert.isTrue(
      Result.isFailure(
        Iac.decodeJson(
          text("1", { ext: { vendor_private: {} } }).replace('"vendor_private":{}', '"__proto__":{"commerce":1}')
        )
      )
    )
  })
})
