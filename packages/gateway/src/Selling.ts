/**
 * A tool that is being sold: its configuration, the connections to it, and the paywall that takes what it takes.
 */
import type { Paywall } from "@paylayer/core/Paywall"
import type { Credentials } from "./internal/credentials.ts"
import type { Tool } from "./Tool.ts"
import type { Upstream } from "./Upstream.ts"

/** How many calls of a tool are under way, whatever configuration they began with. */
export interface Load {
  active: number
}

export interface Selling {
  readonly tool: Tool
  readonly upstream: Upstream
  readonly paywall: Paywall["Service"]
  readonly credentials: Credentials
  readonly load: Load
  /** Keeps the configuration that a call began with alive until it ends. */
  readonly use: { readonly take: () => void; readonly give: () => void }
  readonly forwarded: "replace" | "append"
  readonly realm: string
}
