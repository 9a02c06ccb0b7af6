/** A charge is settled once, however often and however concurrently it is asked for, and the receipt is for exactly it. */
import { assert, describe, it } from "@effect/vitest"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import * as Trade from "@paylayer/alipay/Trade"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { drive, quiet } from "./drive.ts"
import { charge, fault, inWorld, issue, lookup, moved, noon, outcome, seller, settle, verify } from "./world.ts"

const Pay = "alipay.trade.agent.delegation.pay"
const Prepay = "alipay.trade.order.prepay"

const granted = Effect.fnUntraced(function* (amount = "15.00", currency: "CNY" | "USD" | "EUR" = "CNY") {
  const token = yield* issue({ currency })
  const asked = charge(amount, currency)
  return { ...token, asked, grant: yield* verify(token.token, asked) }
})

describe("settling", () => {
  it.effect("gives a receipt for the charge: its id, money, merchant, resource and Alipay's number", () =>
    inWorld(
      Effect.gen(function* () {
        for (const currency of ["CNY", "USD", "EUR"] as const) {
          const { asked, grant } = yield* granted("15.10", currency)
          const receipt = yield* settle(grant, asked)
          const trade = yield* Trade.query({ out_trade_no: asked.id })
          assert.deepInclude(receipt, {
            chargeId: asked.id,
            protocol: "alipay-trust",
            merchant: asked.merchant,
            resource: asked.resource,
            money: asked.money,
            reference: trade.trade_no ?? ""
          })
          assert.strictEqual(receipt.settledAt.epochMilliseconds, noon)
          assert.deepStrictEqual(trade.total_amount, asked.money)
        }
      })
    )
  )

  it.effect("ten times gives ten equal receipts and moves the money once", () =>
    inWorld(
      Effect.gen(function* () {
        const { asked, grant } = yield* granted()
        const first = yield* settle(grant, asked)
        yield* TestClock.adjust("1 second")
        for (let time = 0; time < 9; time++) assert.deepStrictEqual(yield* settle(grant, asked), first)
        assert.deepStrictEqual(yield* moved, [`${asked.id} 15.00`])
      })
    )
  )

  it.effect("twenty times at once moves the money once", () =>
    inWorld(
      Effect.gen(function* () {
        const { asked, grant } = yield* granted()
        const receipts = yield* Effect.all(
          Array.from({ length: 20 }, () => settle(grant, asked)),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(new Set(receipts.map(({ reference }) => reference)).size, 1)
        assert.deepStrictEqual(yield* moved, [`${asked.id} 15.00`])
      })
    )
  )

  it.effect("goes on where a dead process left it, from what the ledger kept", () =>
    inWorld(
      Effect.gen(function* () {
        const { asked, grant } = yield* granted()
        const { authorization } = yield* AlipayTrust
        const kept = JSON.parse(JSON.stringify(yield* Schema.encodeEffect(authorization)(grant)))
        // It died between prepay and pay.
        yield* Trade.prepay({
          out_trade_no: asked.id,
          total: asked.money,
          subject: asked.resource,
          seller_id: seller,
          mcc_code: asked.category
        })
        const revived = yield* Schema.decodeEffect(authorization)(kept)
        assert.strictEqual((yield* settle(revived, asked)).chargeId, asked.id)
        assert.deepStrictEqual(yield* moved, [`${asked.id} 15.00`])
      })
    )
  )

  it.effect("finds what an earlier call paid, also when the mandate or the charge has ended since", () =>
    inWorld(
      Effect.gen(function* () {
        const { asked, grant } = yield* granted()
        const first = yield* settle(grant, asked)
        yield* TestClock.setTime(noon + 7_200_000)
        assert.deepStrictEqual(yield* settle(grant, asked), first)
        yield* fault({ fault: "unknown", method: "alipay.trade.query" })
        assert.strictEqual(yield* outcome(settle(grant, asked)), "outcome_unknown unknown")
        assert.deepStrictEqual(yield* moved, [`${asked.id} 15.00`])
      })
    )
  )

  it.effect("does not take another order under its number for its own", () =>
    inWorld(
      Effect.gen(function* () {
        const { agreement_no, asked, delegation_id, grant } = yield* granted()
        const foreign = { ...asked, money: { ...asked.money, minor: 1n } }
        const { prepay_id } = yield* Trade.prepay({ out_trade_no: asked.id, total: foreign.money, subject: "another" })
        assert.strictEqual(yield* outcome(settle(grant, asked)), "payment_declined no")
        yield* Trade.delegationPay({ agreement_no, delegation_id, prepay_id })
        // Now the number is paid, with another amount: neither settled nor free to be paid again.
        assert.strictEqual(yield* outcome(settle(grant, asked)), "provider_untrusted unknown")
        assert.strictEqual(yield* outcome(lookup(grant, asked)), "provider_untrusted unknown")
        assert.deepStrictEqual(yield* moved, [`${asked.id} 0.01`])
      })
    )
  )

  it.effect("is declined for a charge whose money went back, and its lookup says not settled", () =>
    inWorld(
      Effect.gen(function* () {
        const { asked, grant } = yield* granted()
        yield* settle(grant, asked)
        const { refund } = yield* refunding
        yield* refund(asked.id, "15.00")
        assert.strictEqual(yield* outcome(settle(grant, asked)), "payment_declined no")
        assert.strictEqual((yield* lookup(grant, asked))._tag, "NotSettled")
        assert.deepStrictEqual(yield* moved, [`${asked.id} 15.00`, `${asked.id} -15.00`])
      })
    )
  )

  it.effect("waits a moment for a payer who is still paying", () =>
    inWorld(
      Effect.gen(function* () {
        const { asked, grant } = yield* granted()
        yield* fault({ fault: "paying", method: Pay, delay_ms: 1_200 })
        assert.strictEqual((yield* drive(settle(grant, asked))).chargeId, asked.id)
        const other = yield* granted()
        yield* fault({ fault: "paying", method: Pay })
        assert.strictEqual(yield* drive(outcome(settle(other.grant, other.asked))), "outcome_unknown unknown")
        assert.deepStrictEqual(yield* moved, [`${asked.id} 15.00`])
      })
    )
  )
})

const refunding = Effect.map(OpenPlatform, (platform) => ({
  refund: (out_trade_no: string, refund_amount: string) =>
    platform.execute("alipay.trade.refund", { out_trade_no, refund_amount, out_request_no: "r1" })
}))

describe("not settled is final", () => {
  it.effect("where the payment was on its way: it comes too late", () =>
    inWorld(
      Effect.gen(function* () {
        for (const kind of ["slow", "paying"] as const) {
          const { asked, grant } = yield* granted()
          yield* fault({ fault: kind, method: Pay, delay_ms: 30_000 })
          assert.strictEqual((yield* drive(outcome(settle(grant, asked)))).split(" ")[1], "unknown")
          assert.strictEqual((yield* drive(lookup(grant, asked)))._tag, "NotSettled")
          yield* TestClock.adjust("60 seconds")
          yield* quiet
          assert.strictEqual((yield* lookup(grant, asked))._tag, "NotSettled")
          assert.strictEqual(yield* outcome(settle(grant, asked)), "payment_declined no")
        }
        assert.deepStrictEqual(yield* moved, [])
      })
    )
  )

  it.effect("where no order was opened yet: its number is used up", () =>
    inWorld(
      Effect.gen(function* () {
        const { asked, grant } = yield* granted()
        // The answer comes in time for the payment, but after the lookup.
        yield* fault({ fault: "slow", method: Prepay, delay_ms: 2_000 })
        const late = yield* Effect.forkChild(outcome(settle(grant, asked)))
        yield* quiet
        assert.strictEqual((yield* lookup(grant, asked))._tag, "NotSettled")
        assert.strictEqual(yield* drive(Fiber.join(late)), "payment_declined no")
        assert.deepStrictEqual(yield* moved, [])
      })
    )
  )

  it.effect("and is not said while the order cannot be ended", () =>
    inWorld(
      Effect.gen(function* () {
        const { asked, grant } = yield* granted()
        yield* fault({ fault: "slow", method: Pay, delay_ms: 30_000 })
        yield* drive(outcome(settle(grant, asked)))
        yield* fault({ fault: "unknown", method: "alipay.trade.close" })
        assert.strictEqual((yield* lookup(grant, asked))._tag, "Unknown")
        yield* fault({ fault: "unknown", method: "alipay.trade.query" })
        assert.strictEqual(yield* outcome(lookup(grant, asked)), "provider_unavailable unknown")
        yield* TestClock.adjust("60 seconds")
        yield* quiet
        assert.strictEqual((yield* lookup(grant, asked))._tag, "Settled")
        assert.deepStrictEqual(yield* moved, [`${asked.id} 15.00`])
      })
    )
  )
})

describe("a preference", () => {
  it.effect("decides the channel that pays, and stands on the receipt", () =>
    inWorld(
      Effect.gen(function* () {
        for (const [method, channel, words] of [
          ["BALANCE", "ALIPAYACCOUNT", "balance"],
          ["CREDIT", "PCREDIT", "credit"],
          ["HUABEI_INSTALLMENTS", "PCREDIT", "Huabei instalments"],
          ["HUABEI_INSTALLMENTS_6", "PCREDIT", "Huabei, 6 instalments, fee borne by the payer"]
        ] as const) {
          for (const opaque of [false, true]) {
            const { token } = yield* issue({ opaque, allowed_payment_methods: [method] })
            const asked = charge()
            const grant = yield* verify(token, asked)
            assert.strictEqual((yield* settle(grant, asked)).method, words)
            const trade = yield* Trade.query({ out_trade_no: asked.id })
            assert.deepStrictEqual(trade.fund_bill_list, [{ fund_channel: channel, amount: "15.00" }])
            const found = yield* lookup(grant, asked)
            assert.strictEqual(found._tag === "Settled" ? found.receipt.method : "", words)
          }
        }
      })
    )
  )

  it.effect("is kept by the rails: instalments that the principal did not allow are not taken", () =>
    inWorld(
      Effect.gen(function* () {
        const { token } = yield* issue({ allowed_payment_methods: ["HUABEI_INSTALLMENTS_3"] })
        const asked = charge()
        const grant = yield* verify(token, asked)
        const twelve = [{ kind: "huabei-instalments", months: 12 }] as const
        const forged = { ...grant, mandate: { ...grant.mandate, preference: twelve } }
        assert.strictEqual(yield* outcome(settle(forged, asked)), "preference_not_allowed no")
        assert.deepStrictEqual(yield* moved, [])
      })
    )
  )
})

describe("the currency that the merchant is settled in", () => {
  it.effect(
    "is each charge's own unless the merchant says another, and stands on the receipt where it is not yuan alone",
    () =>
      inWorld(
        Effect.gen(function* () {
          for (const [currency, settlement] of [
            ["CNY", undefined],
            ["USD", "USD"],
            ["EUR", "EUR"]
          ] as const) {
            const { asked, grant } = yield* granted("15.10", currency)
            const told = (yield* settle(grant, asked)).settlement
            assert.deepStrictEqual(told, settlement && { currency: settlement })
            const found = yield* lookup(grant, asked)
            assert.deepStrictEqual(
              found._tag === "Settled" ? found.receipt.settlement : "unsettled",
              settlement && asked.money
            )
          }
        })
      )
  )

  it.effect(
    "may be yuan for dollars and euros; the amount is Alipay's word, and only on the receipt where it was said",
    () =>
      inWorld(
        Effect.gen(function* () {
          for (const [currency, minor] of [
            ["CNY", undefined],
            ["USD", 10_721n],
            ["EUR", 11_627n]
          ] as const) {
            const { asked, grant } = yield* granted("15.10", currency)
            const receipt = yield* settle(grant, asked)
            assert.deepStrictEqual(receipt.money, asked.money)
            assert.deepStrictEqual(receipt.settlement, minor && { currency: "CNY" })
            const found = yield* lookup(grant, asked)
            assert.deepStrictEqual(
              found._tag === "Settled" ? found.receipt.settlement : "unsettled",
              minor && Money.of("CNY", minor)
            )
          }
        }),
        "v2",
        { settleCurrency: "CNY" }
      )
  )

  it.effect("is refused where the merchant has no contract for it, and nothing moves", () =>
    inWorld(
      Effect.gen(function* () {
        const { asked, grant } = yield* granted("15.10", "CNY")
        assert.strictEqual(yield* outcome(settle(grant, asked)), "currency_not_allowed no")
        const dollars = yield* granted("15.10", "USD")
        assert.strictEqual(yield* outcome(settle(dollars.grant, dollars.asked)), "currency_not_allowed no")
        const euros = yield* granted("15.10", "EUR")
        yield* settle(euros.grant, euros.asked)
        assert.deepStrictEqual(yield* moved, [`${euros.asked.id} 15.10`])
      }),
      "v2",
      { settleCurrency: "EUR" }
    )
  )
})
