/** The plug-in before a gateway that says what it is told to say. */
import { assert, describe, it } from "@effect/vitest"
import type { Charge } from "@paylayer/core/Charge"
import * as Digest from "@paylayer/core/Digest"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import * as PaidRequest from "@paylayer/core/PaidRequest"
import type * as PaymentError from "@paylayer/core/PaymentError"
import { Paywall } from "@paylayer/core/Paywall"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { A402Config, defaultMaximum } from "../src/A402Config.ts"
import { AlipayA402 } from "../src/AlipayA402.ts"
import { AlipayConfig } from "../src/AlipayConfig.ts"
import * as PaymentNeeded from "../src/PaymentNeeded.ts"
import * as PaymentProof from "../src/PaymentProof.ts"
import * as Rsa2 from "../src/Rsa2.ts"
import { config, platform, rawOf, type Seen, signed, succeeding } from "./gateway.ts"

const seller = "2088000000000000"
const noon = DateTime.makeUnsafe("2026-11-22T12:00:00Z").epochMilliseconds

const charge = (more: Partial<Charge> = {}): Charge => ({
  id: "ch_00000000000000000000000000000001",
  money: Money.of("CNY", 1_10n),
  merchant: seller,
  method: "GET",
  resource: "/report?market=tea",
  binding: Digest.sha256("GET /report?market=tea"),
  openedAt: DateTime.makeUnsafe(noon),
  expiresAt: DateTime.makeUnsafe(noon + 900_000),
  ...more
})

const settings = {
  sellerId: seller,
  sellerName: "示例商户",
  serviceId: ({ money }: Charge) => `API_${money.minor}`,
  maximum: defaultMaximum,
  validation: false
}

const plugin = (gateway: ReturnType<typeof platform>, validation = false) =>
  AlipayA402.layer.pipe(
    Layer.provide(gateway),
    Layer.provide(Layer.succeed(AlipayConfig, config)),
    Layer.provide(Layer.succeed(A402Config, { ...settings, validation }))
  )

const silent = platform(() => assert.fail("nobody is to be asked"))
const unasked = <A, E>(effect: Effect.Effect<A, E, AlipayA402>) => Effect.provide(effect, plugin(silent))

const challenge = (asked: Charge) => AlipayA402.use((protocol) => protocol.challenge(asked))
const billOf = (asked: Charge) =>
  Effect.map(challenge(asked), ({ headers }) =>
    Result.getOrThrow(PaymentNeeded.fromHeader(headers["payment-needed"] ?? ""))
  )
const later = (minutes: number, more: Partial<Charge> = {}) =>
  charge({ ...more, openedAt: DateTime.makeUnsafe(noon + minutes * 60_000) })

const said = <A, R>(effect: Effect.Effect<A, PaymentError.PaymentError, R>) =>
  Effect.match(effect, {
    onFailure: ({ code, moved, status }) => `${status} ${code}, moved: ${moved}`,
    onSuccess: () => "ok"
  })

describe("a bill", () => {
  it.effect("asks for the charge's money, for its request, in words of the seller, signed by its application", () =>
    unasked(
      Effect.gen(function* () {
        const asked = charge({ description: "Tea & biscuits = report" })
        const bill = yield* billOf(asked)
        assert.isTrue(yield* PaymentNeeded.isSigned(Rsa2.publicKeyOf(config.privateKey), bill))
        const { out_trade_no, seller_signature: _, ...protocol } = bill.protocol
        assert.match(out_trade_no, /^A402_[0-9a-f]{24}_[0-9a-f]{32}$/)
        assert.deepEqual(protocol, {
          amount: "1.10",
          currency: "CNY",
          resource_id: asked.binding,
          pay_before: "2026-11-22T20:30:00+08:00",
          seller_sign_type: "RSA2",
          seller_unique_id: seller
        })
        assert.deepEqual(bill.method, {
          seller_name: "示例商户",
          seller_id: seller,
          seller_app_id: config.appId,
          goods_name: "Tea   biscuits   report",
          seller_unique_id_key: "seller_id",
          service_id: "API_110"
        })
        assert.strictEqual((yield* billOf(charge())).method.goods_name, "/report", "a query is nobody else's business")
      })
    )
  )

  it.effect("is the same for a request and its repetitions while it lives, and of the same order afterwards", () =>
    unasked(
      Effect.gen(function* () {
        const key = Digest.sha256("order-17")
        const first = yield* challenge(charge({ key }))
        assert.deepEqual(yield* challenge(later(14, { key, id: "ch_2" })), first)
        const [bill, after] = [yield* billOf(charge({ key })), yield* billOf(later(40, { key }))]
        assert.strictEqual(after.protocol.out_trade_no, bill.protocol.out_trade_no)
        assert.isAbove(PaymentNeeded.endsAt(after), PaymentNeeded.endsAt(bill))
        for (const minutes of [0, 7, 14.99, 15, 29]) {
          const left = PaymentNeeded.endsAt(yield* billOf(later(minutes))) - noon - minutes * 60_000
          assert.isTrue(left > 15 * 60_000 - 1 && left <= 30 * 60_000, `${minutes} minutes past: ${left}`)
        }
      })
    )
  )

  it.effect("is another for another request, price, merchant or key, and for each request without a key", () =>
    unasked(
      Effect.gen(function* () {
        const key = Digest.sha256("order-17")
        const orders = yield* Effect.forEach(
          [
            charge({ key }),
            charge({ key: Digest.sha256("order-18") }),
            charge({ key, binding: Digest.sha256("another") }),
            charge({ key, money: Money.of("CNY", 1_11n) }),
            charge({ key, merchant: "2088000000000001" }),
            charge(),
            charge()
          ],
          billOf
        )
        assert.strictEqual(new Set(orders.map(({ protocol }) => protocol.out_trade_no)).size, orders.length)
      })
    )
  )

  it.effect("is not written for what the product takes no payment for", () =>
    unasked(
      Effect.gen(function* () {
        const proof = PaymentProof.toHeader({ trade_no: "1", payment_proof: Redacted.make("p"), client_session: "s" })
        const credential = { secret: Redacted.make(proof) }
        for (const [money, code] of [
          [Money.of("CNY", 50_00n), "ok"],
          [Money.of("CNY", 50_01n), "402 limit_exceeded, moved: no"],
          [Money.of("CNY", 1n), "ok"],
          [Money.of("CNY", 0n), "402 limit_exceeded, moved: no"],
          [Money.of("USD", 1_00n), "402 currency_not_allowed, moved: no"],
          [Money.of("JPY", 100n), "402 currency_not_allowed, moved: no"]
        ] as const) {
          const asked = charge({ money })
          assert.strictEqual(yield* said(challenge(asked)), code, Money.print(money))
          const validating = AlipayA402.use((protocol) => protocol.validate(credential, asked))
          assert.strictEqual(yield* said(validating), code, Money.print(money))
        }
        const over = yield* Effect.flip(challenge(charge({ money: Money.of("CNY", 50_01n) })))
        assert.strictEqual(over.reason.detail, "Alipay's metered payment takes CNY 0.01 to 50.00, not CNY 50.01")
      })
    )
  )
})

const tradeNo = "20261122220010123456789012345678"
const proof = PaymentProof.toHeader({
  trade_no: tradeNo,
  payment_proof: Redacted.make("ab".repeat(32)),
  client_session: "session-1"
})

/** detect → validate → verify. */
const verified = (asked: Charge, text = proof) =>
  AlipayA402.use((protocol) =>
    Effect.gen(function* () {
      const found = protocol.detect(RequestHeaders.fromEntries([["payment-proof", text]]))
      if (found._tag !== "Found") return yield* Effect.die(found._tag)
      return yield* protocol.verify(yield* protocol.validate(found.credential, asked), asked)
    })
  )

/** A gateway that calls this bill paid, except as it is told. */
const paying = (bill: PaymentNeeded.PaymentNeeded, otherwise: object = {}) =>
  succeeding({
    active: true,
    amount: bill.protocol.amount,
    out_trade_no: bill.protocol.out_trade_no,
    resource_id: bill.protocol.resource_id,
    trade_no: tradeNo,
    ...otherwise
  })

const refusing = (code: string, sub_code: string) =>
  platform(({ parameters }) =>
    signed(`${parameters["method"]?.replaceAll(".", "_")}_response`, rawOf({ code, msg: "m", sub_code, sub_msg: "s" }))
  )

describe("verify", () => {
  it.effect("asks with the three parts of the proof, and takes the word of Alipay for a bill of this charge", () =>
    Effect.gen(function* () {
      const bill = yield* unasked(billOf(charge()))
      const asked: Array<Seen> = []
      const gateway = platform((seen) => {
        asked.push(seen)
        const { amount, out_trade_no, resource_id } = bill.protocol
        const facts = { active: true, amount, out_trade_no, resource_id, trade_no: tradeNo }
        return signed("alipay_aipay_agent_payment_verify_response", rawOf({ code: "10000", ...facts }))
      })
      const paid = yield* Effect.provide(verified(charge({ id: "ch_another" })), plugin(gateway))
      assert.deepEqual(
        asked.map(({ biz, parameters }) => [parameters["method"], biz]),
        [
          [
            "alipay.aipay.agent.payment.verify",
            { trade_no: tradeNo, payment_proof: "ab".repeat(32), client_session: "session-1" }
          ]
        ]
      )
      assert.strictEqual(paid.outTradeNo, bill.protocol.out_trade_no)
      assert.deepEqual(paid.mandate, { id: tradeNo, payer: Digest.sha256("session-1"), uses: 1 })
    })
  )

  it.effect("refuses a payment of which one fact is another's, with 409", () =>
    Effect.gen(function* () {
      const bill = yield* unasked(billOf(charge()))
      const another = yield* unasked(billOf(charge({ binding: Digest.sha256("GET /b") })))
      const cheaper = yield* unasked(billOf(charge({ money: Money.of("CNY", 1n) })))
      const conflict = "409 binding_mismatch, moved: yes"
      for (const [otherwise, names] of [
        [{ amount: "1.09" }, "amount"],
        [{ amount: "110.00" }, "amount"],
        [{ out_trade_no: another.protocol.out_trade_no }, "order"],
        [{ out_trade_no: cheaper.protocol.out_trade_no }, "order"],
        [{ out_trade_no: "A402_000000000000000000000000_00000000000000000000000000000000" }, "order"],
        [{ out_trade_no: "order-17" }, "order"],
        [{ resource_id: another.protocol.resource_id }, "resource"],
        [{ trade_no: "20261122220010123456789012345679" }, "trade"],
        [{ amount: "0.01", out_trade_no: cheaper.protocol.out_trade_no }, "amount, order"]
      ] as const) {
        const error = yield* Effect.flip(Effect.provide(verified(charge()), plugin(paying(bill, otherwise))))
        assert.strictEqual(yield* said(Effect.fail(error)), conflict, names)
        assert.strictEqual(error.reason.detail, `the payment was made for another ${names}`)
      }
      for (const other of [
        charge({ binding: Digest.sha256("GET /b") }),
        charge({ money: Money.of("CNY", 1_11n) }),
        charge({ merchant: "2088000000000001" })
      ]) {
        assert.strictEqual(yield* said(Effect.provide(verified(other), plugin(paying(bill)))), conflict)
      }
      assert.strictEqual(yield* said(Effect.provide(verified(charge()), plugin(paying(bill)))), "ok")
    })
  )

  it.effect("asks for a new payment where this one is not active", () =>
    Effect.gen(function* () {
      for (const answer of [{ active: false }, { active: false, amount: "", trade_no: tradeNo, out_trade_no: null }]) {
        assert.strictEqual(
          yield* said(Effect.provide(verified(charge()), plugin(succeeding(answer)))),
          "402 credential_revoked, moved: no"
        )
      }
    })
  )

  it.effect("believes no answer that leaves a fact out, or says it in another type: 503", () =>
    Effect.gen(function* () {
      const bill = yield* unasked(billOf(charge()))
      for (const name of ["amount", "out_trade_no", "resource_id", "trade_no"]) {
        for (const value of ["", null, undefined]) {
          const answer = Effect.provide(verified(charge()), plugin(paying(bill, { [name]: value })))
          assert.strictEqual(yield* said(answer), "503 provider_untrusted, moved: unknown", `${name} ${value}`)
        }
      }
      for (const otherwise of [
        { active: "true" },
        { active: 1 },
        { active: "" },
        { active: null },
        { amount: 1 },
        { amount: "1,10" },
        { amount: "1.100" },
        { out_trade_no: 17 },
        { resource_id: [] },
        { trade_no: {} }
      ]) {
        const answer = yield* said(Effect.provide(verified(charge()), plugin(paying(bill, otherwise))))
        const fine = "amount" in otherwise && otherwise.amount === 1
        assert.strictEqual(
          answer,
          fine ? "409 binding_mismatch, moved: yes" : "503 provider_untrusted, moved: unknown",
          JSON.stringify(otherwise)
        )
      }
    })
  )

  it.effect("tells what is no proof from what may still become one", () =>
    Effect.gen(function* () {
      const no = "402 credential_malformed, moved: no"
      const over = "402 credential_revoked, moved: no"
      const ask = "503 outcome_unknown, moved: unknown"
      const down = "503 provider_unavailable, moved: unknown"
      for (const [code, subCode, expected] of [
        ["40004", "PAYMENT_PROOF_INVALID", no],
        ["40004", "ACQ.PAYMENT_PROOF_INVALID", no],
        ["40004", "PAYMENT_PROOF_AGENT_MISMATCH", no],
        ["40004", "PAYMENT_PROOF_BUYER_MISMATCH", no],
        ["40004", "PAYMENT_PROOF_TRADE_NO_MISMATCH", no],
        ["40004", "PAYMENT_PROOF_ID_MISMATCH", no],
        ["40004", "PAYMENT_PROOF_EMPTY", no],
        ["40004", "CLIENT_SESSION_IS_EMPTY", no],
        ["40004", "TRADE_NO_INVALID", no],
        ["40004", "TRADE_NO_EMPTY", no],
        ["40004", "TRADE_STATUS_CLOSED", over],
        ["40004", "TRADE_STATUS_UNPAID", ask],
        ["40004", "TRADE_NOT_FOUND", ask],
        ["40004", "PAYMENT_PROOF_NOT_FOUND", ask],
        ["40004", "PAYMENT_PROOF_STATUS_INVALID", ask],
        ["40004", "INVALID_PARAMETER", ask],
        ["40004", "SOMETHING_NEW", ask],
        ["40004", "SYSTEM_ERROR", down],
        ["20000", "isp.unknow-error", down],
        ["40005", "isv.app-call-limited", down],
        ["40006", "isv.insufficient-isv-permissions", down],
        ["20001", "aop.invalid-auth-token", down]
      ] as const) {
        const error = yield* Effect.flip(Effect.provide(verified(charge()), plugin(refusing(code, subCode))))
        assert.strictEqual(yield* said(Effect.fail(error)), expected, subCode)
        assert.strictEqual(error.retryAfter !== undefined, error.status === 503, subCode)
      }
    })
  )

  it.effect("is not asked about a proof that cannot be read", () =>
    unasked(
      Effect.gen(function* () {
        const error = yield* Effect.flip(verified(charge(), Buffer.from('{"protocol":{}}').toString("base64")))
        assert.strictEqual(yield* said(Effect.fail(error)), "402 credential_malformed, moved: no")
        for (const field of ["payment_proof", "trade_no", "method"]) assert.include(error.reason.detail, field)
      })
    )
  )
})

/** A gateway that takes any proof of any trade for one of this bill. */
const believing = (bill: PaymentNeeded.PaymentNeeded) =>
  platform(({ biz, parameters }) => {
    const { amount, out_trade_no, resource_id } = bill.protocol
    const facts = { active: true, amount, out_trade_no, resource_id }
    const name = `${parameters["method"]?.replaceAll(".", "_")}_response`
    return signed(name, rawOf({ code: "10000", ...facts, trade_no: biz["trade_no"] }))
  })

describe("a trade", () => {
  it.effect("buys one delivery, also under a second proof of it, and again where the first delivery failed", () =>
    Effect.gen(function* () {
      const request = { headers: {}, method: "GET", resource: "/report", bodyDigest: "body" }
      const asked = charge({ ...request, binding: PaidRequest.binding(request, seller) })
      const bill = yield* unasked(billOf(asked))
      let runs = 0
      const sell = (payment_proof: string, works = true) =>
        Paywall.use((paywall) => {
          const proof = { trade_no: tradeNo, payment_proof: Redacted.make(payment_proof), client_session: "s" }
          const headers = RequestHeaders.fromEntries([["payment-proof", PaymentProof.toHeader(proof)]])
          const handler = Effect.suspend(() => (++runs, works ? Effect.succeed("the report") : Effect.fail("broken")))
          return paywall.sell({ request: { ...request, headers }, price: [asked.money] }, () => handler)
        }).pipe(
          Effect.match({
            onFailure: (failure) =>
              typeof failure === "string"
                ? failure
                : `${failure.error.status} ${failure.error.code}, moved: ${failure.error.moved}`,
            onSuccess: () => "ok"
          })
        )
      const host = Paywall.layer([AlipayA402]).pipe(
        Layer.provide(plugin(believing(bill))),
        Layer.provide(LedgerMemory.layerSilent)
      )
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* sell("a", false), "broken")
        const answers = yield* Effect.all([sell("a"), sell("b"), sell("c")], { concurrency: "unbounded" })
        assert.deepEqual(answers.toSorted(), ["402 uses_exceeded, moved: yes", "402 uses_exceeded, moved: yes", "ok"])
        assert.strictEqual(runs, 2)
      }).pipe(Effect.provide(host))
    })
  )
})

const paid = { mandate: { id: tradeNo, payer: "p", uses: 1 }, outTradeNo: "A402_1" }
const settle = (asked: Charge) => AlipayA402.use((protocol) => protocol.settle(paid, asked))

describe("settle", () => {
  it.effect("confirms the fulfilment of the trade, and says so in a receipt", () =>
    Effect.gen(function* () {
      const receipt = yield* Effect.provide(settle(charge()), plugin(succeeding({ trade_no: tradeNo })))
      assert.deepInclude(receipt, {
        reference: tradeNo,
        chargeId: charge().id,
        protocol: "alipay-a402",
        merchant: seller
      })
      assert.notProperty(receipt, "headers")
    })
  )

  it.effect("says it as Payment-Validation where that is wanted", () =>
    Effect.gen(function* () {
      const receipt = yield* Effect.provide(settle(charge()), plugin(succeeding({ trade_no: tradeNo }), true))
      const said = Buffer.from(receipt.headers?.["payment-validation"] ?? "", "base64url").toString()
      assert.deepEqual(JSON.parse(said), {
        trade_no: tradeNo,
        out_trade_no: "A402_1",
        validated: true,
        resource_id: charge().binding
      })
    })
  )

  it.effect("never says that nothing moved where the confirmation fails: the agent has paid", () =>
    Effect.gen(function* () {
      for (const gateway of [
        refusing("40004", "TRADE_STATUS_INVALID"),
        refusing("40004", "SELLER_IDENTITY_MISMATCH"),
        refusing("20000", "isp.unknow-error"),
        succeeding({ trade_no: "another" }),
        succeeding({}),
        platform(() => "<html>"),
        platform(() => new Response("", { status: 502 }))
      ]) {
        const error = yield* Effect.flip(Effect.provide(settle(charge()), plugin(gateway)))
        assert.deepEqual([error.moved, error.status], ["yes", 503])
      }
    })
  )
})
