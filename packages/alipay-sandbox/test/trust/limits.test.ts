/** The terms of a token hold to the last minor unit and the last millisecond, whether they are in it or at the platform. */
import { assert, describe, it } from "@effect/vitest"
import type { Charge } from "@paylayer/core/Charge"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { Terms } from "../../src/Terms.ts"
import { charge, code, inWorld, issue, noon, seller, verify } from "./world.ts"

interface Row {
  readonly terms: Terms
  readonly amount?: string
  readonly currency?: Charge["money"]["currency"]
  readonly uncategorised?: boolean
  readonly session?: string
  /** Milliseconds after noon. */
  readonly at?: number
  readonly expected: string
}

const commerce = (limits: NonNullable<NonNullable<Terms["ext"]>["commerce"]>, more: Terms = {}): Terms => ({
  ...more,
  ext: { commerce: limits }
})

const inCurrency = (currency: string): Terms => commerce({ max_single_amount: "15.00" }, { currency })
const window: Terms = { validity_start_time: "2026-11-22T12:00:10Z", validity_end_time: "2026-11-22T12:00:20Z" }

const rows: { readonly [promise: string]: ReadonlyArray<Row> } = {
  "the limit for one charge is a limit to the fen": [
    { terms: commerce({ max_single_amount: "15.00" }), amount: "14.99", expected: "ok" },
    { terms: commerce({ max_single_amount: "15.00" }), amount: "15.00", expected: "ok" },
    { terms: commerce({ max_single_amount: "15.00" }), amount: "15.01", expected: "limit_exceeded" },
    { terms: commerce({ min_single_amount: "1.00" }), amount: "0.99", expected: "limit_exceeded" },
    { terms: commerce({ min_single_amount: "1.00" }), amount: "1.00", expected: "ok" },
    { terms: commerce({ min_single_amount: "1.00" }), amount: "1.01", expected: "ok" }
  ],
  "no charge is larger than the whole budget": [
    { terms: { max_total_amount: "15.00" }, amount: "14.99", expected: "ok" },
    { terms: { max_total_amount: "15.00" }, amount: "15.00", expected: "ok" },
    { terms: { max_total_amount: "15.00" }, amount: "15.01", expected: "budget_exceeded" }
  ],
  "beyond what a float can count, a limit is exact": [
    {
      terms: commerce({ max_single_amount: "90071992547409.93" }, { max_total_amount: "90071992547409.99" }),
      amount: "90071992547409.93",
      expected: "ok"
    },
    {
      terms: commerce({ max_single_amount: "90071992547409.93" }, { max_total_amount: "90071992547409.99" }),
      amount: "90071992547409.94",
      expected: "limit_exceeded"
    }
  ],
  "a limit in one currency allows nothing in another": [
    { terms: inCurrency("USD"), currency: "USD", amount: "15.00", expected: "ok" },
    { terms: inCurrency("USD"), currency: "USD", amount: "15.01", expected: "limit_exceeded" },
    { terms: inCurrency("EUR"), currency: "EUR", amount: "15.00", expected: "ok" },
    { terms: inCurrency("EUR"), currency: "EUR", amount: "15.01", expected: "limit_exceeded" },
    { terms: inCurrency("USD"), currency: "CNY", amount: "0.01", expected: "currency_not_allowed" },
    { terms: inCurrency("CNY"), currency: "USD", amount: "0.01", expected: "currency_not_allowed" },
    {
      terms: { currency: "JPY", max_total_amount: "5000" },
      currency: "CNY",
      amount: "0.01",
      expected: "currency_not_allowed"
    },
    { terms: inCurrency("EUR"), currency: "USD", amount: "0.01", expected: "currency_not_allowed" }
  ],
  "the window is open at its start and closed at its end": [
    { terms: window, at: 9_999, expected: "credential_not_yet_valid" },
    { terms: window, at: 10_000, expected: "ok" },
    { terms: window, at: 19_999, expected: "ok" },
    { terms: window, at: 20_000, expected: "credential_expired" }
  ],
  "only merchants that are allowed, and not forbidden, are paid": [
    { terms: commerce({ allowed_merchants: [seller] }), expected: "ok" },
    { terms: commerce({ allowed_merchants: ["2088000000000001"] }), expected: "merchant_not_allowed" },
    { terms: commerce({ allowed_merchants: [] }), expected: "merchant_not_allowed" },
    { terms: commerce({ forbidden_merchants: [seller] }), expected: "merchant_not_allowed" },
    { terms: commerce({ forbidden_merchants: ["2088000000000001"] }), expected: "ok" },
    {
      terms: commerce({ allowed_merchants: [seller], forbidden_merchants: [seller] }),
      expected: "merchant_not_allowed"
    }
  ],
  "only categories that are allowed, and not forbidden, are paid for": [
    { terms: commerce({ allowed_categories: ["5812", "5734"] }), expected: "ok" },
    { terms: commerce({ allowed_categories: ["5812"] }), expected: "category_not_allowed" },
    { terms: commerce({ allowed_categories: [] }), expected: "category_not_allowed" },
    { terms: commerce({ forbidden_categories: ["5734"] }), expected: "category_not_allowed" },
    {
      terms: commerce({ allowed_categories: ["5734"], forbidden_categories: ["5734"] }),
      expected: "category_not_allowed"
    },
    { terms: commerce({ allowed_categories: ["5734"] }), uncategorised: true, expected: "category_not_allowed" },
    { terms: commerce({ allowed_categories: ["573"] }), expected: "category_not_allowed" }
  ],
  "a session's token is good in that session only": [
    { terms: { sid: "session_1" }, session: "session_1", expected: "ok" },
    { terms: { sid: "session_1" }, session: "Session_1", expected: "session_mismatch" },
    { terms: { sid: "session_1" }, session: "", expected: "session_mismatch" },
    { terms: { sid: "session_1" }, expected: "session_mismatch" },
    { terms: {}, session: "session_1", expected: "ok" }
  ],
  "a preference that nobody here can honour is not ignored": [
    { terms: { allowed_payment_methods: ["BALANCE"] }, expected: "ok" },
    { terms: { allowed_payment_methods: ["credit"] }, expected: "ok" },
    { terms: { allowed_payment_methods: ["SHELLS", "HUABEI_INSTALLMENTS"] }, expected: "ok" },
    { terms: { allowed_payment_methods: ["SHELLS"] }, expected: "preference_not_allowed" },
    { terms: { allowed_payment_methods: [] }, expected: "preference_not_allowed" }
  ]
}

const outcomeOf = ({ amount, at = 0, currency, session, terms, uncategorised = false }: Row, opaque: boolean) =>
  inWorld(
    Effect.gen(function* () {
      const { token } = yield* issue({ ...terms, opaque })
      yield* TestClock.setTime(noon + at)
      const { category, ...plain } = charge(amount, currency)
      return yield* code(verify(token, uncategorised ? plain : { ...plain, category }, session))
    })
  )

for (const [promise, all] of Object.entries(rows)) {
  describe(promise, () => {
    for (const kind of ["signed", "opaque"] as const) {
      it.effect(`with ${kind} tokens`, () =>
        Effect.gen(function* () {
          for (const row of all) {
            assert.strictEqual(yield* outcomeOf(row, kind === "opaque"), row.expected, JSON.stringify(row))
          }
        })
      )
    }
  })
}
