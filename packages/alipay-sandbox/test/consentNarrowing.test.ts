/** Whatever is in the form: what is granted allows no charge that the agent did not ask for. */
import { assert, describe, it } from "@effect/vitest"
import type { IntentAuthorizationCredential as Iac } from "@paylayer/alipay/IntentAuthorizationCredential"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as FastCheck from "fast-check"
import * as Narrowing from "../src/internal/consent/narrowing.ts"
import * as Terms from "../src/Terms.ts"

const now = Date.UTC(2026, 10, 22)
const hour = 3_600_000
const numbers = { delegationId: "0", agreementNo: "0" }

const termsOf = (terms: Terms.Terms): Iac =>
  Result.getOrThrow(Terms.complete(Result.getOrThrow(StrictJson.parseExact(JSON.stringify(terms))), numbers, now)).iac

/** One charge after others. */
interface Try {
  readonly cents: number
  readonly before: { readonly cents: number; readonly times: number }
  readonly at: number
  readonly merchant: string
  readonly category: string
  readonly method: string
}

const among = (list: ReadonlyArray<string> | undefined, value: string) => list === undefined || list.includes(value)

/** What the words of the terms say, without a look at how the sandbox reads them. */
const allows = (iac: Iac, one: Try): boolean => {
  const commerce = iac.ext?.commerce
  const limit = iac.ext?.vendor_private?.times_limit
  return (
    BigInt(one.cents + one.before.cents) <= iac.max_total_amount.minor &&
    BigInt(one.cents) <= (commerce?.max_single_amount?.minor ?? BigInt(one.cents)) &&
    BigInt(one.cents) >= (commerce?.min_single_amount?.minor ?? 0n) &&
    (limit === undefined || one.before.times < limit) &&
    one.at >= iac.validity_start_time.epochMilliseconds &&
    one.at < iac.validity_end_time.epochMilliseconds &&
    among(commerce?.allowed_merchants, one.merchant) &&
    commerce?.forbidden_merchants?.includes(one.merchant) !== true &&
    among(commerce?.allowed_categories, one.category) &&
    commerce?.forbidden_categories?.includes(one.category) !== true &&
    among(iac.allowed_payment_methods, one.method)
  )
}

const some = <A>(arbitrary: FastCheck.Arbitrary<A>) => FastCheck.option(arbitrary, { nil: undefined })
const merchants = ["2088000000000000", "m2", "m3"]
const categories = ["7375", "5734", "5812"]
const methods = ["BALANCE", "CREDIT", "HUABEI_INSTALLMENTS"]
const cents = FastCheck.integer({ min: 1, max: 60 })
const decimal = (value: number) => `${Math.floor(value / 100)}.${String(value % 100).padStart(2, "0")}`

const defined = (object: object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))

const asked = FastCheck.record({
  total: cents,
  single: some(cents),
  least: some(FastCheck.integer({ min: 1, max: 5 })),
  times: some(FastCheck.integer({ min: 1, max: 4 })),
  end: FastCheck.integer({ min: 1, max: 5 }),
  methods: some(FastCheck.subarray(methods, { minLength: 1 })),
  merchants: some(FastCheck.subarray(merchants, { minLength: 1 })),
  noMerchants: some(FastCheck.subarray(merchants, { minLength: 1 })),
  categories: some(FastCheck.subarray(categories, { minLength: 1 })),
  noCategories: some(FastCheck.subarray(categories, { minLength: 1 }))
})
  .filter(({ least, single }) => least === undefined || single === undefined || least <= single)
  .map((terms) =>
    termsOf({
      max_total_amount: decimal(terms.total),
      validity_end_time: DateTime.formatIso(DateTime.makeUnsafe(now + terms.end * hour)),
      ...defined({ allowed_payment_methods: terms.methods }),
      ext: {
        commerce: defined({
          max_single_amount: terms.single && decimal(terms.single),
          min_single_amount: terms.least && decimal(terms.least),
          allowed_merchants: terms.merchants,
          forbidden_merchants: terms.noMerchants,
          allowed_categories: terms.categories,
          forbidden_categories: terms.noCategories
        }),
        ...(terms.times !== undefined && { vendor_private: { times_limit: terms.times } })
      }
    })
  )

const junk = FastCheck.constantFrom("", " ", "0", "-1", "1e3", "٣", "99999999", "x", "0.001", "*", "any", "__proto__")
/** Mostly nothing, which leaves the field as the page showed it. */
const written = (values: FastCheck.Arbitrary<string>) =>
  FastCheck.oneof(
    { weight: 3, arbitrary: FastCheck.constant(undefined) },
    { weight: 3, arbitrary: FastCheck.array(values, { minLength: 1, maxLength: 2 }) },
    { weight: 1, arbitrary: FastCheck.array(FastCheck.oneof(junk, values), { maxLength: 3 }) }
  )
const field = Narrowing.timeField
const changes = FastCheck.record({
  max_total_amount: written(cents.map(decimal)),
  max_single_amount: written(cents.map(decimal)),
  times_limit: written(FastCheck.integer({ min: 1, max: 6 }).map(String)),
  validity_end_time: written(
    FastCheck.integer({ min: -1, max: 7 }).map((hours) => field(DateTime.makeUnsafe(now + hours * hour)))
  ),
  allowed_payment_methods: written(FastCheck.constantFrom(...methods)),
  allowed_categories: written(FastCheck.constantFrom(...categories)),
  allowed_merchants: written(FastCheck.constantFrom(...merchants))
})

const tries = FastCheck.array(
  FastCheck.record({
    cents,
    before: FastCheck.record({ cents: FastCheck.nat(60), times: FastCheck.nat(5) }),
    at: FastCheck.integer({ min: -1, max: 7 }).map((hours) => now + hours * hour),
    merchant: FastCheck.constantFrom(...merchants),
    category: FastCheck.constantFrom(...categories),
    method: FastCheck.constantFrom(...methods)
  }),
  { minLength: 20, maxLength: 20 }
)

/** The form as the page shows it. */
const untouched = (iac: Iac): URLSearchParams => {
  const commerce = iac.ext?.commerce
  const amount = (money: { readonly minor: bigint } | undefined) =>
    money === undefined ? "" : decimal(Number(money.minor))
  const form = new URLSearchParams({
    max_total_amount: amount(iac.max_total_amount),
    max_single_amount: amount(commerce?.max_single_amount),
    times_limit: String(iac.ext?.vendor_private?.times_limit ?? ""),
    validity_end_time: field(iac.validity_end_time)
  })
  for (const method of iac.allowed_payment_methods ?? methods) form.append("allowed_payment_methods", method)
  for (const code of commerce?.allowed_categories ?? []) form.append("allowed_categories", code)
  for (const id of commerce?.allowed_merchants ?? []) form.append("allowed_merchants", id)
  return form
}

describe("a grant", () => {
  it("never allows what was not asked for, and refused forms grant nothing", () => {
    let grants = 0
    FastCheck.assert(
      FastCheck.property(asked, changes, tries, (iac, changes, tries) => {
        const form = untouched(iac)
        for (const [name, values] of Object.entries(changes)) {
          if (values === undefined) continue
          form.delete(name)
          for (const value of values) form.append(name, value)
        }
        const granted = Narrowing.narrow(iac, form, now)
        if (Result.isFailure(granted)) return assert.isNotEmpty(granted.failure)
        grants++
        for (const one of tries) {
          if (allows(granted.success, one)) assert.isTrue(allows(iac, one), JSON.stringify(one))
        }
        assert.isTrue(Narrowing.isWithin(iac, granted.success))
      }),
      { numRuns: 3_000 }
    )
    assert.isAbove(grants, 100)
  })

  it("is what was asked for where the form was left as it was", () => {
    FastCheck.assert(
      FastCheck.property(asked, (iac) => {
        const granted = Narrowing.narrow(iac, untouched(iac), now)
        // A budget below the smallest payment is nothing that could be granted.
        if (Result.isFailure(granted)) return assert.strictEqual(granted.failure[0]?.problem, "below-minimum")
        assert.deepStrictEqual(granted.success, { ...iac, ext: { ...iac.ext, commerce: { ...iac.ext?.commerce } } })
      }),
      { numRuns: 500 }
    )
  })

  it("keeps the milliseconds of an end that was left as it was", () => {
    const iac = termsOf({ max_total_amount: "1", validity_end_time: "2026-11-23T00:00:01.234Z" })
    const granted = Result.getOrThrow(Narrowing.narrow(iac, untouched(iac), now))
    assert.strictEqual(granted.validity_end_time.epochMilliseconds, Date.UTC(2026, 10, 23, 0, 0, 1, 234))
  })

  it("says at which field it cannot be made, and why", () => {
    const iac = termsOf({
      max_total_amount: "10",
      validity_end_time: "2026-11-23T00:00:00Z",
      ext: { commerce: { min_single_amount: "2" }, vendor_private: { times_limit: 3 } }
    })
    const cases = [
      ["max_total_amount", "10.01", "wider"],
      ["max_total_amount", "", "required"],
      ["max_total_amount", "0", "amount"],
      ["max_total_amount", "1.99", "below-minimum"],
      ["max_single_amount", "1,00", "amount"],
      ["times_limit", "4", "wider"],
      ["times_limit", "1.5", "count"],
      ["validity_end_time", "2026-11-23T08:01", "wider"],
      ["validity_end_time", "2026-11-22T07:59", "past"],
      ["validity_end_time", "tomorrow", "time"],
      ["allowed_payment_methods", "", "none-chosen"],
      ["allowed_payment_methods", "GOLD", "not-offered"],
      ["allowed_categories", "9999", "not-offered"],
      ["allowed_merchants", "a/b", "not-offered"]
    ] as const
    for (const [field, value, problem] of cases) {
      const form = untouched(iac)
      form.set(field, value)
      const refused = Narrowing.narrow(iac, form, now)
      assert.deepStrictEqual(Result.isFailure(refused) && refused.failure, [{ field, problem }], `${field}=${value}`)
    }
  })

  it("is found wider by whichever term is", () => {
    const full: Terms.Terms = {
      max_total_amount: "10",
      validity_start_time: "2026-11-22T00:00:00Z",
      validity_end_time: "2026-11-23T00:00:00Z",
      allowed_payment_methods: ["BALANCE"],
      ext: {
        commerce: {
          max_single_amount: "5",
          min_single_amount: "1",
          allowed_categories: ["7375"],
          forbidden_categories: ["5812"],
          allowed_merchants: ["m"],
          forbidden_merchants: ["n"]
        },
        vendor_private: { times_limit: 3 }
      }
    }
    const commerce = full.ext!.commerce!
    const withCommerce = (change: object) => ({ ...full, ext: { ...full.ext, commerce: { ...commerce, ...change } } })
    const lacking = (name: string) => ({
      ...full,
      ext: { ...full.ext, commerce: Object.fromEntries(Object.entries(commerce).filter(([other]) => other !== name)) }
    })
    const wider: ReadonlyArray<Terms.Terms> = [
      { ...full, max_total_amount: "10.01" },
      { ...full, currency: "USD" },
      { ...full, agent_id: "another" },
      { ...full, validity_start_time: "2026-11-21T23:59:59Z" },
      { ...full, validity_end_time: "2026-11-23T00:00:01Z" },
      { ...full, allowed_payment_methods: ["BALANCE", "CREDIT"] },
      { ...full, ext: { commerce } },
      { ...full, ext: { commerce, vendor_private: { times_limit: 4 } } },
      withCommerce({ max_single_amount: "5.01" }),
      withCommerce({ min_single_amount: "0.99" }),
      withCommerce({ allowed_categories: ["7375", "5734"] }),
      withCommerce({ forbidden_categories: [] }),
      withCommerce({ allowed_merchants: ["m", "o"] }),
      withCommerce({ forbidden_merchants: ["o"] }),
      ...Object.keys(commerce).map(lacking)
    ]
    const iac = termsOf(full)
    assert.isTrue(Narrowing.isWithin(iac, iac))
    for (const terms of wider) assert.isFalse(Narrowing.isWithin(iac, termsOf(terms)), JSON.stringify(terms))
    const { allowed_payment_methods: _, ...any } = full
    assert.isFalse(Narrowing.isWithin(iac, termsOf(any)))
  })
})
