/** The wallet pays what the seller has signed, once, and the gateway says what it paid. */
import { assert, describe, it } from "@effect/vitest"
import * as PaymentNeeded from "@paylayer/alipay/PaymentNeeded"
import { onThisThread, SignatureEngine } from "@paylayer/alipay/SignatureEngine"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { AlipaySandbox } from "../../src/AlipaySandbox.ts"
import { keys as processKeys } from "../../src/internal/keys.ts"
import { ask, platform, reason } from "../merchant.ts"

const onPlatform = <A, E>(effect: Effect.Effect<A, E, any>) =>
  effect.pipe(Effect.provide(platform), Effect.provideService(SignatureEngine, onThisThread)) as Effect.Effect<A, E>

type Change = (bill: PaymentNeeded.Unsigned) => PaymentNeeded.Unsigned

/** A bill of the sandbox's seller. */
const billed = Effect.fnUntraced(function* (number: string, change: Change = (bill) => bill) {
  const { application } = yield* processKeys
  const { config } = yield* AlipaySandbox
  const { seller_id } = config
  const unsigned: PaymentNeeded.Unsigned = {
    protocol: {
      out_trade_no: number,
      amount: "1.10",
      resource_id: "/report",
      pay_before: "2026-11-22T20:30:00+08:00"
    },
    method: {
      seller_name: "s",
      seller_id,
      seller_app_id: config.app_id,
      goods_name: "g",
      service_id: "api_mock_service_id"
    }
  }
  return yield* PaymentNeeded.sign(application, change(unsigned))
})

const pay = (bill: PaymentNeeded.PaymentNeeded, payer?: string) =>
  AlipaySandbox.use(({ wallet }) => wallet.pay(PaymentNeeded.toHeader(bill), payer === undefined ? {} : { payer }))
const code = (paying: ReturnType<typeof pay>) =>
  Effect.match(paying, { onFailure: ({ code }) => code, onSuccess: () => "paid" as const })

const method =
  (more: Partial<PaymentNeeded.Unsigned["method"]>): Change =>
  (bill) => ({ ...bill, method: { ...bill.method, ...more } })
const protocol =
  (more: Partial<PaymentNeeded.Unsigned["protocol"]>): Change =>
  (bill) => ({ ...bill, protocol: { ...bill.protocol, ...more } })

const beforeNoon = TestClock.setTime(Date.parse("2026-11-22T12:00:00Z"))

const proofOf = (header: Redacted.Redacted<string>) =>
  JSON.parse(Buffer.from(Redacted.value(header), "base64").toString()) as {
    readonly protocol: { readonly payment_proof: string; readonly trade_no: string }
    readonly method: { readonly client_session: string }
  }

describe("the wallet", () => {
  it.effect("refuses a bill that is unsigned, of others, over, or of no known service, and then nothing moves", () =>
    onPlatform(
      Effect.gen(function* () {
        yield* beforeNoon
        const bill = yield* billed("a1")
        for (const [name, value] of Object.entries({
          amount: "0.01",
          out_trade_no: "a2",
          pay_before: "2099-01-01T00:00:00Z",
          resource_id: "/other"
        })) {
          const forged = { ...bill, protocol: { ...bill.protocol, [name]: value } }
          assert.strictEqual(yield* code(pay(forged)), "BILL_SIGNATURE_INVALID", name)
        }
        for (const [name, value] of Object.entries({ goods_name: "x", service_id: "API_1" })) {
          const forged = { ...bill, method: { ...bill.method, [name]: value } }
          assert.strictEqual(yield* code(pay(forged)), "BILL_SIGNATURE_INVALID", name)
        }
        const seller = { ...bill, protocol: { ...bill.protocol, seller_unique_id: "2088000000000001" } }
        assert.strictEqual(yield* code(pay(seller)), "SELLER_MISMATCH")
        assert.strictEqual(yield* code(pay(yield* billed("a3", method({ seller_app_id: "2021" })))), "SELLER_MISMATCH")
        assert.strictEqual(yield* code(pay(yield* billed("a4", method({ service_id: "API_1" })))), "SERVICE_NOT_EXIST")
        assert.strictEqual(yield* code(pay(yield* billed("a5", protocol({ amount: "0.00" })))), "BILL_UNREADABLE")
        const { wallet } = yield* AlipaySandbox
        assert.strictEqual(yield* code(wallet.pay("not a bill")), "BILL_UNREADABLE")
        yield* TestClock.setTime(Date.parse("2026-11-22T12:30:00Z"))
        assert.strictEqual(yield* code(pay(bill)), "BILL_EXPIRED")
        yield* TestClock.setTime(Date.parse("2026-11-22T12:29:59.999Z"))
        assert.lengthOf(yield* AlipaySandbox.use((sandbox) => sandbox.movements), 0)
        assert.strictEqual(yield* code(pay(bill)), "paid")
      })
    )
  )

  it.effect("pays an order once: its own payer gets the proof again, anybody or anything else is refused", () =>
    onPlatform(
      Effect.gen(function* () {
        yield* beforeNoon
        const bill = yield* billed("b1")
        const [first, second] = yield* Effect.all([pay(bill), pay(bill)], { concurrency: "unbounded" })
        assert.strictEqual(Redacted.value(first.proof), Redacted.value(second.proof))
        assert.strictEqual(yield* code(pay(bill, "2088000000000009")), "TRADE_HAS_SUCCESS")
        const dearer = yield* billed("b1", protocol({ amount: "2.20" }))
        assert.strictEqual(yield* code(pay(dearer)), "TRADE_HAS_SUCCESS")
        const moved = yield* AlipaySandbox.use((sandbox) => sandbox.movements)
        assert.lengthOf(moved, 1)
        assert.deepInclude(moved[0], { kind: "charge", amount: "1.10", currency: "CNY", out_trade_no: "b1" })
        assert.notProperty(moved[0], "delegation_id")
      })
    )
  )
})

describe("the gateway", () => {
  it.effect("says what a proof paid for, and of every other that it is none", () =>
    onPlatform(
      Effect.gen(function* () {
        yield* beforeNoon
        const { proof, trade_no } = yield* pay(yield* billed("c1"))
        const { method, protocol } = proofOf(proof)
        assert.match(trade_no, /^\d{32}$/)
        assert.match(protocol.payment_proof, /^[0-9a-f]{64}$/)
        const right = { ...protocol, ...method }
        const verify = (biz: object) => ask("alipay.aipay.agent.payment.verify", biz)
        const facts = { active: true, amount: "1.10", out_trade_no: "c1", resource_id: "/report", trade_no }
        assert.deepInclude(yield* verify(right), { code: "10000", ...facts })
        for (const [other, why] of [
          [{ trade_no: "2026" }, "TRADE_NOT_FOUND"],
          [{ payment_proof: "0".repeat(64) }, "PAYMENT_PROOF_INVALID"],
          [{ client_session: "another" }, "PAYMENT_PROOF_AGENT_MISMATCH"],
          [{ trade_no: "" }, "TRADE_NO_EMPTY"],
          [{ payment_proof: "" }, "PAYMENT_PROOF_EMPTY"],
          [{ client_session: "" }, "CLIENT_SESSION_IS_EMPTY"],
          [{ client_session: 7 }, "ACQ.INVALID_PARAMETER"]
        ] as const) {
          assert.strictEqual(reason(yield* verify({ ...right, ...other })), why)
        }
        const confirm = () => ask("alipay.aipay.agent.fulfillment.confirm", { trade_no })
        assert.deepInclude(yield* confirm(), { code: "10000", trade_no })
        assert.deepInclude(yield* confirm(), { code: "10000", trade_no })
        assert.deepInclude(yield* verify(right), facts)
        yield* AlipaySandbox.use(({ wallet }) => wallet.close(trade_no))
        assert.deepInclude(yield* verify(right), { ...facts, active: false })
        assert.strictEqual(reason(yield* confirm()), "TRADE_STATUS_INVALID")
        const unknown = yield* ask("alipay.aipay.agent.fulfillment.confirm", { trade_no: "2026" })
        assert.strictEqual(reason(unknown), "TRADE_NOT_FOUND")
      })
    )
  )
})

describe("the wallet's endpoints", () => {
  const post = Effect.fnUntraced(function* (path: string, body: unknown) {
    const client = yield* HttpClient.HttpClient
    const request = HttpClientRequest.post(`http://127.0.0.1${path}`).pipe(HttpClientRequest.bodyJsonUnsafe(body))
    const response = yield* client.execute(request)
    return { status: response.status, body: (yield* response.json) as { readonly [name: string]: unknown } }
  })

  it.effect("pay a bill, list what was paid, and end a payment", () =>
    onPlatform(
      Effect.gen(function* () {
        yield* beforeNoon
        const payment_needed = PaymentNeeded.toHeader(yield* billed("d1"))
        const paid = yield* post("/sandbox/a402/payments", { payment_needed, payer: "2088000000000009" })
        assert.strictEqual(paid.status, 201)
        assert.deepInclude(paid.body, { out_trade_no: "d1", amount: "1.10", currency: "CNY", confirmed: false })
        assert.isString(paid.body["payment_proof"])
        const other = yield* post("/sandbox/a402/payments", { payment_needed })
        assert.strictEqual(other.status, 409)
        assert.include(String(other.body["detail"]), "TRADE_HAS_SUCCESS")
        for (const wrong of [{}, { payment_needed: 1 }, { payment_needed, payer: "me" }, { payment_needed, more: 1 }]) {
          assert.strictEqual((yield* post("/sandbox/a402/payments", wrong)).status, 422)
        }
        const client = yield* HttpClient.HttpClient
        const listed = yield* (yield* client.get("http://127.0.0.1/sandbox/a402/payments")).json
        assert.deepEqual<unknown>(listed, { payments: [paid.body] })
        const closed = yield* post(`/sandbox/a402/payments/${String(paid.body["trade_no"])}/close`, {})
        assert.deepInclude(closed.body, { active: false })
        assert.strictEqual((yield* post("/sandbox/a402/payments/1/close", {})).status, 404)
      })
    )
  )
})
