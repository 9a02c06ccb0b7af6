/**
 * For hosts of MCP tools that are not here: the one way from a tool call to its result, and what a host needs to go it.
 *
 * A host turns its request into a `Call` and its tool into an effect that gives a result. `calling` sells: what comes out is to be
 * sent, whether the tool made it or not. `PaidTool.priced` says the price in the list of tools.
 */
export { type Call, calling, NotForSale, type ToolResult } from "./internal/calling.ts"
