import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import type { Terms } from "../src/Terms.ts"
import { ask, order, pay, payment, platform, prepay, reason } from "./merchant.ts"

const Pay = "alipay.trade.agent.delegation.pay"

const onPlatform = <A, E>(effect: Effect.Effect<A, E, any>) =>
  effect.pipe(Effect.provide(platform)) as Effect.Effect<A, E>

const refusedWith = (terms: Terms, amount: string, expected: string, more: object = {}) =>
  onPlatform(
    Effect.gen(function* () {
      const sandbox = yield* AlipaySandbox
      const token = yield* sandbox.issue(terms)
      assert.strictEqual(reason(yield* pay(token, "order_1", amount, more)), expected)
      assert.deepStrictEqual(yield* sandbox.movements, [])
    })
  )

describe("a delegation pays", () => {
  it.effect("once for one order", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue({ max_total_amount: "50.00" })
        const first = yield* pay(token, "order_1", "15.00")
        assert.strictEqual(first["code"], "10000")
        assert.match(first["trade_no"], /^\d{28}$/)
        assert.strictEqual(reason(yield* pay(token, "order_2", "15")), "10000")
        const again = yield* ask("alipay.trade.order.prepay", order("order_1", "15.00"))
        assert.strictEqual(reason(again), "ACQ.TRADE_HAS_SUCCESS")
        const [one, two] = yield* sandbox.movements
        assert.deepStrictEqual(
          { ...one, at: "" },
          {
            movement_id: "movement_1",
            kind: "charge",
            out_trade_no: "order_1",
            trade_no: first["trade_no"],
            delegation_id: token.delegation_id,
            amount: "15.00",
            currency: "CNY",
            at: ""
          }
        )
        assert.strictEqual(two?.amount, "15.00")
        assert.strictEqual((yield* sandbox.token(token.id)).remaining.minor, 2000n)
      })
    )
  )

  it.effect("no second time for the same prepayment id", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue()
        const id = yield* prepay("order_1", "15.00")
        assert.strictEqual(reason(yield* ask(Pay, payment(id, token))), "10000")
        assert.strictEqual(reason(yield* ask(Pay, payment(id, token))), "ACQ.TRADE_HAS_SUCCESS")
        assert.strictEqual((yield* sandbox.movements).length, 1)
      })
    )
  )

  it.effect("exactly as often as its budget allows when twenty ask at once", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue({ max_total_amount: "70.00" })
        const ids = yield* Effect.forEach(Array.from({ length: 20 }), (_, n) => prepay(`order_${n}`, "10.00"))
        const answers = yield* Effect.forEach(ids, (id) => ask(Pay, payment(id, token)), { concurrency: 20 })
        assert.strictEqual(answers.filter((answer) => answer["code"] === "10000").length, 7)
        const others = answers.filter((answer) => answer["code"] !== "10000")
        assert.deepStrictEqual(new Set(others.map(reason)), new Set(["ACQ.DELEGATION_TOTAL_FEE_EXCEED"]))
        const movements = yield* sandbox.movements
        assert.strictEqual(movements.length, 7)
        assert.isTrue(movements.every(({ amount }) => amount === "10.00"))
        assert.strictEqual((yield* sandbox.token(token.id)).status, "FINISHED")
      })
    )
  )
})

describe("a delegation refuses", () => {
  const cases = {
    "more than is left": [{ max_total_amount: "14.99" }, "15.00", "ACQ.DELEGATION_TOTAL_FEE_EXCEED"],
    "more than one charge may be": [
      { ext: { commerce: { max_single_amount: 14.99 } } },
      "15.00",
      "ACQ.DELEGATION_SINGLE_FEE_EXCEED"
    ],
    "less than one charge must be": [
      { ext: { commerce: { min_single_amount: "15.01" } } },
      "15.00",
      "ACQ.DELEGATION_SINGLE_FEE_BELOW"
    ],
    "another currency": [{ currency: "USD" }, "15.00", "ACQ.AMOUNT_OR_CURRENCY_ERROR"],
    "a merchant that is not allowed": [
      { ext: { commerce: { allowed_merchants: ["2088111111111111"] } } },
      "15.00",
      "ACQ.DELEGATION_MERCHANT_NOT_ALLOWED"
    ],
    "a merchant that is forbidden": [
      { ext: { commerce: { forbidden_merchants: ["2088000000000000"] } } },
      "15.00",
      "ACQ.DELEGATION_MERCHANT_NOT_ALLOWED"
    ],
    "every merchant, by an empty list": [
      { ext: { commerce: { allowed_merchants: [] } } },
      "15.00",
      "ACQ.DELEGATION_MERCHANT_NOT_ALLOWED"
    ],
    "a category that is not allowed": [
      { ext: { commerce: { allowed_categories: ["5734"] } } },
      "15.00",
      "ACQ.DELEGATION_CATEGORY_NOT_ALLOWED",
      { business_params: { mcc_code: "7372" } }
    ],
    "an order without a category where categories are listed": [
      { ext: { commerce: { allowed_categories: ["5734"] } } },
      "15.00",
      "ACQ.DELEGATION_CATEGORY_NOT_ALLOWED"
    ],
    "a category that is forbidden, even if it is allowed": [
      { ext: { commerce: { allowed_categories: ["5734"], forbidden_categories: ["5734"] } } },
      "15.00",
      "ACQ.DELEGATION_CATEGORY_NOT_ALLOWED",
      { business_params: { mcc_code: "5734" } }
    ],
    "a channel that the principal does not prefer": [
      { allowed_payment_methods: ["BALANCE"] },
      "15.00",
      "ACQ.DELEGATION_PAYMENT_METHOD_NOT_ALLOWED",
      { extend_params: { hb_fq_num: "3", hb_fq_seller_percent: "0" } }
    ],
    "anything before its time": [{ validity_start_time: "1970-01-01T01:00:00Z" }, "15.00", "ACQ.AGREEMENT_INVALID"],
    "anything after its time": [{ validity_end_time: "1970-01-01T00:00:00Z" }, "15.00", "ACQ.AGREEMENT_INVALID"]
  } as const

  for (const [promise, [terms, amount, expected, more]] of Object.entries(cases)) {
    it.effect(promise, () => refusedWith(terms as Terms, amount, expected, more))
  }

  it.effect("one charge too many", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue({ ext: { vendor_private: { times_limit: 2 } } })
        const answers = yield* Effect.forEach(["a", "b", "c"], (name) => pay(token, name, "1.00"))
        assert.deepStrictEqual(answers.map(reason), ["10000", "10000", "ACQ.DELEGATION_TOTAL_TIMES_EXCEED"])
      })
    )
  )

  it.effect("anything from the moment at which it ends", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue({ validity_end_time: "1970-01-01T00:00:10Z" })
        yield* TestClock.adjust(9_999)
        assert.strictEqual(reason(yield* pay(token, "last", "1.00")), "10000")
        yield* TestClock.adjust(1)
        assert.strictEqual(reason(yield* pay(token, "late", "1.00")), "ACQ.AGREEMENT_INVALID")
        assert.strictEqual((yield* sandbox.token(token.id)).status, "EXPIRED")
      })
    )
  )

  it.effect("everything while it is suspended, and for good once it is revoked", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue()
        assert.strictEqual((yield* sandbox.suspend(token.id)).status, "INVALID")
        assert.strictEqual(reason(yield* pay(token, "a", "1.00")), "ACQ.AGREEMENT_INVALID")
        assert.strictEqual((yield* sandbox.resume(token.id)).status, "NORMAL")
        assert.strictEqual(reason(yield* pay(token, "b", "1.00")), "10000")
        assert.strictEqual((yield* sandbox.revoke(token.id)).status, "CANCELLED")
        assert.strictEqual((yield* sandbox.resume(token.id)).status, "CANCELLED")
        assert.strictEqual(reason(yield* pay(token, "c", "1.00")), "ACQ.AGREEMENT_INVALID")
        assert.strictEqual((yield* sandbox.movements).length, 1)
      })
    )
  )

  it.effect("a caller who does not know its agreement, or names another agent", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue()
        const other = yield* sandbox.issue()
        const id = yield* prepay("a", "1.00")
        const mixed = yield* ask(Pay, { ...payment(id, token), agreement_no: other.agreement_no })
        assert.strictEqual(reason(mixed), "ACQ.AGREEMENT_NOT_EXIST")
        const wrong = yield* ask(Pay, { ...payment(id, token), agent_id: "somebody" })
        assert.strictEqual(reason(wrong), "ACQ.AGREEMENT_NOT_EXIST")
        assert.strictEqual(reason(yield* ask(Pay, payment("none", token))), "ACQ.ORDER_NOT_EXIST")
      })
    )
  )
})
