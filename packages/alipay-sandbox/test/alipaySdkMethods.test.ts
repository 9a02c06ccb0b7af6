// Alipay's SDK writes the local wall clock, so its process lives in Beijing.
process.env["TZ"] = "Asia/Shanghai"

import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as PaymentNeeded from "@paylayer/alipay/PaymentNeeded"
import { AlipayRequestError, AlipaySdk, type AlipaySdkConfig } from "alipay-sdk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import { MethodName } from "../src/MethodName.ts"
import { keys as processKeys } from "../src/internal/keys.ts"
import { SandboxServer } from "../src/SandboxServer.ts"
import { order } from "./merchant.ts"

const runtime = ManagedRuntime.make(SandboxServer.layer().pipe(Layer.provideMerge(AlipaySandbox.layer)))
const run = <A, E>(use: (sandbox: AlipaySandbox["Service"]) => Effect.Effect<A, E>): Promise<A> =>
  runtime.runPromise(Effect.flatMap(AlipaySandbox, use))

let settings: AlipaySdkConfig
let certified: Partial<AlipaySdkConfig>

beforeAll(async () => {
  const { gateway, url } = await runtime.runPromise(Effect.map(SandboxServer, (address) => address))
  const config = await run(({ config }) => Effect.succeed(config))
  settings = {
    appId: config.app_id,
    privateKey: Redacted.value(config.application_private_key),
    keyType: "PKCS8",
    alipayPublicKey: config.alipay_public_key,
    encryptKey: Redacted.value(config.encrypt_key),
    gateway,
    endpoint: url,
    camelcase: false
  }
  const { alipay, app, root } = await run(({ certificates }) => certificates)
  certified = { appCertContent: app, alipayPublicCertContent: alipay, alipayRootCertContent: root }
})
afterAll(() => runtime.dispose())

type Members = Record<string, any>

/** One call of a method: what it was answered, or the code of its refusal. */
type Drive = (method: MethodName, content: Members) => Promise<Members | string>

const path = (method: string) => `/v3/${method.replaceAll(".", "/")}` as const

/** v2: `exec` with every answer's signature checked. */
const exec =
  (sdk: AlipaySdk): Drive =>
  async (method, bizContent) => {
    const answer: Members = await sdk.exec(method, { bizContent }, { validateSign: true })
    return answer["code"] === "10000" ? answer : answer["sub_code"]
  }

const gets = new Set<string>(["alipay.data.dataservice.bill.downloadurl.query", "alipay.trade.order.settle.query"])

/** v3: `curl`, which always checks them. */
const curl =
  (sdk: AlipaySdk, needEncrypt = false): Drive =>
  async (method, content) => {
    const get = gets.has(method)
    const given = get ? { query: content as Record<string, string> } : { body: content, needEncrypt }
    try {
      return (await sdk.curl<Members>(get ? "GET" : "POST", path(method), given)).data
    } catch (error) {
      if (error instanceof AlipayRequestError && error.code !== undefined) return error.code
      throw error
    }
  }

const succeeds = async (answer: Promise<Members | string>): Promise<Members> => {
  const value = await answer
  return typeof value === "string" ? assert.fail(value) : value
}

let orders = 0

/** Every method of the sandbox, in an order that makes sense; all that moved is told at the end. */
const everything = async (drive: Drive) => {
  const used = new Set<string>()
  const call: Drive = (method, content) => {
    used.add(method)
    return drive(method, content)
  }
  const [first, second, third, metered] = [`m_${++orders}`, `m_${++orders}`, `m_${++orders}`, `m_${++orders}`]
  const token = await run((sandbox) => sandbox.issue({ max_total_amount: "50.00" }))
  const { agreement_no, delegation_id } = token
  const delegation = await succeeds(call("alipay.user.agreement.delegation.query", { agreement_no, delegation_id }))
  assert.deepInclude(delegation, { status: "NORMAL", remaining_amount: "50.00" })

  const prepaid = await succeeds(call("alipay.trade.order.prepay", order(first, "15.00")))
  const charge = { prepay_id: prepaid["prepay_id"], agreement_no, delegation_id }
  const paid = await succeeds(call("alipay.trade.agent.delegation.pay", charge))
  assert.strictEqual(await call("alipay.trade.agent.delegation.pay", charge), "ACQ.TRADE_HAS_SUCCESS")
  const found = await succeeds(call("alipay.trade.query", { out_trade_no: first }))
  assert.deepInclude(found, { trade_status: "TRADE_SUCCESS", subject: "市场报告", trade_no: paid["trade_no"] })
  const refund = { out_trade_no: first, refund_amount: "5.00", out_request_no: "r1" }
  assert.deepInclude(await succeeds(call("alipay.trade.refund", refund)), { fund_change: "Y" })
  const asked = await succeeds(call("alipay.trade.fastpay.refund.query", { out_trade_no: first, out_request_no: "r1" }))
  assert.deepInclude(asked, { refund_amount: "5.00", refund_status: "REFUND_SUCCESS" })

  await succeeds(call("alipay.trade.order.prepay", order(second, "1.00")))
  await succeeds(call("alipay.trade.close", { out_trade_no: second }))
  await succeeds(call("alipay.trade.order.prepay", order(third, "1.00")))
  assert.deepInclude(await succeeds(call("alipay.trade.cancel", { out_trade_no: third })), { action: "close" })

  const to = { type: "userId", account: "2088000000000009" }
  const binding = { out_request_no: `b_${first}`, receiver_list: [to] }
  assert.deepInclude(await succeeds(call("alipay.trade.royalty.relation.bind", binding)), { result_code: "SUCCESS" })
  const bound = await succeeds(call("alipay.trade.royalty.relation.batchquery", { out_request_no: `q_${first}` }))
  assert.deepInclude(bound, { result_code: "SUCCESS", receiver_list: [to] })
  const part = { trans_in_type: "userId", trans_in: to.account, amount: "2.50", desc: "分账" }
  const split = { out_request_no: `s_${first}`, trade_no: paid["trade_no"], royalty_parameters: [part] }
  const settled = await succeeds(call("alipay.trade.order.settle", split))
  assert.deepInclude(await succeeds(call("alipay.trade.order.settle", split)), { settle_no: settled["settle_no"] })
  const { out_request_no, trade_no: settledTrade } = split
  for (const number of [{ settle_no: settled["settle_no"] }, { out_request_no, trade_no: settledTrade }]) {
    const { royalty_detail_list } = await succeeds(call("alipay.trade.order.settle.query", number))
    assert.deepInclude(royalty_detail_list[0], { state: "SUCCESS", amount: "2.50", trans_in: to.account })
  }
  assert.deepInclude(await succeeds(call("alipay.trade.royalty.relation.unbind", binding)), { result_code: "SUCCESS" })

  const applied = await succeeds(
    call("alipay.user.agreement.delegation.apply", {
      agent_id: "agent_1",
      external_agreement_no: metered.replace("_", "A"),
      personal_product_code: "UAM_AGENT_AUTH_P",
      access_params: { channel: "ALIPAYAPP" },
      delegation_params: {
        external_delegation_id: metered.replace("_", "D"),
        max_total_amount: "10.00",
        validity_start_time: "2020-01-01 00:00:00",
        validity_end_time: "2099-01-01 00:00:00"
      }
    })
  )
  assert.isString(applied["delegation_id"])
  await succeeds(call("alipay.user.agreement.delegation.cancel", { agreement_no, delegation_id }))

  const header = await runtime.runPromise(
    Effect.gen(function* () {
      const { application } = yield* processKeys
      const { config } = yield* AlipaySandbox
      const { app_id: seller_app_id, seller_id } = config
      const protocol = { out_trade_no: metered, amount: "1.10", resource_id: "/a", pay_before: "2099-01-01T00:00:00Z" }
      const more = { seller_name: "示例商户", goods_name: "市场报告", service_id: "api_mock_service_id" }
      return PaymentNeeded.toHeader(
        yield* PaymentNeeded.sign(application, { protocol, method: { seller_id, seller_app_id, ...more } })
      )
    })
  )
  const { proof, trade_no } = await run(({ wallet }) => wallet.pay(header))
  const { method, protocol } = JSON.parse(Buffer.from(Redacted.value(proof), "base64").toString())
  const verified = await succeeds(call("alipay.aipay.agent.payment.verify", { ...protocol, ...method }))
  assert.deepInclude(verified, { active: true, amount: "1.10", out_trade_no: metered })
  assert.deepInclude(await succeeds(call("alipay.aipay.agent.fulfillment.confirm", { trade_no })), { trade_no })

  const bill = { bill_type: "trade", bill_date: "2020-01-01" }
  const address = await call("alipay.data.dataservice.bill.downloadurl.query", bill)
  assert.match(typeof address === "string" ? address : address["bill_download_url"], /^http|BILL_NOT_EXIST/i)

  assert.strictEqual(await call("alipay.trade.query", { out_trade_no: "nobody" }), "ACQ.TRADE_NOT_EXIST")
  assert.deepStrictEqual([...used].toSorted(), MethodName.literals.toSorted())
  const movements = await run((sandbox) => sandbox.movements)
  assert.deepStrictEqual(
    movements.filter(({ out_trade_no }) => out_trade_no === first).map(({ amount, kind }) => `${kind} ${amount}`),
    ["charge 15.00", "refund 5.00"]
  )
  const royalties = await run((sandbox) => sandbox.royalties)
  assert.deepStrictEqual(
    royalties.filter(({ out_trade_no }) => out_trade_no === first).map(({ amount, to }) => `${to} ${amount}`),
    ["2088000000000009 2.50"]
  )
}

describe("alipay-sdk, unchanged, drives every method", () => {
  it("of gateway v2, with exec", () => everything(exec(new AlipaySdk(settings))))
  it("of gateway v2, in certificate mode", () => everything(exec(new AlipaySdk({ ...settings, ...certified }))))
  it("of REST v3, with curl", () => everything(curl(new AlipaySdk(settings))))
  it("of REST v3, in certificate mode", () => everything(curl(new AlipaySdk({ ...settings, ...certified }))))
  // Its exec encrypts, but cannot verify an encrypted answer; its curl can.
  it("of REST v3, with contents encrypted", () => everything(curl(new AlipaySdk(settings), true)))
  it("of gateway v2, with contents encrypted, as far as it can", async () => {
    const sdk = new AlipaySdk(settings)
    const bizContent = order("encrypted_1", "1.00")
    const answer: Members = await sdk.exec("alipay.trade.order.prepay", { bizContent, needEncrypt: true })
    assert.deepInclude(answer, { code: "10000", out_trade_no: "encrypted_1" })
  })
})

describe("alipay-sdk refuses", () => {
  for (const fault of ["wrong-key", "bad-signature", "unsigned"] as const) {
    it(`an answer of REST v3 that is ${fault}`, async () => {
      await run((sandbox) => sandbox.fault({ fault, method: "alipay.trade.order.prepay" }))
      const outcome = await new AlipaySdk(settings)
        .curl("POST", path("alipay.trade.order.prepay"), { body: order(`x_${fault}`, "1.00") })
        .then(
          () => "accepted",
          () => "refused"
        )
      assert.strictEqual(outcome, "refused")
    })
  }
})
