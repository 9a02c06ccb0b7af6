/** The official client of the Model Context Protocol, against the server in process and as a program. */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as SandboxPrincipal from "@paylayer/alipay-sandbox/SandboxPrincipal"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as ChildProcess from "node:child_process"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Path from "node:path"
import * as AgentMcpServer from "../src/AgentMcpServer.ts"
import { Merchant, merchant, world } from "./world.ts"

const connected = async (transport: Parameters<Client["connect"]>[0]) => {
  const client = new Client({ name: "test", version: "1.0.0" })
  await client.connect(transport)
  const call = async (name: string, input: Record<string, unknown> = {}) => {
    const result = await client.callTool({ name, arguments: input })
    const value = result.structuredContent as any
    assert.deepStrictEqual(JSON.parse((result.content as any)[0].text), value)
    return { isError: result.isError === true, value }
  }
  return { client, call }
}

type Connected = Awaited<ReturnType<typeof connected>>

describe("an MCP client in the same process", () => {
  const runtime = ManagedRuntime.make(world().pipe(Layer.provideMerge(TestClock.layer())))
  let agent: Connected
  beforeAll(async () => {
    const [here, there] = InMemoryTransport.createLinkedPair()
    await (await runtime.runPromise(AgentMcpServer.make)).connect(there)
    agent = await connected(here)
  })
  afterAll(async () => {
    await agent.client.close()
    await runtime.dispose()
  })

  it("finds three tools, with schemas that forbid what nobody knows", async () => {
    const { tools } = await agent.client.listTools()
    assert.deepStrictEqual(
      tools.map(({ name }) => name),
      ["request_delegation", "list_delegations", "present_delegation"]
    )
    for (const { inputSchema } of tools) assert.strictEqual(inputSchema["additionalProperties"], false)
    assert.deepStrictEqual(tools[0]!.inputSchema.required, ["max_total_amount"])
    assert.sameMembers(tools[2]!.inputSchema.required!, ["delegation", "url"])
    assert.isTrue(tools[2]!.annotations!.destructiveHint)
  })

  it("asks, waits for the principal, and pays; no result holds the token", async () => {
    const asked = await agent.call("request_delegation", { max_total_amount: "50.00", purpose: "market reports" })
    const { consent_uri, delegation, user_code } = asked.value
    assert.match(user_code, /^[A-Z]{4}-[A-Z]{4}$/)
    const early = await agent.call("present_delegation", { delegation, url: `${merchant}/report` })
    assert.deepInclude(early.value, { error: "not-granted", moved: "no" })
    assert.isTrue(early.isError)
    await runtime.runPromise(
      Effect.flatMap(SandboxPrincipal.make(), (principal) => principal.approve(consent_uri, { max_total_amount: "9" }))
    )
    // The wallet wants to be asked every two seconds.
    await runtime.runPromise(TestClock.adjust("2 seconds"))
    const { value: listed } = await agent.call("list_delegations")
    assert.deepInclude(listed.delegations[0], { id: delegation, state: "active", remaining_amount: "9.00" })
    assert.strictEqual(listed.delegations[0].granted.max_total_amount, "CNY 9.00")
    const paid = await agent.call("present_delegation", {
      delegation,
      url: `${merchant}/report`,
      body: { market: "tea" },
      idempotency_key: "order-17"
    })
    assert.deepInclude(paid.value, { status: 200, body: '{"report":"growing"}', idempotency_key: "order-17" })
    const [token] = await runtime.runPromise(AlipaySandbox.use((sandbox) => sandbox.tokens))
    const text = Redacted.value(token!.token)
    const { received } = await runtime.runPromise(Merchant.use(Effect.succeed))
    assert.strictEqual(received[0]!.headers["x-alipay-agent-token"], text)
    assert.notInclude(JSON.stringify([asked, early, listed, paid]), text.slice(0, 60))
  })

  it("is told what is wrong with its arguments, as a result that a model can read", async () => {
    const cases = [
      ["request_delegation", {}, "max_total_amount"],
      ["request_delegation", { max_total_amount: 5 }, "max_total_amount"],
      ["request_delegation", { max_total_amount: "5", max_singel_amount: "1" }, "max_singel_amount"],
      ["present_delegation", { delegation: "d", url: "u", method: "TRACE" }, "method"],
      ["present_delegation", { delegation: "d", url: `${merchant}/`, idempotency_key: "a b" }, "idempotency_key"],
      ["transfer_everything", {}, "no tool"]
    ] as const
    for (const [name, input, said] of cases) {
      const { isError, value } = await agent.call(name, input)
      assert.isTrue(isError)
      assert.include(value.message, said)
      assert.strictEqual(value.moved, "no")
    }
  })
})

const program = Path.join(import.meta.dirname, "../src/bin.ts")

describe("an MCP client of the program", () => {
  it("asks, lists and pays over standard input and output", async () => {
    const runtime = ManagedRuntime.make(
      SandboxServer.layer().pipe(Layer.provideMerge(AlipaySandbox.layer), Layer.provideMerge(FetchHttpClient.layer))
    )
    const shop = Http.createServer((request, response) => {
      response.end(`paid by ${String(request.headers["x-alipay-agent-token"]).length > 60 ? "a token" : "nobody"}`)
    })
    await new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve))
    const origin = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`
    const { url } = await runtime.runPromise(SandboxServer.use(Effect.succeed))
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [
        program,
        ...Object.entries({
          wallet: url,
          "client-id": "agent_stdio",
          "client-name": "Stdio agent",
          merchant: origin
        }).flatMap(([name, value]) => [`--${name}`, value])
      ],
      stderr: "inherit"
    })
    const agent = await connected(transport)
    try {
      const { value } = await agent.call("request_delegation", { max_total_amount: "5.00" })
      const page = await runtime.runPromise(
        Effect.flatMap(SandboxPrincipal.make(), (principal) => principal.approve(value.consent_uri))
      )
      assert.include(page.html, "Stdio agent")
      assert.deepInclude((await agent.call("list_delegations")).value.delegations[0], { state: "active" })
      const paid = await agent.call("present_delegation", { delegation: value.delegation, url: origin })
      assert.deepInclude(paid.value, { status: 200, body: "paid by a token" })
    } finally {
      await agent.client.close()
      shop.close()
      await runtime.dispose()
    }
  })

  it("ends when its input ends, and has written nothing that is no message", async () => {
    const child = ChildProcess.spawn(process.execPath, [program, "--wallet", "http://127.0.0.1:1", "--client-id", "a"])
    let written = ""
    child.stdout.on("data", (data) => (written += data))
    child.stdin.end()
    const code = await new Promise((resolve) => child.once("exit", resolve))
    assert.deepStrictEqual([code, written], [0, ""])
  })
})
