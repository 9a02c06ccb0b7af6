import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import { ask, order, pay, payment, platform, prepay, reason } from "./merchant.ts"

const onPlatform = <A, E>(effect: Effect.Effect<A, E, any>) =>
  effect.pipe(Effect.provide(platform)) as Effect.Effect<A, E>

const Prepay = "alipay.trade.order.prepay"
const Refund = "alipay.trade.refund"

describe("an order", () => {
  it.effect("keeps its prepayment id for two hours, and gets another one then", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue({ validity_end_time: "1970-01-02T00:00:00Z" })
        const first = yield* prepay("a", "1.00")
        yield* TestClock.adjust("119 minutes")
        assert.strictEqual(yield* prepay("a", "1.00"), first)
        yield* TestClock.adjust("1 minute")
        const late = yield* ask("alipay.trade.agent.delegation.pay", payment(first, token))
        assert.strictEqual(reason(late), "ACQ.ORDER_NOT_EXIST")
        const second = yield* prepay("a", "1.00")
        assert.notStrictEqual(second, first)
        assert.strictEqual(reason(yield* ask("alipay.trade.agent.delegation.pay", payment(second, token))), "10000")
      })
    )
  )

  it.effect("is not another order under the same number", () =>
    onPlatform(
      Effect.gen(function* () {
        yield* prepay("a", "1.00")
        for (const other of [
          order("a", "1.01"),
          order("a", "1.00", { trans_currency: "USD" }),
          order("a", "1.00", { seller_id: "2088111111111111" }),
          order("a", "1.00", { business_params: { mcc_code: "5734" } }),
          order("a", "1.00", { subject: "another" })
        ]) {
          assert.strictEqual(reason(yield* ask(Prepay, other)), "ACQ.CONTEXT_INCONSISTENT")
        }
      })
    )
  )

  it.effect("is refused for what is not an amount, and for what is no order", () =>
    onPlatform(
      Effect.gen(function* () {
        for (const amount of ["0", "0.00", "-1.00", "1.001", "1e2", "01.00", "", " 1.00", "NaN", 0, -1, 1.001, 1e21]) {
          const answer = yield* ask(Prepay, order("a", amount as string))
          assert.strictEqual(reason(answer), "ACQ.INVALID_PARAMETER", String(amount))
        }
        assert.strictEqual(reason(yield* ask(Prepay, order("a", "100000000.01"))), "ACQ.TOTAL_FEE_EXCEED")
        for (const wrong of [
          order("a-b", "1"),
          order("a".repeat(65), "1"),
          order("a", "1", { subject: "a/b" }),
          {},
          []
        ]) {
          assert.strictEqual(reason(yield* ask(Prepay, wrong)), "ACQ.INVALID_PARAMETER")
        }
      })
    )
  )

  it.effect("is in CNY, USD or EUR, and paid by a delegation in the same", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        for (const currency of ["USD", "EUR"]) {
          const token = yield* sandbox.issue({ currency })
          const paid = yield* pay(token, currency, "1.00", { trans_currency: currency, settle_currency: "CNY" })
          assert.strictEqual(reason(paid), "10000")
          const found = yield* ask("alipay.trade.query", { out_trade_no: currency })
          assert.strictEqual(found["trans_currency"], currency)
          assert.strictEqual(found["settle_currency"], "CNY")
          assert.strictEqual(found["settle_amount"], currency === "USD" ? "7.10" : "7.70")
        }
        const currencies = (yield* sandbox.movements).map(({ currency }) => currency)
        assert.deepStrictEqual(currencies, ["USD", "EUR"])
        const refused = yield* ask(Prepay, order("jpy", "100", { trans_currency: "JPY" }))
        assert.strictEqual(reason(refused), "ACQ.CURRENCY_NOT_SUPPORT")
        for (const [trans_currency, settle_currency] of [
          ["CNY", "USD"],
          ["USD", "EUR"],
          ["EUR", "USD"]
        ]) {
          const uncontracted = yield* ask(Prepay, order("x", "1.00", { trans_currency, settle_currency }))
          assert.strictEqual(reason(uncontracted), "ACQ.AMOUNT_OR_CURRENCY_ERROR")
        }
      })
    )
  )

  it.effect("tells its fate to anybody who asks, by either number", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue({ allowed_payment_methods: ["HUABEI_INSTALLMENTS"] })
        assert.strictEqual(reason(yield* ask("alipay.trade.query", { out_trade_no: "a" })), "ACQ.TRADE_NOT_EXIST")
        assert.strictEqual(reason(yield* ask("alipay.trade.query", {})), "ACQ.INVALID_PARAMETER")
        yield* prepay("a", "15.00")
        const open = yield* ask("alipay.trade.query", { out_trade_no: "a" })
        assert.strictEqual(open["trade_status"], "WAIT_BUYER_PAY")
        const { trade_no } = yield* pay(token, "a", "15.00")
        const paid = yield* ask("alipay.trade.query", { trade_no })
        assert.deepStrictEqual(paid, {
          code: "10000",
          msg: "Success",
          out_trade_no: "a",
          trade_no,
          trade_status: "TRADE_SUCCESS",
          total_amount: "15.00",
          subject: "市场报告",
          buyer_user_id: "2088000000000001",
          buyer_pay_amount: "15.00",
          receipt_amount: "15.00",
          send_pay_date: "1970-01-01 08:00:00",
          fund_bill_list: [{ fund_channel: "PCREDIT", amount: "15.00" }]
        })
        const mixed = yield* ask("alipay.trade.query", { out_trade_no: "a", trade_no: "1" })
        assert.strictEqual(reason(mixed), "ACQ.TRADE_NOT_EXIST")
      })
    )
  )

  it.effect("is never paid once it is closed, and never closed once it is paid", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue()
        const id = yield* prepay("a", "1.00")
        assert.strictEqual(reason(yield* ask("alipay.trade.close", { out_trade_no: "a" })), "10000")
        assert.strictEqual(reason(yield* ask("alipay.trade.close", { out_trade_no: "a" })), "ACQ.TRADE_STATUS_ERROR")
        const paid = yield* ask("alipay.trade.agent.delegation.pay", payment(id, token))
        assert.strictEqual(reason(paid), "ACQ.TRADE_HAS_CLOSE")
        assert.strictEqual(reason(yield* ask(Prepay, order("a", "1.00"))), "ACQ.TRADE_HAS_CLOSE")
        yield* pay(token, "b", "1.00")
        assert.strictEqual(reason(yield* ask("alipay.trade.close", { out_trade_no: "b" })), "ACQ.TRADE_STATUS_ERROR")
        assert.strictEqual(reason(yield* ask("alipay.trade.close", { out_trade_no: "c" })), "ACQ.TRADE_NOT_EXIST")
        assert.strictEqual((yield* sandbox.movements).length, 1)
      })
    )
  )

  it.effect("is undone by a cancellation: closed while unpaid, given back once paid, both once", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue()
        const cancel = (out_trade_no: string) => ask("alipay.trade.cancel", { out_trade_no })
        assert.strictEqual((yield* cancel("nobody"))["action"], "close")
        yield* prepay("a", "1.00")
        assert.strictEqual((yield* cancel("a"))["action"], "close")
        assert.strictEqual(reason(yield* ask(Prepay, order("a", "1.00"))), "ACQ.TRADE_HAS_CLOSE")
        yield* pay(token, "b", "2.00")
        yield* ask(Refund, { out_trade_no: "b", refund_amount: "0.50", out_request_no: "r" })
        assert.strictEqual((yield* cancel("b"))["action"], "refund")
        assert.strictEqual((yield* cancel("b"))["action"], "refund")
        const amounts = (yield* sandbox.movements).map(({ amount, kind }) => `${kind} ${amount}`)
        assert.deepStrictEqual(amounts, ["charge 2.00", "refund 0.50", "refund 1.50"])
      })
    )
  )
})

describe("a refund", () => {
  it.effect("is made once for a request number", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue()
        yield* pay(token, "a", "10.00")
        const request = { out_trade_no: "a", refund_amount: "4.00", out_request_no: "r1" }
        const first = yield* ask(Refund, request)
        assert.deepInclude(first, { code: "10000", fund_change: "Y", refund_fee: "4.00" })
        assert.deepInclude(yield* ask(Refund, request), { code: "10000", fund_change: "N", refund_fee: "4.00" })
        const other = yield* ask(Refund, { ...request, refund_amount: "4.01" })
        assert.strictEqual(reason(other), "ACQ.DISCORDANT_REPEAT_REQUEST")
        assert.strictEqual((yield* sandbox.movements).length, 2)
        const Query = "alipay.trade.fastpay.refund.query"
        const found = yield* ask(Query, { out_trade_no: "a", out_request_no: "r1" })
        assert.deepInclude(found, { refund_status: "REFUND_SUCCESS", refund_amount: "4.00", total_amount: "10.00" })
        const none = yield* ask(Query, { out_trade_no: "a", out_request_no: "r2" })
        assert.strictEqual(none["code"], "10000")
        assert.isUndefined(none["refund_status"])
      })
    )
  )

  it.effect("is never more than was taken, and gives no budget back", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue({ max_total_amount: "10.00" })
        yield* pay(token, "a", "10.00")
        const refund = (out_request_no: string, refund_amount: string) =>
          ask(Refund, { out_trade_no: "a", refund_amount, out_request_no })
        assert.strictEqual(reason(yield* refund("r1", "10.01")), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
        assert.strictEqual(reason(yield* refund("r2", "9.99")), "10000")
        assert.strictEqual(reason(yield* refund("r3", "0.02")), "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
        assert.strictEqual(reason(yield* refund("r4", "0.01")), "10000")
        const found = yield* ask("alipay.trade.query", { out_trade_no: "a" })
        assert.strictEqual(found["trade_status"], "TRADE_CLOSED")
        assert.strictEqual((yield* sandbox.token(token.id)).remaining.minor, 0n)
      })
    )
  )

  it.effect("needs a paid order, a request number unless it is whole, and the order's currency", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue()
        const whole = { out_trade_no: "a", refund_amount: "10.00" }
        assert.strictEqual(reason(yield* ask(Refund, whole)), "ACQ.TRADE_NOT_EXIST")
        yield* prepay("a", "10.00")
        assert.strictEqual(reason(yield* ask(Refund, whole)), "ACQ.TRADE_STATUS_ERROR")
        yield* pay(token, "a", "10.00")
        assert.strictEqual(reason(yield* ask(Refund, { ...whole, refund_amount: "1.00" })), "ACQ.INVALID_PARAMETER")
        const foreign = yield* ask(Refund, { ...whole, refund_currency: "USD" })
        assert.strictEqual(reason(foreign), "ACQ.AMOUNT_OR_CURRENCY_ERROR")
        assert.strictEqual(reason(yield* ask(Refund, whole)), "10000")
        assert.strictEqual((yield* ask(Refund, whole))["fund_change"], "N")
      })
    )
  )
})
