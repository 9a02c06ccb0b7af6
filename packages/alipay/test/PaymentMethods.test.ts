/** What a principal prefers, what a merchant takes, and what an order then asks for. */
import { assert, describe, it } from "@effect/vitest"
import * as PaymentMethods from "@paylayer/alipay/PaymentMethods"

const of = (...names: ReadonlyArray<string>) => PaymentMethods.preferencesOf(names)

describe("a preference", () => {
  it("is read from names in any case, once each, in their order", () => {
    assert.deepEqual(of("huabei_installments_6", "Balance", "PCREDIT", "credit"), [
      { kind: "huabei-instalments", months: 6 },
      { kind: "balance" },
      { kind: "credit" }
    ])
    assert.deepEqual(of("HUABEI_INSTALLMENTS_24", "SHELLS", ""), [])
  })

  it("meets another: what both allow, in the order of the first, with the months that one of them names", () => {
    const { common } = PaymentMethods
    assert.deepEqual(common(of("CREDIT", "BALANCE"), of("BALANCE", "CREDIT")), of("CREDIT", "BALANCE"))
    assert.deepEqual(common(of("HUABEI_INSTALLMENTS"), of("HUABEI_INSTALLMENTS_3")), of("HUABEI_INSTALLMENTS_3"))
    assert.deepEqual(common(of("HUABEI_INSTALLMENTS_3"), of("HUABEI_INSTALLMENTS")), of("HUABEI_INSTALLMENTS_3"))
    assert.deepEqual(common(of("HUABEI_INSTALLMENTS_3"), of("HUABEI_INSTALLMENTS_6")), [])
    const both = of("HUABEI_INSTALLMENTS_3", "HUABEI_INSTALLMENTS_12")
    assert.deepEqual(common(of("HUABEI_INSTALLMENTS"), both), both)
  })

  it("is cut down to what the merchant takes; without one, it is what the merchant takes", () => {
    const merchant = { paymentMethods: ["credit", "balance"] } as const
    assert.deepEqual(PaymentMethods.taken(of("BALANCE", "HUABEI_INSTALLMENTS"), merchant), of("BALANCE"))
    assert.deepEqual(PaymentMethods.taken(of("HUABEI_INSTALLMENTS_3"), merchant), [])
    assert.deepEqual(PaymentMethods.taken(undefined, merchant), of("CREDIT", "BALANCE"))
    assert.isUndefined(PaymentMethods.taken(undefined, {}))
  })

  it("says who bears the fee of instalments: the merchant's rule, where the mandate has none", () => {
    const months = of("HUABEI_INSTALLMENTS_3")
    const feeOf = (taken: PaymentMethods.Taken) => PaymentMethods.taken(months, taken)?.map((one) => ({ ...one }))
    assert.deepEqual(feeOf({}), [{ kind: "huabei-instalments", months: 3, feeBearer: "payer" }])
    assert.deepEqual(feeOf({ instalmentFee: "merchant" }), [
      { kind: "huabei-instalments", months: 3, feeBearer: "merchant" }
    ])
    const own = [{ kind: "huabei-instalments", months: 6, feeBearer: "payer" }] as const
    assert.deepEqual(PaymentMethods.taken(own, { instalmentFee: "merchant" }), own)
  })
})

describe("an order", () => {
  const instalments = (months: 3 | 6 | 12, feeBearer: "payer" | "merchant") =>
    ({ kind: "huabei-instalments", months, feeBearer }) as const

  it("enables what is preferred and nothing else", () => {
    assert.deepEqual(PaymentMethods.orderOf(undefined), {})
    assert.deepEqual(PaymentMethods.orderOf(of("CREDIT", "BALANCE")), { enable_pay_channels: ["pcredit", "balance"] })
    assert.deepEqual(PaymentMethods.orderOf(of("HUABEI_INSTALLMENTS")), {
      enable_pay_channels: ["pcreditpayInstallment"]
    })
  })

  it("asks for the instalments that come first, with who bears their fee", () => {
    assert.deepEqual(PaymentMethods.orderOf([instalments(12, "merchant"), { kind: "balance" }]), {
      enable_pay_channels: ["pcreditpayInstallment"],
      instalments: { count: 12, sellerPercent: "100" }
    })
    assert.deepEqual(PaymentMethods.orderOf([{ kind: "balance" }, instalments(3, "payer")]), {
      enable_pay_channels: ["balance", "pcreditpayInstallment"]
    })
  })

  it("is told on the receipt where it left no choice", () => {
    assert.strictEqual(PaymentMethods.inWords(of("BALANCE")), "balance")
    assert.strictEqual(PaymentMethods.inWords(of("CREDIT")), "credit")
    assert.strictEqual(PaymentMethods.inWords(of("HUABEI_INSTALLMENTS")), "Huabei instalments")
    assert.strictEqual(
      PaymentMethods.inWords([instalments(6, "payer")]),
      "Huabei, 6 instalments, fee borne by the payer"
    )
    assert.isUndefined(PaymentMethods.inWords(of("BALANCE", "CREDIT")))
    assert.isUndefined(PaymentMethods.inWords(undefined))
  })

  it("is told as Alipay says it was paid, where it says so", () => {
    const { paidWith } = PaymentMethods
    assert.strictEqual(paidWith(["ALIPAYACCOUNT"], undefined, of("BALANCE", "CREDIT")), "balance")
    assert.strictEqual(paidWith(["PCREDIT"], undefined, of("BALANCE", "CREDIT")), "credit")
    assert.strictEqual(paidWith(["PCREDIT"], undefined, of("HUABEI_INSTALLMENTS")), "Huabei instalments")
    assert.strictEqual(paidWith(["PCREDIT"], 12, of("HUABEI_INSTALLMENTS")), "Huabei instalments: 12")
    assert.strictEqual(
      paidWith(["PCREDIT"], 6, [instalments(6, "merchant")]),
      "Huabei, 6 instalments, fee borne by the merchant"
    )
    assert.strictEqual(paidWith(["ALIPAYACCOUNT", "COUPON", "COUPON"], undefined, undefined), "balance and COUPON")
    // Not what was ordered, and said as it is.
    assert.strictEqual(paidWith(["BANKCARD"], undefined, of("BALANCE")), "BANKCARD")
    assert.isUndefined(paidWith([], undefined, of("BALANCE")))
  })
})
