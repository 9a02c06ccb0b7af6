import { assert, describe, it } from "@effect/vitest"
import type * as Charge from "@paylayer/core/Charge"
import * as Mandate from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { holds } from "./holds.ts"

const charge = (own: Partial<Charge.Charge> = {}): Charge.Charge => ({
  id: "ch_1",
  money: Money.of("CNY", 1_500n),
  merchant: "2088",
  category: "5815",
  method: "POST",
  resource: "/report",
  binding: "b",
  openedAt: DateTime.makeUnsafe(0),
  expiresAt: DateTime.makeUnsafe(900_000),
  ...own
})

const said = (terms: Partial<Mandate.Mandate>, own?: Partial<Charge.Charge>, now = 500) =>
  Mandate.refusal({ id: "m", payer: "p", ...terms }, charge(own), now)?._tag

const at = (minor: bigint) => ({ money: Money.of("CNY", minor) })

describe("a mandate", () => {
  it("without terms covers every charge", () => {
    assert.isUndefined(said({}))
    assert.isUndefined(said({}, { money: Money.of("JPY", Money.maximum) }, Number.MAX_SAFE_INTEGER))
  })

  it("covers its limits to the minor unit, and no further", () => {
    holds(
      fc.property(fc.bigInt(1n, Money.maximum - 1n), (limit) => {
        const cap = { perCharge: [Money.of("CNY", limit)] }
        const least = { minimum: [Money.of("CNY", limit)] }
        const budget = { budget: [Money.of("CNY", limit)] }
        const around = [limit - 1n, limit, limit + 1n]
        assert.deepEqual(
          around.map((minor) => said(cap, at(minor))),
          [undefined, undefined, "LimitExceeded"]
        )
        assert.deepEqual(
          around.map((minor) => said(least, at(minor))),
          ["LimitExceeded", undefined, undefined]
        )
        assert.deepEqual(
          around.map((minor) => said(budget, at(minor))),
          [undefined, undefined, "BudgetExceeded"]
        )
      })
    )
  })

  it("is valid from its beginning until just before its end", () => {
    const window = { notBefore: DateTime.makeUnsafe(1_000), expiresAt: DateTime.makeUnsafe(2_000) }
    assert.deepEqual(
      [999, 1_000, 1_001, 1_999, 2_000, 2_001].map((now) => said(window, {}, now)),
      ["CredentialNotYetValid", undefined, undefined, undefined, "CredentialExpired", "CredentialExpired"]
    )
    // A window that ends before it begins is never open.
    const empty = { notBefore: DateTime.makeUnsafe(2_000), expiresAt: DateTime.makeUnsafe(1_000) }
    for (const now of [0, 1_000, 1_500, 2_000, 3_000]) assert.isDefined(said(empty, {}, now))
  })

  for (const [what, refusal, term, own] of [
    ["merchants", "MerchantNotAllowed", "merchants", "merchant"],
    ["categories", "CategoryNotAllowed", "categories", "category"]
  ] as const) {
    it(`lets its ${what} in, and denying wins`, () => {
      const of = (scope: Mandate.Scope, name = "a") => said({ [term]: scope }, { [own]: name })
      assert.isUndefined(of({}))
      assert.isUndefined(of({ allowed: ["b", "a"] }))
      assert.isUndefined(of({ forbidden: ["b"] }))
      assert.strictEqual(of({ allowed: [] }), refusal)
      assert.strictEqual(of({ allowed: ["b"] }), refusal)
      assert.strictEqual(of({ allowed: ["A", "a "] }), refusal)
      assert.strictEqual(of({ forbidden: ["a"] }), refusal)
      assert.strictEqual(of({ allowed: ["a"], forbidden: ["a"] }), refusal)
    })
  }

  it("that lists categories covers no charge without one", () => {
    const { category: _, ...bare } = charge()
    const of = (categories: Mandate.Scope) => Mandate.refusal({ id: "m", payer: "p", categories }, bare, 0)?._tag
    assert.strictEqual(of({ allowed: ["5815"] }), "CategoryNotAllowed")
    assert.isUndefined(of({ forbidden: ["5815"] }))
  })

  it("covers the currencies it names, in every term", () => {
    const yuan = [Money.of("CNY", 9_999n)]
    const dollar = { money: Money.of("USD", 1n) }
    for (const terms of [
      { currencies: ["CNY" as const] },
      { perCharge: yuan },
      { budget: yuan },
      { currencies: [] },
      { perCharge: [] }
    ]) {
      assert.strictEqual(said(terms, dollar), "CurrencyNotAllowed")
    }
    // The least of one currency says nothing of another.
    assert.isUndefined(said({ minimum: yuan }, dollar))
    assert.isUndefined(said({ perCharge: [...yuan, Money.of("USD", 1n)] }, dollar))
  })

  it("reports the first of several faults in the declared order: window, merchant, category, currency, limits", () => {
    const broken: ReadonlyArray<readonly [string, Partial<Mandate.Mandate>]> = [
      ["CredentialExpired", { expiresAt: DateTime.makeUnsafe(0) }],
      ["CredentialNotYetValid", { notBefore: DateTime.makeUnsafe(9_000) }],
      ["MerchantNotAllowed", { merchants: { allowed: [] } }],
      ["CategoryNotAllowed", { categories: { allowed: [] } }],
      ["CurrencyNotAllowed", { currencies: [] }],
      ["LimitExceeded", { perCharge: [Money.of("CNY", 1n)] }],
      ["LimitExceeded", { minimum: [Money.of("CNY", 9_999n)] }],
      ["BudgetExceeded", { budget: [Money.of("CNY", 1n)] }]
    ]
    holds(
      fc.property(fc.subarray([...broken.keys()], { minLength: 1 }), (chosen) => {
        const terms = Object.assign({}, ...chosen.map((index) => broken[index]![1])) as Partial<Mandate.Mandate>
        assert.strictEqual(said(terms), broken[chosen[0]!]![0])
      })
    )
  })

  it("that refuses an amount refuses every larger one", () => {
    holds(
      fc.property(fc.bigInt(0n, 100n), fc.bigInt(0n, 100n), fc.bigInt(0n, 100n), (limit, amount, more) => {
        const terms = { perCharge: [Money.of("CNY", limit)], budget: [Money.of("CNY", limit)] }
        if (said(terms, at(amount)) !== undefined) assert.isDefined(said(terms, at(amount + more)))
      })
    )
  })

  it("comes back from JSON as it went", () => {
    const mandate: Mandate.Mandate = {
      id: "m",
      payer: "p",
      currencies: ["CNY"],
      perCharge: [Money.of("CNY", 1n)],
      uses: 3,
      expiresAt: DateTime.makeUnsafe(1_000),
      merchants: { allowed: ["a"], forbidden: [] },
      preference: [{ kind: "balance" }, { kind: "huabei-instalments", months: 6, feeBearer: "payer" }]
    }
    const codec = Schema.fromJsonString(Schema.toCodecJson(Mandate.Mandate))
    assert.deepEqual(Schema.decodeSync(codec)(Schema.encodeSync(codec)(mandate)), mandate)
    const bad = { id: "m", payer: "p", preference: [{ kind: "huabei-instalments", months: 5, feeBearer: "payer" }] }
    assert.isTrue(Result.isFailure(Schema.decodeUnknownResult(codec)(JSON.stringify(bad))))
  })
})
