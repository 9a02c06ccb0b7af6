/** Money goes back once per refund id, never more than was taken, and `moved` is true whatever goes wrong on the way. */
import { assert, describe, it } from "@effect/vitest"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import * as Trade from "@paylayer/alipay/Trade"
import * as Money from "@paylayer/core/Money"
import { Paywall } from "@paylayer/core/Paywall"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { AlipaySandbox } from "../../src/AlipaySandbox.ts"
import * as Fault from "../../src/Fault.ts"
import { drive, quiet } from "./drive.ts"
import { buy, shop } from "./shop.ts"
import { charge, fault, inWorld, issue, moved, outcome, settle, verify } from "./world.ts"

const refundMethod = "alipay.trade.refund"
const queryMethod = "alipay.trade.fastpay.refund.query"

/** A charge that was settled. */
const paid = Effect.fnUntraced(function* (amount = "15.00", currency: Money.Money["currency"] = "CNY") {
  const { token } = yield* issue({ max_total_amount: "100.00", currency })
  const asked = charge(amount, currency)
  return yield* settle(yield* verify(token, asked), asked)
})

const refund = (receipt: Receipt, minor: bigint, id = "r-1", reason?: string) =>
  AlipayTrust.use((protocol) => protocol.refund!(receipt, Money.of(receipt.money.currency, minor), id, reason))

const back = Effect.map(moved, (all) => all.slice(1).map((line) => line.split(" ")[1]))

describe("a refund", () => {
  it.effect("gives parts back until there is nothing left, and its receipt names the payment", () =>
    inWorld(
      Effect.gen(function* () {
        const receipt = yield* paid()
        yield* TestClock.adjust("1 minute")
        const part = yield* refund(receipt, 500n, "r-1", "too late")
        const { chargeId, merchant, protocol, reference, resource } = receipt
        assert.deepInclude(part, { chargeId, merchant, protocol, reference, resource, money: Money.of("CNY", 500n) })
        assert.strictEqual(part.settledAt.epochMilliseconds - receipt.settledAt.epochMilliseconds, 60_000)
        yield* refund(receipt, 1_000n, "r-2")
        assert.strictEqual(yield* outcome(refund(receipt, 1n, "r-3")), "payment_declined no")
        assert.deepStrictEqual(yield* back, ["-5.00", "-10.00"])
      })
    )
  )

  it.effect("of the same number is made once, and under another amount is no refusal of the first", () =>
    inWorld(
      Effect.gen(function* () {
        const receipt = yield* paid()
        const first = yield* refund(receipt, 500n)
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(yield* refund(receipt, 500n), first)
        assert.strictEqual(yield* outcome(refund(receipt, 501n)), "outcome_unknown unknown")
        assert.deepStrictEqual(yield* back, ["-5.00"])
      })
    )
  )

  it.effect("is in the currency of the charge", () =>
    inWorld(
      Effect.gen(function* () {
        const receipt = yield* paid("2.10", "USD")
        assert.deepStrictEqual((yield* refund(receipt, 10n)).money, Money.of("USD", 10n))
        const { movements } = yield* AlipaySandbox
        assert.deepInclude((yield* movements).at(-1), { kind: "refund", amount: "0.10", currency: "USD" })
        // Alipay tells no currency of a refund that was made, and takes one that names none for the trade's.
        for (const currency of ["CNY", "EUR"] as const) {
          const of = (id: string) =>
            AlipayTrust.use((protocol) => protocol.refund!(receipt, Money.of(currency, 10n), id))
          assert.strictEqual(yield* outcome(of("r-1")), "outcome_unknown unknown")
          assert.strictEqual(yield* outcome(of("r-2")), "currency_not_allowed no")
        }
        assert.deepStrictEqual(yield* back, ["-0.10"])
      })
    )
  )

  it.effect("of an order that Alipay does not know, or that was not paid, gives nothing back and says so", () =>
    inWorld(
      Effect.gen(function* () {
        const receipt = { ...(yield* paid()), chargeId: "ch_other" }
        assert.strictEqual(yield* outcome(refund(receipt, 1n)), "outcome_unknown unknown")
        yield* Trade.prepay({ out_trade_no: "ch_other", total: receipt.money, subject: "s" })
        assert.strictEqual(yield* outcome(refund(receipt, 1n)), "payment_declined no")
        assert.deepStrictEqual(yield* back, [])
      })
    )
  )

  it.effect("goes through the paywall from the sale to the last part", () =>
    inWorld(
      Effect.gen(function* () {
        const { token } = yield* issue()
        const { receipt } = yield* buy(token)
        const paywall = yield* Paywall
        const chargeId = receipt!.chargeId
        yield* paywall.refund({ chargeId, refundId: "r-1", amount: Money.of("CNY", 500n) })
        yield* fault({ fault: "hang-after-commit", method: refundMethod })
        const lost = yield* drive(Effect.flip(paywall.refund({ chargeId, refundId: "r-2" })))
        assert.deepStrictEqual([lost.code, lost.moved], ["refund_unknown", "unknown"])
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* drive(paywall.recover())).returned, 1)
        assert.deepStrictEqual(yield* back, ["-5.00", "-10.00"])
        const over = yield* Effect.flip(paywall.refund({ chargeId, refundId: "r-3" }))
        assert.strictEqual(over.code, "refund_refused")
      }).pipe(Effect.provide(shop))
    )
  )
})

/** One refund that meets faults, up to its end; everything that must be true of it on the way is asserted. */
const live = (faults: ReadonlyArray<Fault.Fault>, api?: "v3") =>
  inWorld(
    Effect.gen(function* () {
      const receipt = yield* paid()
      for (const one of faults) yield* fault(one)
      const said = yield* drive(outcome(refund(receipt, 500n)))
      const went = yield* back
      if (said === "ok") assert.deepStrictEqual(went, ["-5.00"], said)
      else if (said.endsWith(" no")) assert.deepStrictEqual(went, [], said)
      else assert.match(said, /^(?:outcome_unknown|provider_unavailable|provider_untrusted) unknown$/)
      yield* TestClock.adjust("10 minutes")
      yield* quiet
      if (said.endsWith(" no")) assert.deepStrictEqual(yield* back, [], "it went back after all")
      const { clearFaults } = yield* AlipaySandbox
      yield* clearFaults
      assert.strictEqual(yield* drive(outcome(refund(receipt, 500n))), "ok")
      assert.strictEqual(yield* drive(outcome(refund(receipt, 500n))), "ok")
      assert.deepStrictEqual(yield* back, ["-5.00"])
    }),
    api
  )

const of = (name: Fault.Name, method: Fault.Fault["method"] & string): Fault.Fault => ({
  fault: name,
  method,
  ...((name === "slow" || name === "paying") && { delay_ms: 7_000 })
})

describe("a fault while money goes back", () => {
  for (const name of Fault.names) {
    it.effect(`${name}: at the refund, at its query, and over REST v3`, () =>
      Effect.gen(function* () {
        yield* live([of(name, refundMethod)])
        yield* live([of("declined", refundMethod), of(name, queryMethod)])
        yield* live([of(name, refundMethod)], "v3")
      })
    )
  }
})

describe("giving an order up", () => {
  it.effect("closes one that is unpaid, and gives a paid one back whole, once", () =>
    inWorld(
      Effect.gen(function* () {
        const receipt = yield* paid()
        yield* Trade.prepay({ out_trade_no: "unpaid", total: receipt.money, subject: "s" })
        assert.strictEqual((yield* Trade.cancel({ out_trade_no: "unpaid" })).action, "close")
        yield* refund(receipt, 500n)
        const number = { out_trade_no: receipt.chargeId }
        yield* fault({ fault: "hang-after-commit", method: "alipay.trade.cancel" })
        const lost = yield* drive(Effect.flip(Trade.cancel(number)))
        assert.strictEqual(lost.outcome, "unknown")
        assert.deepInclude(yield* Trade.cancel(number), { action: "refund", retry_flag: "N" })
        assert.deepStrictEqual(yield* back, ["-5.00", "-10.00"])
      })
    )
  )
})
