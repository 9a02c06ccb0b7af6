#!/usr/bin/env node
/**
 * The MCP server on standard input and output: `paylayer-alipay-agent --wallet … --client-id … --merchant …`.
 */
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as AgentMcpServer from "./AgentMcpServer.ts"
import { Delegations } from "./Delegations.ts"

const wallet = Flag.String("wallet").pipe(
  Flag.withDescription("The wallet's address: http://127.0.0.1:8800 for a sandbox")
)
const clientId = Flag.String("client-id").pipe(Flag.withDescription("Which agent this is"))
const clientName = Flag.String("client-name").pipe(Flag.withDescription("What the principal reads"), Flag.optional)
const merchants = Flag.String("merchant").pipe(
  Flag.withDescription("An origin that may be paid, such as https://merchant.example; once for each"),
  Flag.between(0, 100)
)

/** Standard output belongs to the protocol: nothing else is written to it. */
const serve = Effect.gen(function* () {
  const server = yield* AgentMcpServer.make
  yield* Effect.acquireRelease(
    Effect.promise(() => server.connect(new StdioServerTransport())),
    () => Effect.promise(() => server.close())
  )
  yield* Effect.callback<void>((resume) => {
    process.stdin.once("close", () => resume(Effect.void)).once("end", () => resume(Effect.void))
  })
})

const command = Command.make(
  "paylayer-alipay-agent",
  { wallet, clientId, clientName, merchants },
  ({ clientId, clientName, merchants, wallet }) =>
    serve.pipe(
      Effect.scoped,
      Effect.provide(
        Delegations.layer({
          wallet,
          clientId,
          merchants,
          ...(Option.isSome(clientName) && { clientName: clientName.value })
        }).pipe(Layer.provide(NodeHttpClient.layerUndici))
      )
    )
).pipe(Command.withDescription("Ask for delegations, list them and pay with them, as an MCP server"))

command.pipe(Command.run({ version: "0.1.0" }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)
