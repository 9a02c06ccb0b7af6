// The servers of this package behind one face, so that the cases of every transport run on them, through the official client.
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert } from "@effect/vitest"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js"
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import { McpServer as SdkServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js"
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js"
import type { CallToolResult, Tool as ListedTool } from "@modelcontextprotocol/sdk/types.js"
import type { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import { Receipt } from "@paylayer/core/Receipt"
import * as Problem from "@paylayer/http/Problem"
import * as PaidToolkit from "@paylayer/mcp/PaidToolkit"
import * as PaidTools from "@paylayer/mcp/PaidTools"
import type { PaidTool } from "@paylayer/mcp/PaidTool"
import * as PaymentMeta from "@paylayer/mcp/PaymentMeta"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as McpProtocol from "effect/ai/McpProtocol"
import * as McpServer from "effect/ai/McpServer"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as z from "zod"
import type { Made, Reply, Transport } from "../../http/test/anyHost.ts"
import { paywall, proof, Provider } from "../../http/test/protocols.ts"

type Args = Readonly<Record<string, unknown>>

/** Two tools, `a` and `b`, that do the same. */
export interface Shop<E = never> {
  readonly services: Layer.Layer<Paywall, E>
  readonly paid: PaidTool<Args>
  readonly handle: (args: Args) => Promise<Made>
}

export type Connect = <E>(shop: Shop<E>) => Promise<{ readonly client: Client; readonly close: () => Promise<void> }>

/** How `_meta` reaches the server: as it is, or as headers of the HTTP request. */
export type Carried = "meta" | "headers"

const names = ["a", "b"] as const
const shape = { market: z.optional(z.string()), region: z.optional(z.string()) }

const made = async (making: Promise<Made>): Promise<CallToolResult> => {
  const result = await making
  return "text" in result
    ? { content: [{ type: "text", text: result.text }], structuredContent: { text: result.text } }
    : { content: [{ type: "text", text: result.error }], isError: true }
}

/** A `McpServer` of the official SDK. */
export const highLevel = <E>(runtime: ManagedRuntime.ManagedRuntime<Paywall, E>, { handle, paid }: Shop<E>) => {
  const server = new SdkServer({ name: "shop", version: "1.0.0" })
  for (const name of names) {
    const config = { ...paid, description: "Sells", inputSchema: shape, outputSchema: { text: z.string() } }
    PaidTools.make(runtime).registerTool(server, name, config, (args) => made(handle(args)))
  }
  return server
}

/** A low-level `Server` of the official SDK. */
export const lowLevel = <E>(runtime: ManagedRuntime.ManagedRuntime<Paywall, E>, { handle, paid }: Shop<E>) => {
  const server = new Server({ name: "shop", version: "1.0.0" }, { capabilities: { tools: {} } })
  const text = { type: "string" } as const
  const inputSchema: ListedTool["inputSchema"] = { type: "object", properties: { market: text, region: text } }
  PaidTools.make(runtime).setTools(
    server,
    names.map((name) => ({ ...paid, name, description: "Sells", inputSchema })),
    (params) => made(handle(params.arguments ?? {}))
  )
  return server
}

const tool = <Name extends string>(name: Name) =>
  Tool.make(name, {
    description: "Sells",
    parameters: Schema.Struct({
      market: Schema.optionalKey(Schema.String),
      region: Schema.optionalKey(Schema.String)
    }),
    success: Schema.Struct({ text: Schema.String }),
    failure: Schema.String
  })
const Tools = Toolkit.make(tool("a"), tool("b"))

/** The toolkit of an `McpServer` of Effect. */
const registrations = <E>({ handle, paid, services }: Shop<E>) => {
  const handler = (args: Args) =>
    Effect.flatMap(
      Effect.promise(() => handle(args)),
      (result) => ("text" in result ? Effect.succeed(result) : Effect.fail(result.error))
    )
  return PaidToolkit.layer(Tools, { a: paid, b: paid }).pipe(
    Layer.provide(Tools.toLayer({ a: handler, b: handler })),
    Layer.provide(services)
  )
}

/** The official client over streamable HTTP, without a socket. */
const overFetch = async (answer: (request: Request) => Promise<Response>, carried: Carried) => {
  const client = new Client({ name: "agent", version: "1.0.0" })
  const send = async (url: string | URL, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    if (carried === "meta" || typeof init.body !== "string") return answer(new Request(url, init))
    const { params, ...message } = JSON.parse(init.body)
    const { _meta = {}, ...rest } = params ?? {}
    for (const [name, value] of Object.entries(_meta)) headers.set(name, String(value))
    return answer(new Request(url, { ...init, headers, body: JSON.stringify({ ...message, params: rest }) }))
  }
  await client.connect(new StreamableHTTPClientTransport(new URL("http://localhost/mcp"), { fetch: send }) as never)
  return client
}

export const overHttp =
  (carried: Carried): Connect =>
  async (shop) => {
    const runtime = ManagedRuntime.make(shop.services)
    const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => "session" })
    await highLevel(runtime, shop).connect(transport as never)
    const client = await overFetch((request) => transport.handleRequest(request), carried)
    return { client, close: () => client.close().then(() => runtime.dispose()) }
  }

export const inMemory: Connect = async (shop) => {
  const runtime = ManagedRuntime.make(shop.services)
  const [here, there] = InMemoryTransport.createLinkedPair()
  await lowLevel(runtime, shop).connect(there)
  const client = new Client({ name: "agent", version: "1.0.0" })
  await client.connect(here)
  return { client, close: () => client.close().then(() => runtime.dispose()) }
}

const serving = <E>(shop: Shop<E>) =>
  McpServer.layerHttp({
    name: "shop",
    version: "1.0.0",
    path: "/mcp",
    protocols: [McpProtocol.v2025_11_25],
    registrations: registrations(shop)
  })

export const effectful =
  (carried: Carried): Connect =>
  async (shop) => {
    const { dispose, handler } = HttpRouter.toWebHandler(serving(shop), { disableLogger: true })
    const client = await overFetch((request) => handler(request), carried)
    return { client, close: () => client.close().then(dispose) }
  }

const connectTo = async (port: number) => {
  const client = new Client({ name: "agent", version: "1.0.0" })
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)) as never)
  return client
}

/** A socket on loopback, a session a client, as the SDK's documentation has it. */
export const onLoopback: Connect = async (shop) => {
  const runtime = ManagedRuntime.make(shop.services)
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: () => "session" })
  await highLevel(runtime, shop).connect(transport as never)
  const http = Http.createServer((request, response) => void transport.handleRequest(request, response))
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
  const client = await connectTo((http.address() as AddressInfo).port)
  return {
    client,
    close: async () => {
      await client.close()
      http.closeAllConnections()
      http.close()
      await runtime.dispose()
    }
  }
}

/** Effect's server on a socket. */
export const effectOnLoopback: Connect = async (shop) => {
  const runtime = ManagedRuntime.make(
    HttpRouter.serve(serving(shop), { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provideMerge(NodeHttpServer.layer(() => Http.createServer(), { port: 0, host: "127.0.0.1" }))
    )
  )
  const { address } = await runtime.runPromise(HttpServer.HttpServer.use(Effect.succeed))
  const client = await connectTo("port" in address ? address.port : 0)
  return { client, close: () => client.close().then(() => runtime.dispose()) }
}

export const price = Price.make({ CNY: "15.00", USD: "2.10" })

const decodeReceipt = Schema.decodeUnknownSync(Schema.toCodecJson(Receipt))

/** What a result says; text, structured content and `_meta` say the same. */
export const read = (result: CallToolResult): Reply => {
  const [first] = result.content
  const text = first?.type === "text" ? first.text : ""
  const problem = result.isError === true ? Result.getOrUndefined(Problem.parse(text)) : undefined
  if (problem !== undefined) {
    const json = JSON.parse(text)
    assert.deepStrictEqual(result._meta?.[PaymentMeta.problem], json)
    if (result.structuredContent !== undefined) assert.deepStrictEqual(result.structuredContent, json)
    const required = result._meta?.[PaymentMeta.paymentRequired] as { challenges: ReadonlyArray<unknown> } | undefined
    assert.strictEqual(required?.challenges.length ?? 0, problem.accepts.length)
  }
  const receipt = result._meta?.[PaymentMeta.receipt]
  return {
    // The words of Effect's server are JSON.
    text: result.isError === true ? undefined : ((result.structuredContent?.["text"] as string | undefined) ?? text),
    problem,
    receipt: receipt === undefined ? undefined : decodeReceipt(receipt),
    replayed: result._meta?.[PaymentMeta.replayed] === true,
    wire: JSON.stringify(result)
  }
}

/** As the cases of every transport take it. */
export const transport = (name: string, connect: Connect, skips: Transport["skips"] = {}): Transport => ({
  name,
  skips,
  serve: async ({ handler = () => ({ text: "42" }), ledger, paywall: options, price: asked = price }) => {
    const provider = new Provider()
    let runs = 0
    const { client, close } = await connect({
      services: paywall(provider, { options, ledger }),
      paid: { price: asked },
      handle: async (args) => handler({ args, run: ++runs })
    })
    return {
      provider,
      runs: () => runs,
      call: async ({ args, headers, resource, signal }) => {
        const params = { name: resource, ...(args && { arguments: args }), ...(headers && { _meta: headers }) }
        const answer = client.callTool(params, undefined, signal && { signal })
        return answer.then(
          (result) => read(result as CallToolResult),
          (error: unknown) => {
            if (signal?.aborted === true) throw error
            return { text: undefined, problem: undefined, receipt: undefined, replayed: false, wire: String(error) }
          }
        )
      },
      proof: ({ args = {}, resource }) => proof("tools/call", resource, JSON.stringify(args)),
      dispose: close
    }
  }
})
