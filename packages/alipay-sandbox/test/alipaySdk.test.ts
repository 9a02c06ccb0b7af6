// Alipay's SDK writes the local wall clock, so its process lives in Beijing.
process.env["TZ"] = "Asia/Shanghai"

import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as PaymentNeeded from "@paylayer/alipay/PaymentNeeded"
import { AlipaySdk } from "alipay-sdk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import { keys as processKeys } from "../src/internal/keys.ts"
import { SandboxServer } from "../src/SandboxServer.ts"
import { order } from "./merchant.ts"

const runtime = ManagedRuntime.make(SandboxServer.layer().pipe(Layer.provideMerge(AlipaySandbox.layer)))
const run = <A, E>(use: (sandbox: AlipaySandbox["Service"]) => Effect.Effect<A, E>): Promise<A> =>
  runtime.runPromise(Effect.flatMap(AlipaySandbox, use))

let sdk: AlipaySdk

beforeAll(async () => {
  const { gateway } = await runtime.runPromise(Effect.map(SandboxServer, (address) => address))
  const config = await run(({ config }) => Effect.succeed(config))
  sdk = new AlipaySdk({
    appId: config.app_id,
    privateKey: Redacted.value(config.application_private_key),
    keyType: "PKCS8",
    alipayPublicKey: config.alipay_public_key,
    gateway
  })
})
afterAll(() => runtime.dispose())

const exec = (method: string, bizContent: object) => sdk.exec(method, { bizContent }, { validateSign: true })

describe("alipay-sdk, unchanged, with every answer's signature checked", () => {
  it("runs in Beijing", () => assert.strictEqual(new Date().getTimezoneOffset(), -480))

  it("learns a delegation, opens an order, charges it, asks for it, refunds it", async () => {
    const token = await run((sandbox) => sandbox.issue({ max_total_amount: "50.00" }))
    const { agreement_no, delegation_id } = token
    const delegation = await exec("alipay.user.agreement.delegation.query", { agreement_no, delegation_id })
    assert.deepInclude(delegation, { code: "10000", status: "NORMAL", remainingAmount: "50.00" })
    const prepaid = await exec("alipay.trade.order.prepay", order("sdk_1", "15.00"))
    assert.strictEqual(prepaid.code, "10000")
    const charge = { prepay_id: prepaid["prepayId"], agreement_no, delegation_id }
    const paid = await exec("alipay.trade.agent.delegation.pay", charge)
    assert.strictEqual(paid.code, "10000")
    const again = await exec("alipay.trade.agent.delegation.pay", charge)
    assert.deepInclude(again, { code: "40004", subCode: "ACQ.TRADE_HAS_SUCCESS" })
    const found = await exec("alipay.trade.query", { outTradeNo: "sdk_1" })
    assert.deepInclude(found, { tradeStatus: "TRADE_SUCCESS", subject: "市场报告", tradeNo: paid["tradeNo"] })
    const refund = { outTradeNo: "sdk_1", refundAmount: "5.00", outRequestNo: "r1" }
    assert.deepInclude(await exec("alipay.trade.refund", refund), { code: "10000", fundChange: "Y" })
    const { movements } = await run((sandbox) => Effect.map(sandbox.movements, (movements) => ({ movements })))
    assert.deepStrictEqual(
      movements.map(({ amount, kind }) => `${kind} ${amount}`),
      ["charge 15.00", "refund 5.00"]
    )
  })

  it("learns what an agent has paid for, and confirms that it was delivered", async () => {
    const header = await runtime.runPromise(
      Effect.gen(function* () {
        const { application } = yield* processKeys
        const { config } = yield* AlipaySandbox
        const bill = yield* PaymentNeeded.sign(application, {
          protocol: {
            out_trade_no: "sdk_a402",
            amount: "1.10",
            resource_id: "/report?a=1",
            pay_before: "2099-01-01T00:00:00+08:00"
          },
          method: {
            seller_name: "示例商户",
            seller_id: config.seller_id,
            seller_app_id: config.app_id,
            goods_name: "市场报告",
            service_id: "api_mock_service_id"
          }
        })
        return PaymentNeeded.toHeader(bill)
      })
    )
    const { proof, trade_no } = await run(({ wallet }) => wallet.pay(header))
    const { method, protocol } = JSON.parse(Buffer.from(Redacted.value(proof), "base64").toString())
    const verified = await exec("alipay.aipay.agent.payment.verify", { ...protocol, ...method })
    const facts = { active: true, amount: "1.10", outTradeNo: "sdk_a402", resourceId: "/report?a=1", tradeNo: trade_no }
    assert.deepInclude(verified, { code: "10000", ...facts })
    const refused = await exec("alipay.aipay.agent.payment.verify", { ...protocol, ...method, client_session: "x" })
    assert.deepInclude(refused, { code: "40004", subCode: "PAYMENT_PROOF_AGENT_MISMATCH" })
    const confirmed = await exec("alipay.aipay.agent.fulfillment.confirm", { tradeNo: trade_no })
    assert.deepInclude(confirmed, { code: "10000", tradeNo: trade_no })
    const [payment] = await run(({ wallet }) => wallet.payments)
    assert.isTrue(payment?.confirmed)
  })

  it("closes an order that nobody paid", async () => {
    await exec("alipay.trade.order.prepay", order("sdk_2", "1.00"))
    assert.strictEqual((await exec("alipay.trade.close", { outTradeNo: "sdk_2" })).code, "10000")
    assert.strictEqual((await exec("alipay.trade.query", { outTradeNo: "sdk_2" }))["tradeStatus"], "TRADE_CLOSED")
  })

  it("tells that the order is unknown", async () => {
    const answer = await exec("alipay.trade.query", { outTradeNo: "sdk_3" })
    assert.deepInclude(answer, { code: "40004", subCode: "ACQ.TRADE_NOT_EXIST" })
  })

  it("refuses an answer that was signed with another key", async () => {
    await run((sandbox) => sandbox.fault({ fault: "wrong-key", method: "alipay.trade.query" }))
    const refused = await exec("alipay.trade.query", { outTradeNo: "sdk_1" }).then(
      () => "accepted",
      (error: Error) => error.name
    )
    assert.notStrictEqual(refused, "accepted")
  })
})
