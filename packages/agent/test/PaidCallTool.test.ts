// The official client against paid tools of packages/mcp, over the SDK's transport in memory: nothing leaves the process.
import { assert, describe, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import {
  type CallToolResult,
  type JSONRPCMessage,
  McpError,
  UrlElicitationRequiredError
} from "@modelcontextprotocol/sdk/types.js"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import * as Price from "@paylayer/core/Price"
import { ChallengeKey } from "@paylayer/http/ChallengeKey"
import * as Problem from "@paylayer/http/Problem"
import * as PaidTools from "@paylayer/mcp/PaidTools"
import * as PaymentMeta from "@paylayer/mcp/PaymentMeta"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as z from "zod"
import { paywall, Provider } from "../../http/test/protocols.ts"
import * as Offers from "../src/Offers.ts"
import * as PaidCallTool from "../src/PaidCallTool.ts"
import { type Options, Payer } from "../src/Payer.ts"
import { PurchaseError } from "../src/PurchaseError.ts"
import type { Unpaid, Wallet } from "../src/Wallet.ts"
import { problem } from "./market.ts"

const server = "https://tools.example/mcp"

const key = Redacted.make(new Uint8Array(32).fill(7))

/** A server with a free tool and a paid one, and the wire to it, which can be told to fail. */
class Shop {
  readonly provider = new Provider()
  readonly tools = PaidTools.make(
    ManagedRuntime.make(Layer.merge(paywall(this.provider), Layer.succeed(ChallengeKey, key)))
  )
  price = Price.make({ CNY: "15.00" })
  readonly received: Array<{ readonly name: string; readonly _meta?: PaymentMeta.Meta }> = []
  runs = 0
  cancelled = 0
  handle = async (market: string): Promise<CallToolResult> => ({
    content: [{ type: "text", text: `${market}: growing` }],
    structuredContent: { text: `${market}: growing` }
  })
  /** Whether a call that pays arrives. */
  arrives = () => true
  /** What becomes of an answer that asks for payment. */
  challenges = (message: { readonly result: CallToolResult }): object => message
  /** What becomes of an answer that was paid for; the wire is cut where nothing does. */
  answers = (message: { readonly result: CallToolResult }): object | undefined => message

  /** The SDK's timeout: short for the request that pays alone, so that no slow machine cuts the first one off. */
  readonly impatient = Object.defineProperty({} as { readonly timeout: number }, "timeout", {
    enumerable: true,
    get: () => (this.received.length === 0 ? 60_000 : 5)
  })

  get paid() {
    return this.received.filter(({ _meta }) => _meta?.["x-coin"] !== undefined)
  }

  readonly connect = async () => {
    const mcp = new McpServer({ name: "shop", version: "1.0.0" })
    const config = { inputSchema: { market: z.string() }, outputSchema: { text: z.string() } }
    this.tools.registerTool(mcp, "report", { ...config, price: () => this.price }, ({ market }) => {
      this.runs++
      return this.handle(market)
    })
    mcp.registerTool("free", {}, () => ({ content: [{ type: "text", text: "free" }] }))
    const [here, there] = InMemoryTransport.createLinkedPair()
    const asking = here.send.bind(here)
    here.send = async (message, options) => {
      if ("method" in message && message.method === "notifications/cancelled") this.cancelled++
      if (!("method" in message) || message.method !== "tools/call") return asking(message, options)
      const params = message.params as Shop["received"][number]
      this.received.push(params)
      if (params._meta?.["x-coin"] === undefined || this.arrives()) return asking(message, options)
    }
    const answering = there.send.bind(there)
    there.send = async (message, options) => {
      const bought = "result" in message && message.result._meta?.[PaymentMeta.receipt] !== undefined
      const asking = "result" in message && message.result._meta?.[PaymentMeta.paymentRequired] !== undefined
      const sent = bought ? this.answers(message as never) : asking ? this.challenges(message as never) : message
      return sent === undefined ? there.close() : answering(sent as JSONRPCMessage, options)
    }
    await mcp.connect(there)
    const client = new Client({ name: "agent", version: "1.0.0" })
    await client.connect(here)
    return client
  }
}

const coins = (credential = "ok:alice"): Wallet => ({
  protocol: "coin",
  flow: "authorize-then-settle",
  offers: Offers.listed("coin"),
  present: () => Effect.succeed({ "x-coin": Redacted.make(credential) })
})

const scene = async (options: Partial<Options> = {}, wallet = coins(), at = server) => {
  const shop = new Shop()
  const runtime = ManagedRuntime.make(
    Payer.layer([Effect.succeed(wallet)], { perCall: [Money.of("CNY", 15_00n)], attempts: 1, ...options }).pipe(
      Layer.provide(LedgerMemory.layerSilent)
    )
  )
  /** The same agent over a new connection. */
  const connect = async () => {
    const client = await shop.connect()
    return { client, callTool: PaidCallTool.make(runtime, client, { server: at }) }
  }
  const unresolved = () => runtime.runPromise(Payer.use((payer) => payer.unresolved))
  return { shop, connect, unresolved, ...(await connect()) }
}

const tea = { name: "report", arguments: { market: "tea" } }
const silk = { name: "report", arguments: { market: "silk" } }

const rejection = async (
  promise: Promise<unknown>
): Promise<Error & Partial<PurchaseError> & { readonly code?: number }> => {
  try {
    await promise
  } catch (error) {
    return error as Error
  }
  throw new Error("it did not reject")
}

const textOf = (result: unknown) => ((result as CallToolResult).content[0] as { readonly text: string }).text

const keysOf = (shop: Shop) => new Set(shop.received.map(({ _meta }) => _meta?.[PaymentMeta.idempotencyKey]))

describe("a paid tool call", () => {
  it("is paid for once, keeps the caller's own _meta, and leaves the receipt in the result", async () => {
    const { callTool, client, shop } = await scene()
    const before = client.callTool
    const result = await callTool({ ...tea, _meta: { own: "kept" } })
    assert.strictEqual(textOf(result), "tea: growing")
    assert.deepInclude(result._meta?.[PaymentMeta.receipt], { protocol: "coin", resource: "report" })
    assert.deepStrictEqual(
      shop.received.map(({ _meta }) => [_meta?.["own"], _meta?.["x-coin"]]),
      [
        ["kept", undefined],
        ["kept", "ok:alice"]
      ]
    )
    assert.strictEqual(keysOf(shop).size, 1)
    assert.deepStrictEqual([shop.runs, shop.provider.settled.size], [1, 1])
    assert.isTrue(client.callTool === before && !Object.hasOwn(client, "request"))
  })

  it("shows the wallet the challenge as HTTP has it, in headers", async () => {
    const seen: Array<Unpaid["headers"]> = []
    const { callTool } = await scene(
      {},
      {
        ...coins(),
        offers: (unpaid) => {
          seen.push(unpaid.headers)
          return Offers.listed("coin")(unpaid)
        }
      }
    )
    await callTool(tea)
    assert.strictEqual(seen[0]?.["x-coin-needed"], "pay-CNY")
    assert.match(seen[0]?.["www-authenticate"] ?? "", /^Payment id="[^"]+", realm="mcp", method="coin"/)
  })

  it("is paid for where only the text of the challenge arrives, because a gateway drops _meta", async () => {
    const { callTool, shop } = await scene()
    shop.challenges = ({ result: { _meta, ...result }, ...message }) => ({ ...message, result })
    assert.strictEqual(textOf(await callTool(tea)), "tea: growing")
    assert.strictEqual(shop.provider.settled.size, 1)
  })

  it("gives the challenge back that it pays, and so pays no other price than the one it agreed to", async () => {
    const { callTool, shop, unresolved } = await scene({
      limits: [{ per: "merchant", amount: Money.of("CNY", 15_00n), window: "day" }]
    })
    const { arrives } = shop
    shop.arrives = () => {
      shop.price = Price.make({ CNY: "14.00" })
      return true
    }
    const refused = await callTool(tea)
    assert.deepInclude(refused._meta?.[PaymentMeta.problem], { code: "binding_mismatch", moved: "no" })
    assert.deepStrictEqual([shop.runs, shop.provider.verified, await unresolved()], [0, 0, []])
    shop.arrives = arrives
    assert.strictEqual(textOf(await callTool(tea)), "tea: growing")
    assert.deepStrictEqual(
      [...shop.provider.settled.values()].map(({ money }) => money),
      [Money.of("CNY", 14_00n)]
    )
  })

  it("does not give it back when it asks again for the answer to what was paid, whatever the price is by then", async () => {
    const { callTool, shop } = await scene({ attempts: 2 })
    const unknown = problem(503, "outcome_unknown", { retry: "query-first", moved: "unknown", retry_after: 0 })
    const { answers } = shop
    shop.answers = (message) => {
      shop.price = Price.make({ CNY: "14.00" })
      shop.answers = answers
      return { ...message, result: { isError: true, content: [{ type: "text", text: Problem.print(unknown) }] } }
    }
    const result = await callTool(tea)
    assert.deepStrictEqual([textOf(result), result._meta?.[PaymentMeta.replayed]], ["tea: growing", true])
    assert.deepStrictEqual(
      shop.paid.map(({ _meta }) => PaymentMeta.credential in (_meta ?? {})),
      [true, false]
    )
    assert.deepStrictEqual([shop.runs, shop.provider.settled.size], [1, 1])
  })

  it("of a free tool is one call", async () => {
    const { callTool, shop } = await scene()
    assert.strictEqual(textOf(await callTool({ name: "free" })), "free")
    assert.strictEqual(shop.received.length, 1)
  })

  it("under a key of the caller's own is one purchase, however often", async () => {
    const { callTool, shop } = await scene()
    const call = { ...tea, _meta: { "Idempotency-Key": "order-17" } }
    await callTool(call)
    assert.isTrue((await callTool(call))._meta?.[PaymentMeta.replayed])
    assert.deepStrictEqual([[...keysOf(shop)], shop.provider.settled.size], [["order-17"], 1])
    assert.deepStrictEqual(Object.keys(shop.received[0]?._meta ?? {}), [PaymentMeta.idempotencyKey])
  })

  it("has a refused credential as its result, and gives the budget back", async () => {
    const { callTool, shop, unresolved } = await scene(
      { limits: [{ per: "merchant", amount: Money.of("CNY", 15_00n), window: "day" }] },
      coins("counterfeit")
    )
    for (const result of [await callTool(tea), await callTool(tea)]) {
      assert.isTrue(result.isError)
      assert.deepInclude(result._meta?.[PaymentMeta.problem], { code: "credential_malformed", moved: "no" })
    }
    assert.deepStrictEqual([shop.runs, await unresolved()], [0, []])
  })

  it("that the tool itself fails is its result, and counts as not charged", async () => {
    const { callTool, shop } = await scene({
      limits: [{ per: "host", amount: Money.of("CNY", 15_00n), window: "day" }]
    })
    const handle = shop.handle
    shop.handle = async () => ({ content: [{ type: "text", text: "closed today" }], isError: true })
    assert.strictEqual(textOf(await callTool(tea)), "closed today")
    shop.handle = handle
    assert.strictEqual(textOf(await callTool(silk)), "silk: growing")
    assert.strictEqual(shop.provider.settled.size, 1)
  })

  it("is held against the tool's output schema once it is bought", async () => {
    const { callTool, client, shop, unresolved } = await scene()
    await client.listTools()
    assert.deepStrictEqual((await callTool(tea)).structuredContent, { text: "tea: growing" })
    shop.answers = ({ result, ...message }) => ({ ...message, result: { ...result, structuredContent: { text: 1 } } })
    assert.match(String(await rejection(callTool(tea))), /does not match the tool's output schema/)
    assert.deepStrictEqual([shop.provider.settled.size, await unresolved()], [2, []])
  })
})

/** A server that keeps to draft-payment-transport-mcp: it answers errors, and reads credentials of the scheme alone. */
const draft = async (
  wallet = coins(),
  answer: (refusal: McpError) => CallToolResult = () => ({ content: [{ type: "text", text: "sold" }] })
) => {
  const received: Array<PaymentMeta.Meta> = []
  const challenge = {
    id: "kM9xPqWvT2nJrHsY4aDfEb",
    realm: "api.example.com",
    method: "coin",
    intent: "charge",
    request: { amount: "1500", currency: "CNY", recipient: "2088", methodDetails: { note: "n" } },
    description: "a member that nobody here knows"
  }
  const mcp = new McpServer({ name: "draft", version: "1.0.0" })
  mcp.registerTool("report", {}, ({ _meta = {} }) => {
    received.push(_meta)
    const refusal = new McpError(-32042, "Payment Required", {
      httpStatus: 402,
      challenges: [{ id: "other" }, challenge]
    })
    if (_meta[PaymentMeta.credential] !== undefined) return answer(refusal)
    throw refusal
  })
  mcp.registerTool("consent", {}, () => {
    throw new UrlElicitationRequiredError([
      { mode: "url", message: "log in", elicitationId: "1", url: "https://x.example/" }
    ])
  })
  const [here, there] = InMemoryTransport.createLinkedPair()
  /** The codes of its refusals: the SDK's server lets one code through alone. */
  const refusals = [-32042, -32042]
  const sending = there.send.bind(there)
  there.send = (message, options) =>
    sending(
      "error" in message
        ? { ...message, error: { ...message.error, code: refusals[received.length - 1] ?? message.error.code } }
        : message,
      options
    )
  await mcp.connect(there)
  const client = new Client({ name: "agent", version: "1.0.0" })
  await client.connect(here)
  const runtime = ManagedRuntime.make(
    Payer.layer([Effect.succeed(wallet)], { perCall: [Money.of("CNY", 15_00n)], attempts: 1 }).pipe(
      Layer.provide(LedgerMemory.layerSilent)
    )
  )
  const unresolved = () => runtime.runPromise(Payer.use((payer) => payer.unresolved))
  return { callTool: PaidCallTool.make(runtime, client, { server }), challenge, received, refusals, unresolved }
}

describe("a server that answers payment required as a JSON-RPC error", () => {
  const report = { name: "report" }

  it("is paid by the name that it reads, beside the wallet's own, and gets its challenge back as it sent it", async () => {
    const { callTool, challenge, received } = await draft()
    assert.strictEqual(textOf(await callTool(report)), "sold")
    const [, paid] = received
    assert.deepStrictEqual(paid?.[PaymentMeta.credential], { challenge, payload: { "x-coin": "ok:alice" } })
    assert.strictEqual(paid?.["x-coin"], "ok:alice")
  })

  it("gets the payload of a wallet that speaks the scheme itself", async () => {
    const own = { challenge: { id: "not this" }, payload: { signature: "0x1" }, source: "did:key:z" }
    const present = () =>
      Effect.succeed({ authorization: Redacted.make(`Payment ${Base64Url.encode(JSON.stringify(own))}`) })
    const { callTool, challenge, received } = await draft({ ...coins(), present })
    await callTool(report)
    assert.deepStrictEqual(received[1]?.[PaymentMeta.credential], { ...own, challenge })
  })

  it("that refuses the payment is the caller's answer, and nothing is unresolved", async () => {
    for (const code of [-32042, -32043]) {
      const { callTool, refusals, unresolved } = await draft(coins(), (refusal) => {
        throw refusal
      })
      refusals[1] = code
      assert.deepInclude(await rejection(callTool(report)), { code })
      assert.deepStrictEqual(await unresolved(), [])
    }
  })

  it("is told apart from one that asks for an elicitation by URL, which has the same code", async () => {
    const { callTool, unresolved } = await draft()
    assert.instanceOf(await rejection(callTool({ name: "consent" })), UrlElicitationRequiredError)
    assert.deepStrictEqual(await unresolved(), [])
  })
})

describe("nothing is paid", () => {
  it("above the cap", async () => {
    const { callTool, shop } = await scene({ perCall: [Money.of("CNY", 14_99n)] })
    assert.deepInclude(await rejection(callTool(tea)), { reason: "above-cap", moved: "no" })
    assert.strictEqual(shop.paid.length, 0)
  })

  it("beyond a budget for two by four calls at once", async () => {
    const { callTool, shop } = await scene({
      limits: [{ per: "merchant", amount: Money.of("CNY", 30_00n), window: "day" }]
    })
    const calls = ["tea", "silk", "salt", "rice"].map((market) => callTool({ ...tea, arguments: { market } }))
    const reasons = (await Promise.allSettled(calls)).flatMap((one) =>
      one.status === "rejected" ? [(one.reason as PurchaseError).reason] : []
    )
    assert.deepStrictEqual(reasons, ["budget-exhausted", "budget-exhausted"])
    assert.deepStrictEqual([shop.paid.length, shop.provider.settled.size], [2, 2])
  })

  it("to a server that is reached in the clear", async () => {
    const { callTool, shop } = await scene({}, coins(), "http://tools.example/mcp")
    assert.deepInclude(await rejection(callTool(tea)), { reason: "merchant-not-allowed", moved: "no" })
    assert.strictEqual(shop.paid.length, 0)
    assert.strictEqual(textOf(await callTool({ name: "free" })), "free")
  })

  it("for a call that is aborted before", async () => {
    const { callTool, shop, unresolved } = await scene()
    const reason = new Error("enough")
    assert.strictEqual(await rejection(callTool(tea, undefined, { signal: AbortSignal.abort(reason) })), reason)
    assert.deepStrictEqual([shop.paid.length, await unresolved()], [0, []])
  })
})

describe("a lost answer", () => {
  it("of a server that closes is asked for by the same call, over another connection, and not bought again", async () => {
    const { callTool, connect, shop, unresolved } = await scene()
    const { answers } = shop
    shop.answers = () => undefined
    assert.deepInclude(await rejection(callTool(tea)), { reason: "unresolved", moved: "unknown" })
    const [entry] = await unresolved()
    assert.strictEqual(entry?.charge.merchant, "https://tools.example")
    shop.answers = answers
    const again = await connect()
    const result = await again.callTool(tea)
    assert.deepStrictEqual([textOf(result), result._meta?.[PaymentMeta.replayed]], ["tea: growing", true])
    assert.deepStrictEqual([shop.runs, shop.provider.settled.size, keysOf(shop).size], [1, 1, 1])
    assert.deepStrictEqual(await unresolved(), [])
  })

  it("of a call that takes longer than the SDK's timeout is unresolved, and the same call pays nothing more", async () => {
    const { callTool, shop, unresolved } = await scene()
    shop.arrives = () => false
    assert.deepInclude(await rejection(callTool(tea, undefined, shop.impatient)), {
      reason: "unresolved",
      moved: "unknown"
    })
    assert.strictEqual((await unresolved()).length, 1)
    shop.arrives = () => true
    assert.strictEqual(textOf(await callTool(tea)), "tea: growing")
    assert.deepStrictEqual([shop.provider.settled.size, keysOf(shop).size, await unresolved()], [1, 1, []])
  })

  it("stays unresolved while the tool is called with other arguments", async () => {
    const { callTool, shop, unresolved } = await scene()
    shop.arrives = () => false
    await rejection(callTool(tea, undefined, shop.impatient))
    shop.arrives = () => true
    assert.strictEqual(textOf(await callTool(silk)), "silk: growing")
    assert.deepStrictEqual([(await unresolved()).length, keysOf(shop).size], [1, 2])
  })

  it("of a call that takes longer than the payer allows is cancelled at the server", async () => {
    const { callTool, shop, unresolved } = await scene({ timeout: 5 })
    shop.arrives = () => false
    assert.deepInclude(await rejection(callTool(tea)), { reason: "unresolved" })
    assert.deepStrictEqual([shop.cancelled, (await unresolved()).length], [1, 1])
  })

  it("of a call that is aborted while it pays is asked for by the same call", async () => {
    const { callTool, shop, unresolved } = await scene()
    const controller = new AbortController()
    const reason = new Error("enough")
    shop.arrives = () => {
      controller.abort(reason)
      return false
    }
    assert.strictEqual(await rejection(callTool(tea, undefined, { signal: controller.signal })), reason)
    assert.strictEqual((await unresolved()).length, 1)
    shop.arrives = () => true
    assert.strictEqual(textOf(await callTool(tea)), "tea: growing")
    assert.deepStrictEqual([shop.provider.settled.size, keysOf(shop).size], [1, 1])
  })

  it("that is an internal error instead rejects with it, and is unresolved", async () => {
    const { callTool, shop, unresolved } = await scene()
    shop.answers = (message) => ({
      jsonrpc: "2.0",
      id: (message as never)["id"],
      error: { code: -32603, message: "oh" }
    })
    assert.deepInclude(await rejection(callTool(tea)), { code: -32603 })
    assert.strictEqual((await unresolved()).length, 1)
  })
})
