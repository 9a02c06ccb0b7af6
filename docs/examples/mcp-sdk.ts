// A server of the official SDK that sells one tool over standard input and output: `node docs/examples/mcp-sdk.ts`.
// ALIPAY_APP_ID, ALIPAY_PRIVATE_KEY and ALIPAY_PUBLIC_KEY say who is paid; `pnpm sandbox` has them for a sandbox.
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as PaidTools from "@paylayer/mcp/PaidTools"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { z } from "zod"

const paywall = Paywall.layer([AlipayTrust]).pipe(
  Layer.provide([AlipayTrust.layerConfig, SqliteLedger.layer({ filename: "paylayer.sqlite" })]),
  Layer.provide([NodeHttpClient.layerUndici, NodeFileSystem.layer]),
  Layer.provideMerge(Layer.succeed(Logger.LogToStderr, true)) // standard output belongs to the protocol
)

const paid = PaidTools.make(paywall)
const server = new McpServer({ name: "market-research", version: "1.0.0" })

paid.registerTool(
  server,
  "report",
  {
    title: "Market report",
    description: "How a market will do next year",
    inputSchema: { market: z.string() },
    outputSchema: { market: z.string(), outlook: z.string() },
    price: Price.make({ CNY: "1.10", USD: "0.15", EUR: "0.14" })
  },
  ({ market }) => {
    const report = { market, outlook: "growing" }
    return { content: [{ type: "text", text: JSON.stringify(report) }], structuredContent: report }
  }
)

await server.connect(new StdioServerTransport())
