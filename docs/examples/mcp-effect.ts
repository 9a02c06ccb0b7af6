// The same with Effect's own MCP server: `node docs/examples/mcp-effect.ts`, with the variables of mcp-sdk.ts.
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeStdio from "@effect/platform-node/NodeStdio"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as PaidToolkit from "@paylayer/mcp/PaidToolkit"
import * as McpProtocol from "effect/ai/McpProtocol"
import * as McpServer from "effect/ai/McpServer"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"

const paywall = Paywall.layer([AlipayTrust]).pipe(
  Layer.provide([AlipayTrust.layerConfig, SqliteLedger.layer({ filename: "paylayer.sqlite" })]),
  Layer.provide([NodeHttpClient.layerUndici, NodeFileSystem.layer])
)

const Report = Tool.make("report", {
  description: "How a market will do next year",
  parameters: Schema.Struct({ market: Schema.String }),
  success: Schema.Struct({ market: Schema.String, outlook: Schema.String })
}).annotate(Tool.Title, "Market report")

const Tools = Toolkit.make(Report)

const Paid = PaidToolkit.layer(Tools, {
  report: { price: Price.make({ CNY: "1.10", USD: "0.15", EUR: "0.14" }) }
}).pipe(
  Layer.provide(Tools.toLayer({ report: ({ market }) => Effect.succeed({ market, outlook: "growing" }) })),
  Layer.provide(paywall)
)

McpServer.layerStdio({
  name: "market-research",
  version: "1.0.0",
  protocols: [McpProtocol.v2025_11_25, McpProtocol.v2025_06_18],
  registrations: Paid
}).pipe(
  Layer.provide(NodeStdio.layer),
  Layer.provide(Layer.succeed(Logger.LogToStderr, true)), // standard output belongs to the protocol
  Layer.launch,
  NodeRuntime.runMain
)
