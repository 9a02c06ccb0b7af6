import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js"
import type { CallToolResult, Progress } from "@modelcontextprotocol/sdk/types.js"
import { assert, describe, it } from "@effect/vitest"
import * as PaymentMeta from "@paylayer/mcp/PaymentMeta"
import { z } from "zod"
import * as tools from "./tools.ts"
import { configOf, gateway, mint, until, type World } from "./world.ts"

/** An MCP server of the official SDK: one that answers with JSON, or with events. */
const serving = (json: boolean) => {
  const metas: Array<Record<string, unknown> | undefined> = []
  const server = () => {
    const made = new McpServer({ name: "acme", version: "1" })
    made.registerTool(
      "report",
      { description: "A market report", inputSchema: { market: z.string() } },
      async ({ market }, { _meta, sendNotification }): Promise<CallToolResult> => {
        metas.push(_meta)
        if (market === "nowhere") return { isError: true, content: [{ type: "text", text: "no such market" }] }
        if (_meta?.progressToken !== undefined)
          await sendNotification({
            method: "notifications/progress",
            params: { progressToken: _meta.progressToken, progress: 1, total: 2 }
          })
        return { content: [{ type: "text", text: `${market}: growing` }], _meta: { [PaymentMeta.receipt]: "forged" } }
      }
    )
    made.registerTool("ping", { description: "Free" }, () => ({
      content: [{ type: "text", text: "pong" }],
      _meta: { [PaymentMeta.paymentRequired]: "forged", own: 1 }
    }))
    return made
  }
  return tools
    .http((request, response, body) => {
      const transport = new StreamableHTTPServerTransport({ enableJsonResponse: json })
      const made = server()
      response.on("close", () => void made.close())
      void made
        .connect(transport as Parameters<typeof made.connect>[0])
        .then(() => transport.handleRequest(request, response, body === "" ? undefined : JSON.parse(body)))
    })
    .then((up) => ({ up, metas, [Symbol.asyncDispose]: () => up[Symbol.asyncDispose]() }))
}

const selling = (url: string, price: object = { tools: { report: { CNY: "15.00" } } }) =>
  gateway(
    configOf([
      { slug: "acme", developer: "acme", upstream: { url: `${url}/mcp`, kind: "mcp", allowPrivate: true }, price }
    ])
  )

const connected = async ({ port }: World, headers: Record<string, string> = {}) => {
  const client = new Client({ name: "agent", version: "1" })
  const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/api/proxy/acme`), {
    requestInit: { headers }
  })
  await client.connect(transport as Parameters<typeof client.connect>[0])
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() })
}

const textOf = (result: unknown) => (result as CallToolResult).content[0] as { readonly text: string }

const report = { name: "report", arguments: { market: "tea" } }

for (const [how, json] of [
  ["JSON", true],
  ["events", false]
] as const) {
  describe(`an MCP server that answers with ${how}`, () => {
    it("lists prices, sells what has one, and passes the rest", async () => {
      await using own = await serving(json)
      await using world = await selling(own.up.url)
      await using client = await connected(world)
      const { tools: listed } = await client.listTools()
      assert.deepStrictEqual(
        listed.map(({ _meta, name }) => [name, _meta?.["paylayer/price"]]),
        [
          ["report", { basis: "call", amounts: [{ amount: "15.00", currency: "CNY" }] }],
          ["ping", undefined]
        ]
      )
      assert.include(listed[0]?.description, "Costs CNY 15.00 per call")

      const unpaid = await client.callTool(report)
      assert.isTrue(unpaid.isError)
      assert.deepInclude(unpaid._meta?.[PaymentMeta.problem] as object, { code: "payment_required" })
      assert.strictEqual(own.metas.length, 0)

      const paid = await client.callTool({ ...report, _meta: { ...mint(), own: 1 } })
      assert.strictEqual(textOf(paid).text, "tea: growing")
      const receipt = paid._meta?.[PaymentMeta.receipt] as { readonly resource: string }
      assert.strictEqual(receipt.resource, "acme/report")
      assert.deepStrictEqual(own.metas, [{ own: 1 }])
      assert.notInclude(JSON.stringify(own.up.seen), mint()["x-voucher"])

      const free = await client.callTool({ name: "ping" })
      assert.deepStrictEqual([textOf(free).text, free._meta], ["pong", { own: 1 }])
      const [entry, ...others] = await world.entries()
      assert.deepStrictEqual([entry?.state, entry?.charge.tool, others.length], ["settled", "acme/report", 0])
      assert.deepInclude(entry?.usage as object, { developer: "acme", agent: "agent-1" })
    })

    it("is paid in headers of the transport too, which it never sees", async () => {
      await using own = await serving(json)
      await using world = await selling(own.up.url)
      await using client = await connected(world, mint())
      assert.strictEqual(textOf(await client.callTool(report)).text, "tea: growing")
      assert.strictEqual(world.bank.movements.size, 1)
      assert.isTrue(own.up.seen.every(({ headers }) => headers["x-voucher"] === undefined))
    })

    it("is not paid for an error, and its progress comes at once", async () => {
      await using own = await serving(json)
      await using world = await selling(own.up.url)
      await using client = await connected(world, mint())
      const wrong = await client.callTool({ name: "report", arguments: { market: "nowhere" } })
      assert.deepStrictEqual([wrong.isError, textOf(wrong).text], [true, "no such market"])
      const invalid = await client
        .callTool({ name: "report", arguments: {} })
        .catch(({ message }) => ({ isError: message }))
      assert.isOk(invalid.isError)
      assert.strictEqual(world.bank.movements.size, 0)
      if (json) return
      const seen: Array<Progress> = []
      await client.callTool(report, undefined, { onprogress: (progress) => void seen.push(progress) })
      assert.deepStrictEqual(seen, [{ progress: 1, total: 2 }])
      assert.strictEqual(world.bank.movements.size, 1)
    })
  })
}

describe("a message for an MCP server", () => {
  const posting = async (world: World, body: string) => {
    const answer = await world.ask("/api/proxy/acme", {
      headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...mint() },
      body
    })
    const { error } = JSON.parse(answer.body) as {
      readonly error?: { readonly code: number; readonly message: string }
    }
    return [answer.status, error?.code]
  }

  it("that could be read in two ways, or sold to nobody, is refused and reaches no server", async () => {
    await using own = await serving(true)
    await using world = await selling(own.up.url, { tools: { report: { CNY: "15.00" } }, unlisted: "refused" })
    const call = '"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"report","arguments":{"market":"tea"}}'
    assert.deepStrictEqual(await posting(world, `[{${call}}]`), [400, -32700])
    assert.deepStrictEqual(await posting(world, `{"method":"ping",${call}}`), [400, -32700])
    assert.deepStrictEqual(await posting(world, `{${call.replace('"id":1,', "")}}`), [200, -32600])
    assert.deepStrictEqual(
      await posting(world, `{${call.replace('"arguments"', '"task":{},"arguments"')}}`),
      [200, -32600]
    )
    assert.deepStrictEqual(await posting(world, `{${call.replace('"report"', '"ping"')}}`), [200, -32602])
    assert.deepStrictEqual(await posting(world, "no json"), [400, -32700])
    assert.deepStrictEqual([own.up.seen.length, (await world.entries()).length], [0, 0])
    assert.deepStrictEqual(await posting(world, `{${call}}`), [200, undefined])
    assert.strictEqual(world.bank.movements.size, 1)
  })

  it("whose server is gone or breaks off is answered as an error, and not charged", async () => {
    await using up = await tools.bytes(
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\nevent: message\r\ndata: {}\r\n\r\n",
      (socket) => socket.destroy()
    )
    await using world = await selling(up.url)
    const answer = await world.ask("/api/proxy/acme", {
      headers: mint(),
      body: JSON.stringify({ jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "report" } })
    })
    assert.include(answer.body, '"code":"upstream_broken"')
    assert.include(answer.body, '"id":7')
    await until(async () => (await world.entries())[0]?.state === "released")
    assert.deepStrictEqual([world.bank.movements.size, world.bank.holds.size], [0, 0])
  })
})
