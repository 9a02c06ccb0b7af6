// What only MCP has: `_meta`, lists of tools, schemas, JSON-RPC, progress, connections.
import * as Http from "node:http"
import { afterEach, assert, describe, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { InMemoryTaskStore } from "@modelcontextprotocol/sdk/experimental/tasks/stores/in-memory.js"
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js"
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import { McpServer as SdkServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js"
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import { Paywall } from "@paylayer/core/Paywall"
import { ChallengeKey } from "@paylayer/http/ChallengeKey"
import { CurrentPayment } from "@paylayer/http/CurrentPayment"
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import { TwoPrices } from "@paylayer/http/TwoPrices"
import * as PaidToolkit from "@paylayer/mcp/PaidToolkit"
import * as PaidTools from "@paylayer/mcp/PaidTools"
import * as PaymentMeta from "@paylayer/mcp/PaymentMeta"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as McpProtocol from "effect/ai/McpProtocol"
import * as McpServer from "effect/ai/McpServer"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as z from "zod"
import { Coin, paywall, Provider, Purse } from "../../http/test/protocols.ts"
import { type Connect, effectful, effectOnLoopback, inMemory, onLoopback, overHttp, price, read } from "./hosts.ts"

const cleanups: Array<() => Promise<unknown>> = []
afterEach(() => Promise.all(cleanups.splice(0).map((cleanup) => cleanup())))

const coin = { "x-coin": "ok:alice" }
const paidFor = { market: "tea" }

/** A shop behind a host, and what it did. */
const opened = async (connect: Connect, setup: Partial<Parameters<Connect>[0]> = {}) => {
  const provider = new Provider()
  const counted = { runs: 0 }
  const { client, close } = await connect({
    services: paywall(provider),
    paid: { price },
    handle: async () => ({ text: `run ${++counted.runs}` }),
    ...setup
  })
  cleanups.push(close)
  const call = async (_meta: Record<string, unknown> = {}, args: Record<string, unknown> = paidFor, name = "a") =>
    (await client.callTool({ name, arguments: args, _meta })) as CallToolResult
  return { call, client, counted, provider }
}

/** A server of the official SDK that a test fills, and a client of it. */
const connected = async (server: SdkServer | Server, fill: (paid: PaidTools.PaidTools<never>) => void) => {
  const provider = new Provider()
  const runtime = ManagedRuntime.make(paywall(provider))
  fill(PaidTools.make(runtime))
  const [here, there] = InMemoryTransport.createLinkedPair()
  await server.connect(there)
  const client = new Client({ name: "agent", version: "1.0.0" })
  await client.connect(here)
  cleanups.push(() => client.close().then(() => runtime.dispose()))
  const call = async (args: Record<string, unknown> = {}, name = "a") =>
    (await client.callTool({ name, arguments: args, _meta: coin })) as CallToolResult
  return { call, client, provider }
}

const info = { name: "shop", version: "1.0.0" }

const sdk = (fill: (server: SdkServer, paid: PaidTools.PaidTools<never>) => void, options = {}) => {
  const server = new SdkServer(info, options)
  return connected(server, (paid) => fill(server, paid))
}

const low = (...[tools, handler]: SetTools) => {
  const server = new Server(info, { capabilities: { tools: {} } })
  return connected(server, (paid) => paid.setTools(server, tools, handler))
}
type SetTools = Parameters<PaidTools.PaidTools<never>["setTools"]> extends [unknown, ...infer Rest] ? Rest : never

const inputSchema = { type: "object" as const }

const textOf = ({ content: [first] }: CallToolResult) => (first?.type === "text" ? first.text : "")

const hosts: ReadonlyArray<readonly [string, Connect]> = [
  ["McpServer", overHttp("meta")],
  ["Server", inMemory],
  ["Effect's McpServer", effectful("meta")]
]

describe.each(hosts)("%s", (_, connect) => {
  it("shows the price in the tool's description and in its _meta", async () => {
    const { client } = await opened(connect)
    const { tools } = await client.listTools()
    for (const tool of tools) {
      const says = "Costs CNY 15.00 or USD 2.10 per call: a call without payment says how to pay."
      assert.strictEqual(tool.description, `Sells\n\n${says}`)
      assert.deepStrictEqual(tool._meta?.["paylayer/price"], {
        basis: "call",
        amounts: [
          { amount: "15.00", currency: "CNY" },
          { amount: "2.10", currency: "USD" }
        ]
      })
    }
    const metered = await opened(connect, { paid: { price: () => price } })
    const [tool] = (await metered.client.listTools()).tools
    assert.include(tool?.description, "depending on the arguments")
    assert.deepStrictEqual(tool?._meta?.["paylayer/price"], { basis: "arguments" })
  })

  it("tells a client that knows the output schema how to pay, as text and in _meta", async () => {
    const { call, client, provider } = await opened(connect)
    const { tools } = await client.listTools()
    const schema = tools[0]?.outputSchema
    const unpaid = await call()
    assert.strictEqual(unpaid.isError, true)
    // An error's structured content would be held against the schema, and the challenge with it.
    assert.strictEqual(unpaid.structuredContent === undefined, schema !== undefined)
    const required = unpaid._meta?.[PaymentMeta.paymentRequired] as {
      httpStatus: number
      challenges: ReadonlyArray<Record<string, unknown>>
    }
    assert.strictEqual(required.httpStatus, 402)
    assert.deepInclude(required.challenges[0], { realm: "mcp", method: "coin", intent: "charge" })
    assert.strictEqual(new Set(required.challenges.map(({ id }) => id)).size, 4)
    assert.strictEqual(unpaid._meta?.["x-coin-needed"], "pay-CNY")
    const paid = await call(coin)
    assert.deepStrictEqual(paid.structuredContent, { text: "run 1" })
    assert.strictEqual(provider.settled.size, 1)
  })

  it("signs its challenges where it has a key, and sells for no other one that comes back", async () => {
    const key = Redacted.make(new Uint8Array(32).fill(7))
    const provider = new Provider()
    const services = () => Layer.merge(paywall(provider), Layer.succeed(ChallengeKey, key))
    const { call } = await opened(connect, { services: services() })
    const challengeOf = async (calling: typeof call) => {
      const required = (await calling())._meta?.[PaymentMeta.paymentRequired]
      const [first] = (required as { readonly challenges: ReadonlyArray<PaymentChallenge.PaymentChallenge> }).challenges
      return first ?? assert.fail("there is no challenge")
    }
    const challenge = await challengeOf(call)
    assert.strictEqual(challenge.id, PaymentChallenge.mac(challenge, key))
    const echo = (given: unknown) => ({ ...coin, [PaymentMeta.credential]: { challenge: given, payload: {} } })
    const told = async (given: unknown, args = paidFor, name = "a", calling = call) => {
      const { problem, text } = read(await calling(echo(given), args, name))
      return problem?.code ?? text
    }
    assert.match((await told(challenge)) ?? "", /^run/)
    assert.match((await told(challenge, { market: "silk" })) ?? "", /^run/)
    assert.strictEqual(await told(challenge, paidFor, "b"), "binding_mismatch")
    const cheaper = { ...challenge, request: { ...challenge.request, amount: "1" } }
    assert.strictEqual(await told(cheaper), "signature_invalid")
    assert.strictEqual(await told({ ...challenge, expires: "2999-01-01T00:00:00Z" }), "signature_invalid")
    assert.strictEqual(await told("rubbish"), "credential_malformed")
    assert.strictEqual(provider.settled.size, 2)
    // A price that depends on the arguments is for them.
    const metered = await opened(connect, { services: services(), paid: { price: () => price } })
    const own = await challengeOf(metered.call)
    assert.match((await told(own, paidFor, "a", metered.call)) ?? "", /^run/)
    assert.strictEqual(await told(own, { market: "silk" }, "a", metered.call), "binding_mismatch")
  })

  it("asks its price for the validated arguments, by a value, a promise or an effect", async () => {
    const cost = ({ market }: Readonly<Record<string, unknown>>) =>
      [Money.of("CNY", BigInt(String(market).length))] as const
    for (const priced of [
      cost,
      async (args: object) => cost({ ...args }),
      (args: object) => Effect.succeed(cost({ ...args }))
    ]) {
      const { call } = await opened(connect, { paid: { price: priced } })
      const { receipt } = read(await call(coin, { market: "silver" }))
      assert.strictEqual(receipt === undefined ? "" : Money.print(receipt.money), "CNY 0.06")
    }
  })

  it("refuses unknown tools and wrong arguments before a price is asked for", async () => {
    let asked = 0
    const { call, counted, provider } = await opened(connect, { paid: { price: () => (asked++, price) } })
    const refusal = (answer: Promise<CallToolResult>) =>
      answer.then(
        (result) => [result.isError, textOf(result)].join(" "),
        (error: unknown) => `true ${String(error)}`
      )
    assert.match(await refusal(call(coin, {}, "c")), /^true .*(not found|Unknown tool)/i)
    assert.match(await refusal(call(coin, { market: 5 })), /^true .*(market|string)/is)
    assert.deepStrictEqual([asked, counted.runs, provider.verified], [0, 0, 0])
  })

  it("takes the idempotency key from _meta, under any JSON-RPC id and spelling", async () => {
    const { call, counted, provider } = await opened(connect)
    const first = await call({ ...coin, "idempotency-key": "k" }, { market: "tea", region: "asia" })
    const second = await call({ "X-Coin": "ok:alice", "Idempotency-Key": "k" }, { region: "asia", market: "tea" })
    const { [PaymentMeta.replayed]: replayed, ...meta } = second._meta ?? {}
    assert.deepStrictEqual({ ...second, _meta: meta }, first)
    assert.deepStrictEqual([replayed, counted.runs, provider.settled.size], [true, 1, 1])
    const conflict = read(await call({ ...coin, "idempotency-key": "k" }, { market: "silk" }))
    assert.strictEqual(conflict.problem?.code, "idempotency_conflict")
  })

  it("refuses in _meta what no header could carry", async () => {
    const { call, provider } = await opened(connect)
    for (const value of [5, null, ["ok:alice"], "ok:al\nice", "ok:é世"]) {
      assert.strictEqual(read(await call({ "x-coin": value })).problem?.code, "credential_malformed", String(value))
    }
    const key = read(await call({ ...coin, "idempotency-key": 5 }))
    assert.strictEqual(key.problem?.code, "idempotency_key_invalid")
    assert.strictEqual(provider.verified, 0)
    // What no protocol reads is not ours.
    assert.notStrictEqual((await call({ ...coin, "x-other": 5, progressToken: 7 })).isError, true)
  })
})

describe("payment in _meta and in headers of the transport", () => {
  const connectWith = (headers: Record<string, string>): Connect => {
    const inner = onLoopback
    return async (shop) => {
      const { client, close } = await inner(shop)
      const { _url } = client.transport as unknown as { _url: URL }
      const second = new Client({ name: "agent", version: "1.0.0" })
      const session = (client.transport as unknown as { sessionId: string }).sessionId
      const init = { requestInit: { headers }, sessionId: session }
      await second.connect(new StreamableHTTPClientTransport(_url, init) as never)
      return { client: second, close: () => second.close().then(close) }
    }
  }

  it("is one credential where both are the same, and ambiguous where they differ", async () => {
    const { call, provider } = await opened(connectWith({ "x-coin": "ok:alice", "idempotency-key": "k" }))
    assert.strictEqual(read(await call({ "x-coin": "ok:bob" })).problem?.code, "credential_ambiguous")
    assert.strictEqual(read(await call({ "x-stub": "ok:bob:b" })).problem?.code, "credential_ambiguous")
    assert.strictEqual(read(await call({ "idempotency-key": "l" })).problem?.code, "idempotency_key_invalid")
    assert.strictEqual(provider.verified, 0)
    assert.strictEqual(read(await call({ "x-coin": "ok:alice", "idempotency-key": "k" })).text, "run 1")
    assert.strictEqual(read(await call()).replayed, true)
  })

  it.each([
    ["McpServer", onLoopback],
    ["Effect's McpServer", effectOnLoopback]
  ] as const)("of a header sent twice sees both, on a socket of %s", async (_, connect) => {
    const { client, provider } = await opened(connect)
    const { _url, sessionId } = client.transport as unknown as { _url: URL; sessionId: string }
    const send = (...authorization: ReadonlyArray<string>) =>
      new Promise<string>((resolve, reject) => {
        const headers = {
          authorization,
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "mcp-session-id": sessionId,
          "mcp-protocol-version": "2025-11-25"
        }
        const request = Http.request(_url, { method: "POST", headers: headers as never }, (response) => {
          let text = ""
          response.on("data", (data) => (text += String(data))).on("end", () => resolve(text))
        }).on("error", reject)
        request.end(JSON.stringify({ jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "a" } }))
      })
    assert.include(await send("coin ok:alice", "coin ok:bob"), "credential_ambiguous")
    assert.strictEqual(provider.verified, 0)
    assert.include(await send("coin ok:alice"), "run 1")
  })

  it("carries what clients of x402 and of the Payment scheme send", () => {
    const manifest = {
      triggers: [{ header: "payment-signature" }, { header: "x-payment" }, { header: "authorization" }]
    }
    const read = PaymentMeta.reader([manifest as never])
    const headers = (meta: PaymentMeta.Meta) => {
      const result = read(meta, { "payment-signature": ["e30="] })
      return result._tag === "Success" ? { ...result.success } : result.failure.code
    }
    assert.deepStrictEqual(headers({ "x402/payment": {} }), { "payment-signature": ["e30="] })
    assert.deepStrictEqual(headers({ "x402/payment": { x402Version: 1 } }), {
      "payment-signature": ["e30="],
      "x-payment": ["eyJ4NDAyVmVyc2lvbiI6MX0="]
    })
    assert.deepStrictEqual(headers({ "org.paymentauth/credential": { id: "ÿ" } }), {
      "payment-signature": ["e30="],
      authorization: ["Payment eyJpZCI6IsO_In0"]
    })
    assert.deepStrictEqual(headers({ "org.paymentauth/credential": "Payment eyJ9" }), {
      "payment-signature": ["e30="],
      authorization: ["Payment eyJ9"]
    })
    assert.strictEqual(headers({ "x402/payment": 7 }), "credential_malformed")
    assert.strictEqual(headers({ "x402/payment": { pad: "x".repeat(16_384) } }), "request_too_large")
  })
})

describe("a tool that delivers the wrong thing", () => {
  const circle: Record<string, unknown> = {}
  circle["circle"] = circle
  const content = [{ type: "text" as const, text: "secret" }]
  const wrong: ReadonlyArray<readonly [string, unknown]> = [
    ["nothing", undefined],
    ["a text", "secret"],
    ["unknown content", { content: [{ type: "secret" }] }],
    ["no structured content", { content }],
    ["structured content beside its schema", { content, structuredContent: { growth: "secret" } }],
    ["what is no JSON", { content, structuredContent: { growth: 1 }, _meta: { circle } }],
    ["a number that is no JSON", { content, structuredContent: { growth: 1n } }]
  ]
  const growth = { type: "object" as const, properties: { growth: { type: "number" } }, required: ["growth"] }
  it.each(wrong)("%s is not paid, and nothing of it leaks", async (_, result) => {
    const handler = () => result as CallToolResult
    for (const { call, provider } of [
      await sdk((server, paid) =>
        paid.registerTool(server, "a", { price, outputSchema: { growth: z.number() } }, handler)
      ),
      await low([{ name: "a", inputSchema, outputSchema: growth, price }], handler)
    ]) {
      const answer = await call().catch((error: unknown) => ({ isError: true, error: String(error) }))
      assert.strictEqual(answer.isError, true)
      assert.notInclude(JSON.stringify(answer), "secret")
      assert.deepStrictEqual([provider.settled.size, provider.released], [0, 1])
    }
  })
})

describe("a server of the official SDK", () => {
  it("gives the handler the payment it works for, and keeps what is the tool's own", async () => {
    const { call, provider } = await sdk((server, paid) =>
      paid.registerTool(server, "a", { price, title: "Report", _meta: { own: 1 } }, ({ payment }) => ({
        content: [{ type: "text", text: payment.charge.description ?? "" }],
        _meta: { own: 2 }
      }))
    )
    const result = await call()
    assert.deepStrictEqual([textOf(result), result._meta?.["own"]], ["Report", 2])
    assert.strictEqual(provider.settled.size, 1)
  })

  it("lets progress flow while the tool works, before the money moves", async () => {
    const {
      call: _,
      client,
      provider
    } = await sdk((server, paid) =>
      paid.registerTool(server, "a", { price }, async ({ _meta, sendNotification }) => {
        const progressToken = _meta?.progressToken ?? 0
        await sendNotification({ method: "notifications/progress", params: { progressToken, progress: 1 } })
        return { content: [] }
      })
    )
    const seen: Array<number> = []
    provider.settles = "decline"
    const result = await client.callTool({ name: "a", _meta: coin }, undefined, {
      onprogress: ({ progress }) => seen.push(progress)
    })
    assert.strictEqual(read(result as CallToolResult).problem?.code, "payment_declined")
    assert.deepStrictEqual(seen, [1])
  })

  it("does not sell for arguments that a schema made into something else than JSON", async () => {
    const market = z.string().transform((text) => new Map([["market", text]]))
    const { call, provider } = await sdk((server, paid) =>
      paid.registerTool(server, "a", { price, inputSchema: { market } }, () => ({ content: [] }))
    )
    assert.include(textOf(await call(paidFor)), "arguments that are JSON")
    assert.strictEqual(provider.verified, 0)
  })

  it("does not tell its clients why its paywall cannot be had", async () => {
    const server = new SdkServer(info)
    const missing = Layer.effect(Paywall, Effect.fail(new Error("ALIPAY_APP_ID is missing")))
    PaidTools.make(missing).registerTool(server, "a", { price }, () => ({ content: [] }))
    const [here, there] = InMemoryTransport.createLinkedPair()
    await server.connect(there)
    const client = new Client({ name: "agent", version: "1.0.0" })
    await client.connect(here)
    cleanups.push(() => client.close())
    const answer = (await client.callTool({ name: "a", _meta: coin })) as CallToolResult
    assert.deepStrictEqual([answer.isError, textOf(answer)], [true, "Internal error"])
  })

  it("does not sell a result that the SDK would turn away as no task", async () => {
    const options = {
      taskStore: new InMemoryTaskStore(),
      capabilities: { tools: {}, tasks: { requests: { tools: { call: {} } } } }
    }
    const { call, provider } = await sdk(
      (server, paid) => paid.registerTool(server, "a", { price }, () => ({ content: [] })),
      options
    )
    assert.include(textOf(await call()), "setTools")
    assert.strictEqual(provider.verified, 0)
  })

  it("does not start with a price or an output schema that is none, or with two tools of one name", async () => {
    const runtime = ManagedRuntime.make(paywall(new Provider()))
    cleanups.push(() => runtime.dispose())
    const paid = PaidTools.make(runtime)
    const handler = () => ({ content: [] })
    for (const none of [[], [Money.zero("CNY")], [{ currency: "CNY", minor: -1n }]]) {
      assert.throws(() => paid.registerTool(new SdkServer(info), "a", { price: none as never }, handler), /price/)
    }
    const config = { price, outputSchema: z.union([z.object({}), z.string()]) }
    assert.throws(() => paid.registerTool(new SdkServer(info), "a", config, handler), /no object/)
    const twice = new SdkServer(info)
    const first = paid.registerTool(twice, "a", { price }, handler)
    assert.throws(() => paid.registerTool(twice, "a", { price }, handler), TwoPrices)
    first.remove()
    paid.registerTool(twice, "a", { price }, handler)
    const server = new Server(info, { capabilities: { tools: {} } })
    const tool = { name: "a", inputSchema, price }
    assert.throws(() => paid.setTools(server, [tool, { name: "a", inputSchema }], handler), TwoPrices)
  })

  it("is not charged for messages that are broken, nor for a batch that holds one", async () => {
    const provider = new Provider()
    const runtime = ManagedRuntime.make(paywall(provider))
    cleanups.push(() => runtime.dispose())
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => "s",
      enableJsonResponse: true
    })
    const server = new SdkServer(info)
    PaidTools.make(runtime).registerTool(server, "a", { price }, () => ({ content: [] }))
    await server.connect(transport as never)
    const post = (body: unknown) =>
      transport.handleRequest(
        new Request("http://localhost/mcp", {
          method: "POST",
          headers: {
            ...coin,
            "content-type": "application/json",
            accept: "application/json, text/event-stream",
            "mcp-session-id": "s"
          },
          body: typeof body === "string" ? body : JSON.stringify(body)
        })
      )
    const clientInfo = { name: "agent", version: "1.0.0" }
    const initialize = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo }
    assert.strictEqual((await post({ jsonrpc: "2.0", id: 0, method: "initialize", params: initialize })).status, 200)
    const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "a" } }
    for (const broken of [
      `${JSON.stringify(call).slice(0, -1)}`,
      { ...call, jsonrpc: "1.0" },
      { ...call, params: "a" },
      { ...call, params: { name: 5 } },
      { ...call, params: { name: "a", arguments: [] } },
      [call, { jsonrpc: "2.0" }],
      [call, 5]
    ]) {
      const text = await (await post(broken)).text()
      assert.include(text, "error", JSON.stringify(broken))
    }
    assert.strictEqual(provider.verified, 0)
    assert.include(await (await post(call)).text(), "receipt")
    assert.strictEqual(provider.settled.size, 1)
  })

  it("ends a sale whose response stream is lost, and a repetition gets its result", async () => {
    let finish = () => {}
    const working = new Promise<void>((resolve) => (finish = resolve))
    const { call, client, counted, provider } = await opened(onLoopback, {
      handle: async () => {
        counted.runs++
        await working
        return { text: "late" }
      }
    })
    const { _url, sessionId } = client.transport as unknown as { _url: URL; sessionId: string }
    const params = { name: "a", arguments: paidFor, _meta: { ...coin, "idempotency-key": "k" } }
    const controller = new AbortController()
    const lost = fetch(_url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-session-id": sessionId
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 99, method: "tools/call", params }),
      signal: controller.signal
    })
    const gone = lost.then((response) => response.text()).catch(() => "gone")
    while (counted.runs === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    controller.abort()
    assert.strictEqual(await gone, "gone")
    finish()
    while (provider.settled.size === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    const again = read(await call({ ...coin, "idempotency-key": "k" }))
    assert.deepStrictEqual([again.text, again.replayed, counted.runs], ["late", true, 1])
  })

  it("is not paid for what a client asked that closed its connection", async () => {
    const { call, client, counted, provider } = await opened(inMemory, {
      handle: () => {
        counted.runs++
        return new Promise(() => {})
      }
    })
    const answer = call(coin).catch(() => "gone")
    while (counted.runs === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await client.close()
    assert.strictEqual(await answer, "gone")
    while (provider.released === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    assert.strictEqual(provider.settled.size, 0)
  })

  it("lists and answers free tools beside paid ones", async () => {
    const { call, client, provider } = await low(
      [
        { name: "free", inputSchema },
        { name: "a", inputSchema, price }
      ],
      ({ name }, { payment }) => ({ content: [{ type: "text", text: `${name} ${payment?.protocol ?? "nobody"}` }] })
    )
    assert.deepStrictEqual([textOf(await call({}, "free")), textOf(await call())], ["free nobody", "a coin"])
    assert.deepStrictEqual((await client.listTools()).tools[0], { name: "free", inputSchema })
    // Without an output schema the challenge is structured content too.
    const unpaid = (await client.callTool({ name: "a" })) as CallToolResult
    assert.strictEqual(unpaid.structuredContent?.["code"], "payment_required")
    assert.strictEqual(provider.settled.size, 1)
  })
})

/** What a price function needs. */
class Tariff extends Context.Service<Tariff, { readonly minor: bigint }>()("test/Tariff") {}

/** A paywall none of whose protocols reads `Authorization`. */
const schemeless = (provider: Provider) => {
  const coin = Effect.map(Coin, (own): Coin["Service"] => ({
    ...own,
    manifest: { ...own.manifest, triggers: [{ header: "x-coin" }] }
  }))
  return Paywall.layer([coin]).pipe(
    Layer.provide(Coin.layer.pipe(Layer.provide(Layer.succeed(Purse, provider)))),
    Layer.provide(LedgerMemory.layerSilent)
  )
}

describe("a challenge that comes back", () => {
  it.each([
    [true, "credential_malformed"],
    [false, "run 1"]
  ])("is read by a host with a key, %s, also where no protocol looks for one", async (signs, says) => {
    const key = Layer.succeed(ChallengeKey, Redacted.make(new Uint8Array(32)))
    const services = Layer.merge(schemeless(new Provider()), signs ? key : Layer.empty)
    const { call } = await opened(inMemory, { services })
    const { problem, text } = read(await call({ ...coin, [PaymentMeta.credential]: "rubbish" }))
    assert.strictEqual(problem?.code ?? text, says)
  })
})

describe("Effect's McpServer", () => {
  it.effect("does not start with a paid tool in the place of another one", () =>
    Effect.gen(function* () {
      const Tools = Toolkit.make(Tool.make("a", { success: Schema.String }))
      const handlers = Tools.toLayer({ a: () => Effect.succeed("a") })
      const priced = PaidToolkit.layer(Tools, { a: { price } })
      for (const before of [McpServer.toolkit(Tools), PaidToolkit.layer(Tools, { a: { price } })]) {
        const both = priced.pipe(
          Layer.provideMerge(before),
          Layer.provide([handlers, paywall(new Provider()), McpServer.McpServer.layer])
        )
        const exit = yield* Effect.exit(Effect.scoped(Layer.build(both)))
        assert.isTrue(exit._tag === "Failure" && Cause.squash(exit.cause) instanceof TwoPrices)
      }
    })
  )

  it("gives the handler the payment, the price function its services, and headers of the transport a say", async () => {
    const provider = new Provider()
    const parameters = Schema.Struct({ market: Schema.String })
    const Paid = Tool.make("a", { parameters, success: Schema.String, dependencies: [CurrentPayment] })
    const Tools = Toolkit.make(Paid, Tool.make("free", { success: Schema.String }))
    const registrations = PaidToolkit.layer(Tools, {
      a: {
        price: ({ market }) =>
          Effect.map(Tariff, ({ minor }) => [Money.of("CNY", minor * BigInt(market.length))] as const)
      }
    }).pipe(
      Layer.provide(
        Tools.toLayer({
          a: () =>
            Effect.map(CurrentPayment, ({ charge }) => `${charge.method} ${charge.resource} ${charge.money.minor}`),
          free: () => Effect.succeed("free")
        })
      ),
      Layer.provide([Layer.succeed(Tariff, { minor: 7n }), paywall(provider)])
    )
    const { dispose, handler } = HttpRouter.toWebHandler(
      McpServer.layerHttp({
        name: "shop",
        version: "1.0.0",
        path: "/mcp",
        protocols: [McpProtocol.v2025_11_25],
        registrations
      }),
      { disableLogger: true }
    )
    const client = new Client({ name: "agent", version: "1.0.0" })
    const fetch = (url: string | URL, init?: RequestInit) => handler(new Request(url, init))
    const options = { fetch, requestInit: { headers: coin } }
    await client.connect(new StreamableHTTPClientTransport(new URL("http://localhost/mcp"), options) as never)
    cleanups.push(() => client.close().then(dispose))
    const said = async (name: string, args: Record<string, unknown> = paidFor, _meta = {}) =>
      textOf((await client.callTool({ name, arguments: args, _meta })) as CallToolResult)
    assert.strictEqual(await said("a"), "tools/call a 21")
    assert.strictEqual(await said("free", {}), "free")
    assert.include(await said("a", paidFor, { "x-coin": "ok:bob" }), "credential_ambiguous")
    assert.strictEqual(provider.settled.size, 1)
    const { tools } = await client.listTools()
    assert.isUndefined(tools.find(({ name }) => name === "free")?._meta)
  })
})
