/**
 * Paid tools of a server made with the official `@modelcontextprotocol/sdk`, without Effect.
 *
 * @example
 * const tools = await paid.mcp(server)
 * tools.registerTool("report", { inputSchema: { market: z.string() } }, ({ market }) => ({
 *   content: [{ type: "text", text: `${market}: growing` }]
 * }))
 */
import type { BaseToolCallback, McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import type { AnySchema, ZodRawShapeCompat } from "@modelcontextprotocol/sdk/server/zod-compat.js"
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import type { Paywall } from "@paylayer/core/Paywall"
import type { SaleOptions } from "@paylayer/http/PaidOptions"
import * as PaidTools from "@paylayer/mcp/PaidTools"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import { asking, type Terms } from "./Pricing.ts"

type Shape = ZodRawShapeCompat | AnySchema

/** What `McpServer.registerTool` takes. The price is what `init` or `with` was given; the name of the tool is its own. */
export type Config<Input, Output> = Omit<
  PaidTools.Config<Input, Output, never>,
  "price" | "merchant" | "category" | "keyRequired" | "realm"
>

export interface McpTools {
  /** `server.registerTool`, paid. A price function gets the arguments, as the schema beside it makes them. Throws where the SDK's own does. */
  readonly registerTool: <Input extends Shape | undefined = undefined, Output extends Shape | undefined = undefined>(
    name: string,
    config: Config<Input, Output>,
    handler: BaseToolCallback<CallToolResult, PaidTools.PaidExtra, Input>
  ) => PaidTools.Registered
}

export const make = <Body>(
  runtime: ManagedRuntime.ManagedRuntime<Paywall, never>,
  server: McpServer,
  { category, keyRequired, merchant, realm }: SaleOptions,
  given: Terms<Body>
): McpTools => {
  const tools = PaidTools.make(runtime)
  const price = asking(given)
  const terms = {
    ...(category === undefined ? {} : { category }),
    ...(keyRequired === undefined ? {} : { keyRequired }),
    ...(merchant === undefined ? {} : { merchant }),
    ...(realm === undefined ? {} : { realm })
  }
  return {
    registerTool: (name, config, handler) => tools.registerTool(server, name, { ...config, ...terms, price }, handler)
  }
}
