import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import type { OpenPlatform } from "../src/OpenPlatform.ts"
import type { OpenPlatformError } from "../src/OpenPlatformError.ts"
import * as Trade from "../src/Trade.ts"
import { platform, rawOf, signed, succeeding } from "./gateway.ts"

type Call<A> = Effect.Effect<A, OpenPlatformError, OpenPlatform>

const sent = <A>(call: Call<A>, members: object) =>
  Effect.gen(function* () {
    const seen: Array<unknown> = []
    const layer = platform(({ parameters, biz }) => {
      seen.push(parameters["method"], biz)
      return signed(`${parameters["method"]?.replaceAll(".", "_")}_response`, rawOf({ code: "10000", ...members }))
    })
    yield* call.pipe(Effect.provide(layer))
    return seen
  })
const order = { out_trade_no: "order_1", total: Money.of("CNY", 1510n), subject: "a/b=c&d 晴天" }

describe("prepay", () => {
  it.effect("sends Alipay's fields, amounts in yuan", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* sent(Trade.prepay(order), { prepay_id: "P1" }), [
        "alipay.trade.order.prepay",
        {
          out_trade_no: "order_1",
          total_amount: "15.10",
          subject: "a b c d 晴天",
          product_code: "QUICK_MSECURITY_PAY",
          payment_type: "agent_pay"
        }
      ])
    })
  )

  it.effect("names currencies where they are not CNY, and preferences where there are some", () =>
    Effect.gen(function* () {
      const [, usd] = yield* sent(
        Trade.prepay({
          ...order,
          total: Money.of("USD", 5n),
          seller_id: "2088000000000001",
          mcc_code: "5411",
          enable_pay_channels: ["balance", "credit_group"],
          instalments: { count: 6, sellerPercent: "100" }
        }),
        { prepay_id: "P1" }
      )
      assert.deepStrictEqual(usd, {
        out_trade_no: "order_1",
        total_amount: "0.05",
        subject: "a b c d 晴天",
        product_code: "QUICK_MSECURITY_PAY",
        payment_type: "agent_pay",
        seller_id: "2088000000000001",
        trans_currency: "USD",
        settle_currency: "USD",
        business_params: { mcc_code: "5411" },
        enable_pay_channels: "balance,credit_group",
        extend_params: { hb_fq_num: "6", hb_fq_seller_percent: "100" }
      })
      const [, mixed] = yield* sent(Trade.prepay({ ...order, settle_currency: "EUR" }), { prepay_id: "P1" })
      assert.deepInclude(mixed as object, { trans_currency: "CNY", settle_currency: "EUR" })
    })
  )

  it.effect("cuts a subject between characters", () =>
    Effect.gen(function* () {
      const [, biz] = yield* sent(Trade.prepay({ ...order, subject: "😀".repeat(300) }), { prepay_id: "P1" })
      assert.strictEqual((biz as { subject: string }).subject, "😀".repeat(256))
    })
  )
})

describe("a charge", () => {
  it.effect("names the order, the delegation and the agent, and answers Alipay's number", () =>
    Effect.gen(function* () {
      const payment = { prepay_id: "P1", agreement_no: "A1", delegation_id: "D1", agent_id: "agent-1" }
      assert.deepStrictEqual(yield* sent(Trade.delegationPay(payment), { trade_no: "T1" }), [
        "alipay.trade.agent.delegation.pay",
        payment
      ])
      const { trade_no } = yield* Trade.delegationPay(payment).pipe(Effect.provide(succeeding({ trade_no: "T1" })))
      assert.strictEqual(trade_no, "T1")
    })
  )

  it.effect("without a number in its answer is an unknown outcome", () =>
    Effect.gen(function* () {
      const pay = Trade.delegationPay({ prepay_id: "P1", agreement_no: "A1", delegation_id: "D1" })
      for (const members of [{}, { trade_no: "" }, { trade_no: 1 }]) {
        const error = yield* Effect.flip(pay.pipe(Effect.provide(succeeding(members))))
        assert.deepStrictEqual([error.reason._tag, error.outcome], ["Malformed", "unknown"])
      }
    })
  )
})

describe("a query", () => {
  const answer = {
    out_trade_no: "order_1",
    trade_no: "T1",
    trade_status: "TRADE_SUCCESS",
    total_amount: "15.10",
    buyer_user_id: "2088102",
    send_pay_date: "2026-01-31 08:00:00",
    fund_bill_list: [{ fund_channel: "PCREDIT", amount: "15.10", fund_type: "x" }]
  }
  const query = (members: object, number: Trade.TradeNumber = { out_trade_no: "order_1" }) =>
    Trade.query(number).pipe(Effect.provide(succeeding({ ...answer, ...members })))

  it.effect("tells what became of the order", () =>
    Effect.gen(function* () {
      const trade = yield* query({})
      assert.deepStrictEqual(trade.total_amount, Money.of("CNY", 1510n))
      assert.strictEqual(trade.send_pay_date?.epochMilliseconds, 1_769_817_600_000)
      const paid = []
      for (const trade_status of ["WAIT_BUYER_PAY", "TRADE_CLOSED", "TRADE_SUCCESS", "TRADE_FINISHED"]) {
        paid.push(Trade.isPaid(yield* query({ trade_status })))
      }
      assert.deepStrictEqual(paid, [false, false, true, true])
      const foreign = yield* query({ trans_currency: "USD", settle_currency: "EUR" })
      assert.deepStrictEqual([foreign.total_amount, foreign.settle_currency], [Money.of("USD", 1510n), "EUR"])
      const told = []
      for (const members of [
        {},
        { trans_currency: "USD", settle_currency: "EUR" },
        { trans_currency: "USD", settle_currency: "CNY", settle_amount: "107.21" },
        { trans_currency: "JPY", settle_currency: "CNY", total_amount: "1510", settle_amount: "71.12" },
        // In what, nobody says.
        { settle_amount: "1.00" }
      ]) {
        told.push(Trade.settlement(yield* query(members)))
      }
      assert.deepStrictEqual(told, [
        undefined,
        { currency: "EUR" },
        Money.of("CNY", 10_721n),
        Money.of("CNY", 7_112n),
        undefined
      ])
    })
  )

  it.effect("about another trade, or with a status nobody knows, is not believed", () =>
    Effect.gen(function* () {
      for (const members of [
        { out_trade_no: "order_2" },
        { trade_status: "PAID" },
        { trans_currency: "RMB" },
        { settle_currency: "RMB" },
        { settle_currency: "CNY", settle_amount: "1.001" },
        { total_amount: "1.5e1" }
      ]) {
        assert.strictEqual((yield* Effect.flip(query(members))).reason._tag, "Malformed")
      }
      assert.strictEqual((yield* Effect.flip(query({ trade_no: "T2" }, { trade_no: "T1" }))).reason._tag, "Malformed")
      assert.strictEqual((yield* query({}, { trade_no: "T1" })).out_trade_no, "order_1")
    })
  )
})

describe("close", () => {
  it.effect("names the order", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* sent(Trade.close({ out_trade_no: "order_1" }), { trade_no: "T1" }), [
        "alipay.trade.close",
        { out_trade_no: "order_1" }
      ])
    })
  )
})

describe("a refund", () => {
  const number = { out_trade_no: "order_1", out_request_no: "r-1" }
  const cny = { ...number, amount: Money.of("CNY", 505n), refund_reason: "too late" }

  it.effect("sends its own number, and names the currency where it is not CNY", () =>
    Effect.gen(function* () {
      const answer = { out_trade_no: "order_1", fund_change: "Y" }
      assert.deepStrictEqual(yield* sent(Trade.refund(cny), answer), [
        "alipay.trade.refund",
        { ...number, refund_reason: "too late", refund_amount: "5.05" }
      ])
      const [, usd] = yield* sent(Trade.refund({ ...number, amount: Money.of("USD", 5n) }), answer)
      assert.deepStrictEqual(usd, { ...number, refund_amount: "0.05", refund_currency: "USD" })
      assert.deepStrictEqual(yield* sent(Trade.refundQuery(number, "CNY"), number), [
        "alipay.trade.fastpay.refund.query",
        number
      ])
      assert.deepStrictEqual(yield* sent(Trade.cancel({ out_trade_no: "order_1" }), { action: "close" }), [
        "alipay.trade.cancel",
        { out_trade_no: "order_1" }
      ])
    })
  )

  it.effect("is not believed to be made by an answer about another order or another refund", () =>
    Effect.gen(function* () {
      const other = { out_trade_no: "order_2", fund_change: "Y", refund_status: "REFUND_SUCCESS" }
      const second = { ...number, out_request_no: "r-2", refund_status: "REFUND_SUCCESS" }
      for (const [call, answer] of [
        [Trade.refund(cny), other],
        [Trade.refundQuery(number, "CNY"), other],
        [Trade.refundQuery(number, "CNY"), second]
      ] as ReadonlyArray<readonly [Call<unknown>, object]>) {
        const { outcome, reason } = yield* Effect.flip(sent(call, answer))
        assert.deepStrictEqual([reason._tag, outcome], ["Malformed", "unknown"])
      }
    })
  )
})
