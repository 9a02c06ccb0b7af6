/** What an agent meets on the wire when it pays bills: headers and statuses, through the HTTP host, the plug-in and the sandbox. */
import { A402Config } from "@paylayer/alipay/A402Config"
import { AlipayA402 } from "@paylayer/alipay/AlipayA402"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import * as PaymentNeeded from "@paylayer/alipay/PaymentNeeded"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as SandboxConfig from "@paylayer/alipay-sandbox/SandboxConfig"
import * as SandboxHttpClient from "@paylayer/alipay-sandbox/SandboxHttpClient"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import * as Receipt from "@paylayer/core/Receipt"
import * as FetchHandler from "@paylayer/http/FetchHandler"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Result from "effect/Result"

/** An API that sells reports, and validates aloud. */
const serve = () => {
  const loud = Layer.effect(
    A402Config,
    Effect.map(A402Config, (config) => ({ ...config, validation: true }))
  ).pipe(Layer.provide(SandboxConfig.layerA402))
  const layer = Paywall.layer([AlipayA402]).pipe(
    Layer.provide(AlipayA402.layer),
    Layer.provide(OpenPlatform.layer),
    Layer.provide(Layer.mergeAll(SandboxConfig.layer, loud, LedgerMemory.layerSilent)),
    Layer.provide(SandboxHttpClient.layer),
    Layer.provideMerge(AlipaySandbox.layer),
    Layer.provideMerge(Layer.succeed(References.MinimumLogLevel, "None"))
  )
  const runtime = ManagedRuntime.make(layer)
  const state = { runs: 0 }
  const handle = FetchHandler.make(runtime, { price: Price.make({ CNY: "1.10" }), description: "Report" })(() =>
    Response.json({ report: ++state.runs })
  )
  const ask = (path: string, headers: Record<string, string> = {}, body?: string) =>
    handle(
      new Request(`http://shop.example${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers,
        ...(body !== undefined && { body })
      })
    )
  const sandbox = <A, E>(use: (sandbox: AlipaySandbox["Service"]) => Effect.Effect<A, E>) =>
    runtime.runPromise(AlipaySandbox.use(use))
  const pay = async (response: Response) => {
    const { proof, trade_no } = await sandbox(({ wallet }) => wallet.pay(response.headers.get("payment-needed") ?? ""))
    return { proof: Redacted.value(proof), trade: trade_no }
  }
  return { ask, pay, sandbox, state, dispose: () => runtime.dispose() }
}

let shop: ReturnType<typeof serve>
beforeEach(() => void (shop = serve()))
afterEach(() => shop.dispose())

const problem = async (response: Response) => (await response.json()) as { readonly [name: string]: unknown }

describe("A402 over HTTP", () => {
  it("answers 402 with Payment-Needed, 200 with a receipt and Payment-Validation, and replays", async () => {
    const unpaid = await shop.ask("/a")
    assert.strictEqual(unpaid.status, 402)
    const header = unpaid.headers.get("payment-needed") ?? ""
    const bill = Result.getOrThrow(PaymentNeeded.fromHeader(header))
    assert.deepInclude(bill.protocol, { amount: "1.10", currency: "CNY" })
    assert.strictEqual(bill.method.goods_name, "Report")
    assert.include(unpaid.headers.get("access-control-expose-headers"), "payment-needed")
    const { accepts } = (await problem(unpaid)) as { readonly accepts: ReadonlyArray<Record<string, unknown>> }
    assert.deepInclude(accepts[0], {
      protocol: "alipay-a402",
      flow: "prepaid-then-confirm",
      headers: { "payment-needed": header }
    })
    const { proof, trade } = await shop.pay(unpaid)
    const paid = await shop.ask("/a", { "payment-proof": proof })
    assert.strictEqual(paid.status, 200)
    assert.deepEqual(await paid.json(), { report: 1 })
    const receipt = Result.getOrThrow(Receipt.fromHeader(paid.headers.get("payment-receipt") ?? ""))
    assert.deepInclude(receipt, { reference: trade, money: Money.of("CNY", 110n) })
    const validation = Buffer.from(paid.headers.get("payment-validation") ?? "", "base64url").toString()
    const { out_trade_no, resource_id } = bill.protocol
    assert.deepEqual(JSON.parse(validation), { trade_no: trade, out_trade_no, validated: true, resource_id })
    assert.include(paid.headers.get("access-control-expose-headers"), "payment-validation")
    const again = await shop.ask("/a", {
      "payment-proof": proof.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")
    })
    assert.deepEqual(await again.json(), { report: 1 })
    assert.strictEqual(again.headers.get("idempotency-replayed"), "true")
    assert.strictEqual(again.headers.get("payment-validation"), paid.headers.get("payment-validation"))
    assert.strictEqual(shop.state.runs, 1)
  })

  it("answers 409 without a bill where the proof belongs to another request, and the proof stays good", async () => {
    const { proof } = await shop.pay(await shop.ask("/a"))
    for (const [path, body] of [["/b"], ["/a", "{}"]] as const) {
      const response = await shop.ask(path, { "payment-proof": proof }, body)
      assert.strictEqual(response.status, 409)
      assert.isNull(response.headers.get("payment-needed"))
      const expected = { code: "binding_mismatch", moved: "yes", act: "ACT-A402-STATE_CONFLICT", accepts: [] }
      assert.deepInclude(await problem(response), expected)
    }
    assert.strictEqual((await shop.ask("/a", { "payment-proof": proof })).status, 200)
  })

  it("answers 503 with Retry-After while Alipay cannot be reached, and 402 only for a proof that is none", async () => {
    const { proof, trade } = await shop.pay(await shop.ask("/a"))
    await shop.sandbox((sandbox) => sandbox.fault({ fault: "reset", method: "alipay.aipay.agent.payment.verify" }))
    const down = await shop.ask("/a", { "payment-proof": proof })
    assert.strictEqual(down.status, 503)
    assert.match(down.headers.get("retry-after") ?? "", /^[1-9]\d*$/)
    assert.isNull(down.headers.get("payment-needed"))
    const { code, moved } = await problem(down)
    assert.deepEqual([code, moved], ["provider_unavailable", "unknown"])
    const none = await shop.ask("/a", { "payment-proof": "bm90IGEgcHJvb2Y=" })
    assert.strictEqual(none.status, 402)
    assert.isString(none.headers.get("payment-needed"))
    assert.deepInclude(await problem(none), { code: "credential_malformed", act: "ACT-A402-PROOF_INVALID" })
    await shop.sandbox(({ wallet }) => wallet.close(trade))
    const over = await shop.ask("/a", { "payment-proof": proof })
    assert.strictEqual(over.status, 402)
    assert.notStrictEqual(over.headers.get("payment-needed"), none.headers.get("payment-needed"))
    assert.strictEqual(shop.state.runs, 0)
  })
})
