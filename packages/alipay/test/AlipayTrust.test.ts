/** What goes to Alipay for a charge, and how answers are read that the sandbox never gives. */
import { assert, describe, it } from "@effect/vitest"
import type { Charge } from "@paylayer/core/Charge"
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { AlipayConfig } from "../src/AlipayConfig.ts"
import { AlipayTrust, type Grant } from "../src/AlipayTrust.ts"
import { config, platform, rawOf, signed } from "./gateway.ts"

const noon = DateTime.makeUnsafe("2026-11-22T12:00:00Z")

const charge: Charge = {
  id: "ch_00000000000000000000000000000001",
  money: Money.of("CNY", 1500n),
  merchant: "2088000000000007",
  method: "POST",
  resource: "/reports?token=private",
  binding: "binding",
  openedAt: noon,
  expiresAt: DateTime.add(noon, { minutes: 15 })
}

const grant: Grant = {
  mandate: { id: "d", payer: "p", preference: [{ kind: "credit" }, { kind: "balance" }] },
  agreementNo: "2026",
  delegationId: "d"
}

type Answers = { readonly [method: string]: object }

const notExist = { code: "40004", sub_code: "ACQ.TRADE_NOT_EXIST" }
const prepaid = { code: "10000", prepay_id: "p1" }
const trade = (trade_status: string) => ({
  code: "10000",
  out_trade_no: charge.id,
  trade_no: "2026112222001400000000000001",
  trade_status,
  total_amount: "15.00"
})

/** The plug-in in front of a gateway that knows these answers, and what it was asked. */
const over = (answers: Answers, settings: Partial<AlipayConfig["Service"]> = {}) => {
  const asked: Array<readonly [string, Record<string, unknown>]> = []
  const layer = AlipayTrust.layer.pipe(
    Layer.provide(
      platform(({ biz, parameters }) => {
        const method = parameters["method"] ?? ""
        asked.push([method, biz])
        return signed(`${method.replaceAll(".", "_")}_response`, rawOf(answers[method] ?? { code: "99999" }))
      })
    ),
    Layer.provide(Layer.succeed(AlipayConfig, { ...config, ...settings }))
  )
  return { asked, layer }
}

const at = <A, E, R>(minutes: number, effect: Effect.Effect<A, E, R>) =>
  Effect.andThen(TestClock.setTime(noon.epochMilliseconds + minutes * 60_000), effect)

const settle = (one = charge) => AlipayTrust.use((protocol) => protocol.settle(grant, one))
const lookup = AlipayTrust.use((protocol) => protocol.lookup(grant, charge))

const [Prepay, Pay, Query, Close] = [
  "alipay.trade.order.prepay",
  "alipay.trade.agent.delegation.pay",
  "alipay.trade.query",
  "alipay.trade.close"
]

describe("an order", () => {
  const ordered = Effect.fnUntraced(function* (one: Charge, settings: Partial<AlipayConfig["Service"]> = {}) {
    const { asked, layer } = over({ [Prepay]: prepaid, [Pay]: { code: "10000", trade_no: "1" } }, settings)
    yield* at(0, settle(one)).pipe(Effect.provide(layer))
    assert.deepStrictEqual(
      asked.map(([method]) => method),
      [Prepay, Pay]
    )
    return asked[0]![1]
  })

  it.effect("pays the merchant that was checked, by the channels that the principal prefers", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* ordered(charge), {
        out_trade_no: charge.id,
        total_amount: "15.00",
        subject: " reports",
        product_code: "QUICK_MSECURITY_PAY",
        payment_type: "agent_pay",
        seller_id: charge.merchant,
        enable_pay_channels: "pcredit,balance"
      })
      assert.strictEqual((yield* ordered(charge, { sellerId: "2088000000000000" }))["seller_id"], "2088000000000000")
      assert.notProperty(yield* ordered({ ...charge, merchant: "my shop" }), "seller_id")
      const described = yield* ordered({ ...charge, description: "Market report", category: "7375" })
      assert.deepInclude(described, { subject: "Market report", business_params: { mcc_code: "7375" } })
    })
  )
})

describe("a charge of which Alipay knows no order", () => {
  // As the live platform may answer for an order that nobody has begun to pay: it can be opened, but not closed.
  const { asked, layer } = over({ [Query]: notExist, [Prepay]: prepaid, [Close]: notExist })

  it.effect("is not settled for certain once every prepayment of it has lapsed, and not before", () =>
    Effect.gen(function* () {
      for (const [minutes, expected] of [
        [0, "Unknown"],
        [15 + 120, "Unknown"],
        [15 + 121, "NotSettled"]
      ] as const) {
        assert.strictEqual((yield* at(minutes, lookup).pipe(Effect.provide(layer)))._tag, expected)
      }
      assert.notInclude(
        asked.map(([method]) => method),
        Pay
      )
    })
  )
})

describe("an order that was paid and given back", () => {
  it.effect("is declined, and nothing is moved on balance", () =>
    Effect.gen(function* () {
      const { layer } = over({
        [Prepay]: { code: "40004", sub_code: "ACQ.TRADE_HAS_SUCCESS" },
        [Query]: trade("TRADE_CLOSED")
      })
      const error = yield* Effect.flip(at(0, settle())).pipe(Effect.provide(layer))
      assert.deepInclude(error, { code: "payment_declined", moved: "no" })
    })
  )
})

describe("an order that was paid otherwise than it was ordered", () => {
  const found = (members: object, settings: Partial<AlipayConfig["Service"]> = {}) =>
    Effect.result(at(0, lookup)).pipe(
      Effect.provide(over({ [Query]: { ...trade("TRADE_SUCCESS"), ...members } }, settings).layer)
    )

  it.effect("is not believed with another settlement currency than the order's", () =>
    Effect.gen(function* () {
      for (const [members, settings, expected] of [
        [{ settle_currency: "CNY" }, {}, "Settled"],
        [{ settle_currency: "USD" }, {}, "provider_untrusted unknown"],
        [{ settle_currency: "USD", settle_amount: "2.11" }, { settleCurrency: "USD" }, "Settled"],
        [{ settle_currency: "CNY" }, { settleCurrency: "USD" }, "provider_untrusted unknown"],
        [{ trans_currency: "USD", settle_currency: "CNY" }, {}, "provider_untrusted unknown"]
      ] as const) {
        const outcome = yield* found(members, settings)
        assert.strictEqual(
          outcome._tag === "Success" ? outcome.success._tag : `${outcome.failure.code} ${outcome.failure.moved}`,
          expected
        )
      }
    })
  )

  it.effect("says on its receipt how it was paid, not how it should have been", () =>
    Effect.gen(function* () {
      const methods = []
      for (const channels of [[], ["ALIPAYACCOUNT"], ["PCREDIT"], ["BANKCARD", "COUPON"]]) {
        const fund_bill_list = channels.map((fund_channel) => ({ fund_channel, amount: "15.00" }))
        const outcome = yield* found({ fund_bill_list })
        methods.push(
          outcome._tag === "Success" && outcome.success._tag === "Settled"
            ? outcome.success.receipt.method
            : "unsettled"
        )
      }
      assert.deepStrictEqual(methods, [undefined, "balance", "credit", "BANKCARD and COUPON"])
    })
  )
})

describe("an order that is said to be paid and not to be paid", () => {
  it.effect("is neither", () =>
    Effect.gen(function* () {
      const { layer } = over({
        [Prepay]: { code: "40004", sub_code: "ACQ.TRADE_HAS_SUCCESS" },
        [Query]: trade("WAIT_BUYER_PAY")
      })
      const error = yield* Effect.flip(at(0, settle())).pipe(Effect.provide(layer))
      assert.deepInclude(error, { code: "outcome_unknown", moved: "unknown" })
    })
  )
})

describe("a refusal", () => {
  it.effect("names a code that is one, and repeats no sentence of Alipay's", () =>
    Effect.gen(function* () {
      const said = (sub_code: string) =>
        over({ [Query]: notExist, [Prepay]: { code: "40004", sub_code, sub_msg: "for the operator" } })
      for (const [sub_code, detail] of [
        ["ACQ.BUYER_BALANCE_NOT_ENOUGH", "Alipay refused it: ACQ.BUYER_BALANCE_NOT_ENOUGH"],
        ["<script>", "Alipay refused it: unnamed"],
        ["A".repeat(200), "Alipay refused it: unnamed"]
      ] as const) {
        const error = yield* Effect.flip(at(0, settle())).pipe(Effect.provide(said(sub_code).layer))
        assert.deepStrictEqual([error.reason.detail, error.moved], [detail, "no"])
      }
    })
  )
})

describe("a refund that Alipay took without saying that money moved", () => {
  const paid = {
    chargeId: charge.id,
    protocol: "alipay-trust",
    merchant: charge.merchant,
    resource: charge.resource,
    money: charge.money,
    reference: "2026112222001400000000000001",
    settledAt: noon
  }
  const refund = AlipayTrust.use((protocol) => protocol.refund!(paid, Money.of("CNY", 500n), "r-1"))
  const numbers = { out_trade_no: charge.id, out_request_no: "r-1" }
  const answered = (fund_change: string | undefined, query: object) =>
    over({
      "alipay.trade.refund": { code: "10000", out_trade_no: charge.id, fund_change },
      "alipay.trade.fastpay.refund.query": { code: "10000", ...numbers, ...query }
    })

  it.effect("is made only where its query says so, with its own amount", () =>
    Effect.gen(function* () {
      const made = { refund_status: "REFUND_SUCCESS", refund_amount: "5.00", gmt_refund_pay: "2026-11-22 20:00:07" }
      for (const fund_change of ["N", undefined]) {
        const receipt = yield* Effect.provide(refund, answered(fund_change, made).layer)
        assert.deepStrictEqual(receipt, {
          ...paid,
          money: Money.of("CNY", 500n),
          settledAt: DateTime.add(noon, { seconds: 7 })
        })
        for (const query of [
          {},
          { ...made, refund_amount: "5.01" },
          { ...made, refund_status: "REFUND_PROCESSING" },
          { refund_status: "REFUND_SUCCESS" }
        ]) {
          const error = yield* Effect.flip(refund).pipe(Effect.provide(answered(fund_change, query).layer))
          assert.deepInclude(error, { code: "outcome_unknown", moved: "unknown" })
        }
      }
      const { asked, layer } = answered("Y", {})
      yield* Effect.provide(refund, layer)
      assert.strictEqual(asked.length, 1)
    })
  )
})
