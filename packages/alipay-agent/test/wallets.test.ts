// An agent that buys with each of its wallets, from a shop that takes both, with Alipay's double between them. In process.
import { assert, describe, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js"
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import * as PaidCallTool from "@paylayer/agent/PaidCallTool"
import * as PaidFetch from "@paylayer/agent/PaidFetch"
import { Payer } from "@paylayer/agent/Payer"
import { AlipayA402 } from "@paylayer/alipay/AlipayA402"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as SandboxConfig from "@paylayer/alipay-sandbox/SandboxConfig"
import * as SandboxHttpClient from "@paylayer/alipay-sandbox/SandboxHttpClient"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import * as Receipt from "@paylayer/core/Receipt"
import * as FetchHandler from "@paylayer/http/FetchHandler"
import * as PaidTools from "@paylayer/mcp/PaidTools"
import * as PaymentMeta from "@paylayer/mcp/PaymentMeta"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { A402Wallet } from "../src/A402Wallet.ts"
import { AgentTokenWallet } from "../src/AgentTokenWallet.ts"
import { BillNotPaid, BillPayer } from "../src/BillPayer.ts"

const url = "https://merchant.example/report?of=tea"

const shop = Paywall.layer([AlipayTrust, AlipayA402]).pipe(
  Layer.provide([AlipayTrust.layer, AlipayA402.layer, Layer.fresh(LedgerMemory.layerSilent)]),
  Layer.provide(OpenPlatform.layer),
  Layer.provide([SandboxConfig.layer, SandboxConfig.layerA402]),
  Layer.provide(SandboxHttpClient.layer),
  Layer.provideMerge(AlipaySandbox.layer)
)

const price = Price.make({ CNY: "1.10", USD: "0.15" })

/** The sandbox's wallet as what pays bills. */
const billPayer = Layer.effect(
  BillPayer,
  Effect.map(AlipaySandbox, ({ wallet }) => ({
    pay: (bill: string) =>
      wallet.pay(bill).pipe(
        Effect.map(({ proof }) => proof),
        Effect.mapError(({ message }) => new BillNotPaid({ message, moved: "no" }))
      )
  }))
)

const open = async () => {
  const runtime = ManagedRuntime.make(shop)
  const merchant = FetchHandler.make(runtime, { price, category: "5734" })
  let runs = 0
  const sell = merchant(() => new Response(`report ${(runs += 1)}`))
  let lose = 0
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const paying = request.headers.has("x-alipay-agent-token") || request.headers.has("payment-proof")
    const response = await sell(request)
    if (!paying || lose === 0) return response
    lose -= 1
    throw new TypeError("the connection was cut")
  }
  const sandbox = await runtime.runPromise(AlipaySandbox)
  /** The same shop as a tool, behind streamable HTTP without a socket, and the official client of it. */
  const calling = async <E>(payer: Layer.Layer<Payer, E>) => {
    const server = new Server({ name: "shop", version: "1.0.0" }, { capabilities: { tools: {} } })
    PaidTools.make(runtime).setTools(
      server,
      [{ name: "report", inputSchema: { type: "object" }, price, category: "5734" }],
      () => ({ content: [{ type: "text", text: `report ${(runs += 1)}` }] })
    )
    const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => "session" })
    await server.connect(transport as never)
    const client = new Client({ name: "agent", version: "1.0.0" })
    const at = "https://merchant.example/mcp"
    const send = (url: string | URL, init?: RequestInit) => transport.handleRequest(new Request(url, init))
    await client.connect(new StreamableHTTPClientTransport(new URL(at), { fetch: send }) as never)
    const callTool = PaidCallTool.make(payer, client, { server: at })
    return { client, call: async () => (await callTool({ name: "report" })) as CallToolResult }
  }
  const fetching = <E>(payer: Layer.Layer<Payer, E>) => PaidFetch.make(payer, { fetch })
  const options = { perCall: [Money.of("CNY", 2_00n)], attempts: 1 }
  return {
    sandbox,
    run: <A, E>(effect: Effect.Effect<A, E>) => runtime.runPromise(effect),
    runs: () => runs,
    lose: (count: number) => (lose = count),
    calling,
    fetching,
    withToken: async (terms: Parameters<typeof sandbox.issue>[0] = {}) => {
      const { sid, token } = await runtime.runPromise(sandbox.issue(terms))
      return Payer.layer([AgentTokenWallet], options).pipe(
        Layer.provide([
          AgentTokenWallet.layer({ token, ...(sid !== undefined && { session: sid }) }),
          Layer.fresh(LedgerMemory.layerSilent)
        ])
      )
    },
    withBills: () =>
      Payer.layer([A402Wallet], options).pipe(
        Layer.provide(A402Wallet.layer),
        Layer.provide(billPayer),
        Layer.provide(Layer.fresh(LedgerMemory.layerSilent)),
        Layer.provide(Layer.succeed(AlipaySandbox, sandbox))
      )
  }
}

const receiptOf = (response: Response) =>
  Result.getOrThrow(Receipt.fromHeader(response.headers.get(Receipt.header) ?? ""))

const post = { method: "POST", headers: { "content-type": "application/json" }, body: '{"of":"tea"}' }

describe("an agent token", () => {
  it("pays what the merchant asks, and the receipt is Alipay's", async () => {
    const { fetching, run, sandbox, withToken } = await open()
    const fetch = fetching(await withToken({ sid: "session_xyz789" }))
    const response = await fetch(url, post)
    assert.strictEqual(await response.text(), "report 1")
    const [movement] = await run(sandbox.movements)
    const receipt = receiptOf(response)
    assert.deepInclude(receipt, { protocol: "alipay-trust", money: Money.of("CNY", 110n) })
    assert.strictEqual(receipt.reference, movement?.trade_no)
  })

  it("is not charged twice where the answer was lost", async () => {
    const { fetching, lose, run, runs, sandbox, withToken } = await open()
    const fetch = fetching(await withToken())
    lose(1)
    await fetch(url, post).then(
      () => assert.fail("there was an answer"),
      (error) => assert.deepInclude(error, { reason: "unresolved", moved: "unknown" })
    )
    assert.strictEqual(await (await fetch(url, post)).text(), "report 1")
    assert.deepStrictEqual([runs(), (await run(sandbox.movements)).length], [1, 1])
  })

  it("that is refused gives the merchant's answer", async () => {
    const { fetching, run, sandbox, withToken } = await open()
    const fetch = fetching(await withToken({ max_total_amount: "0.50" }))
    const response = await fetch(url, post)
    assert.deepStrictEqual(
      [response.status, ((await response.json()) as { readonly code: string }).code],
      [402, "budget_exceeded"]
    )
    assert.deepStrictEqual(await run(sandbox.movements), [])
  })
})

describe("a bill", () => {
  it("is paid, proven and confirmed", async () => {
    const { fetching, run, sandbox, withBills } = await open()
    const response = await fetching(withBills())(url, post)
    assert.strictEqual(await response.text(), "report 1")
    const [payment] = await run(sandbox.wallet.payments)
    assert.deepInclude(payment, { amount: Money.of("CNY", 110n), confirmed: true })
  })

  it("is paid once, where the answer was lost, and its proof sent again", async () => {
    const { fetching, lose, run, runs, sandbox, withBills } = await open()
    const fetch = fetching(withBills())
    lose(1)
    await fetch(url, post).then(
      () => assert.fail("there was an answer"),
      (error) => assert.deepInclude(error, { reason: "unresolved" })
    )
    assert.strictEqual(await (await fetch(url, post)).text(), "report 1")
    assert.deepStrictEqual([runs(), (await run(sandbox.wallet.payments)).length], [1, 1])
  })
})

describe("over MCP", () => {
  const decodeReceipt = Schema.decodeUnknownSync(Schema.toCodecJson(Receipt.Receipt))
  const receiptIn = ({ _meta }: CallToolResult) => decodeReceipt(_meta?.[PaymentMeta.receipt])

  it("an agent token pays for a tool of the official SDK, through its client over streamable HTTP", async () => {
    const { calling, run, sandbox, withToken } = await open()
    const { call, client } = await calling(await withToken({ sid: "session_xyz789" }))
    const result = await call()
    assert.deepStrictEqual(result.content, [{ type: "text", text: "report 1" }])
    const [movement] = await run(sandbox.movements)
    assert.deepInclude(receiptIn(result), {
      protocol: "alipay-trust",
      money: Money.of("CNY", 110n),
      resource: "report"
    })
    assert.strictEqual(receiptIn(result).reference, movement?.trade_no)
    await client.close()
  })

  it("an agent token that does not reach gives the merchant's answer, and moves nothing", async () => {
    const { calling, run, sandbox, withToken } = await open()
    const { call, client } = await calling(await withToken({ max_total_amount: "0.50" }))
    const refused = await call()
    assert.deepInclude(refused._meta?.[PaymentMeta.problem], { code: "budget_exceeded", moved: "no" })
    assert.deepStrictEqual(await run(sandbox.movements), [])
    await client.close()
  })

  it("a bill is paid, proven and confirmed", async () => {
    const { calling, run, sandbox, withBills } = await open()
    const { call, client } = await calling(withBills())
    assert.deepStrictEqual((await call()).content, [{ type: "text", text: "report 1" }])
    const [payment] = await run(sandbox.wallet.payments)
    assert.deepInclude(payment, { amount: Money.of("CNY", 110n), confirmed: true })
    await client.close()
  })
})
