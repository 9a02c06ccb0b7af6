// The MCP examples as programs, spoken to by the official client over standard input and output, paid in the sandbox.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as Path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"

const runtime = ManagedRuntime.make(SandboxServer.layer().pipe(Layer.provideMerge(AlipaySandbox.layer)))
const folder = mkdtempSync(Path.join(tmpdir(), "paylayer-examples-"))
let environment: Record<string, string>

beforeAll(async () => {
  const { gateway } = await runtime.runPromise(SandboxServer.use(Effect.succeed))
  const { config } = await runtime.runPromise(AlipaySandbox.use(Effect.succeed))
  environment = {
    ALIPAY_APP_ID: config.app_id,
    ALIPAY_PRIVATE_KEY: Redacted.value(config.application_private_key),
    ALIPAY_PUBLIC_KEY: config.alipay_public_key,
    ALIPAY_SELLER_ID: config.seller_id,
    ALIPAY_GATEWAY: gateway,
    ALIPAY_AGENT_TOKEN_ISSUER: config.issuer,
    ALIPAY_AGENT_TOKEN_JWKS: JSON.stringify(config.jwks)
  }
})
afterAll(async () => {
  await runtime.dispose()
  rmSync(folder, { recursive: true })
})

/** Makes the example a child process in a folder of its own, and connects. */
const connected = async (example: string) => {
  const client = new Client({ name: "agent", version: "1.0.0" })
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [Path.join(import.meta.dirname, example)],
      env: environment,
      cwd: mkdtempSync(Path.join(folder, "server-")),
      stderr: "inherit"
    })
  )
  return client
}

describe.each(["mcp-sdk.ts", "mcp-effect.ts"])("%s", (example) => {
  it("sells a report over standard input and output, once", async () => {
    const client = await connected(example)
    try {
      const { tools } = await client.listTools()
      assert.include(tools[0]?.description, "Costs CNY 1.10 or USD 0.15 or EUR 0.14 per call")
      const call = async (_meta: Record<string, string> = {}) =>
        (await client.callTool({ name: "report", arguments: { market: "tea" }, _meta })) as CallToolResult

      const unpaid = await call()
      const problem = unpaid._meta?.["paylayer/problem"] as {
        code: string
        accepts: ReadonlyArray<{ protocol: string }>
      }
      assert.deepStrictEqual([unpaid.isError, problem.code], [true, "payment_required"])
      assert.include(
        problem.accepts.map(({ protocol }) => protocol),
        "alipay-trust"
      )

      const { delegation_id, token } = await runtime.runPromise(
        AlipaySandbox.use((sandbox) => Effect.orDie(sandbox.issue({ max_total_amount: "5.00" })))
      )
      const paid = { "x-alipay-agent-token": Redacted.value(token), "idempotency-key": "order-17" }
      const first = await call(paid)
      assert.deepStrictEqual(first.structuredContent, { market: "tea", outlook: "growing" })
      assert.deepInclude(first._meta?.["org.paymentauth/receipt"] as object, {
        protocol: "alipay-trust",
        resource: "report",
        money: { currency: "CNY", minor: "110" }
      })
      const again = await call(paid)
      assert.strictEqual(again._meta?.["idempotency-replayed"], true)
      assert.deepStrictEqual(again.content, first.content)
      const movements = await runtime.runPromise(AlipaySandbox.use((sandbox) => sandbox.movements))
      assert.deepStrictEqual(
        movements.filter((movement) => movement.delegation_id === delegation_id).map(({ amount }) => amount),
        ["1.10"]
      )
    } finally {
      await client.close()
    }
  })
})
