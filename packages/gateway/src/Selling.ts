/**
 * A tool that is being sold: its configuration, the connections to it, and the paywall that takes what it takes.
 */
import type { Paywall } from "@paylayer/core/Paywall"
import type { Accrual } from "./Accrual.ts"
import type { Credentials } from "./internal/credentials.ts"
import type { Tool } from "./Tool.ts"
import type { Upstream } from "./Upstream.ts"
import type { Usage } from "./Usage.ts"

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
  /** Adds up what is metered; there where anything is. */
  readonly accrual: Accrual["Service"] | undefined
  /** Counts what is refused; absent where nobody wants to know. */
  readonly usage: Pick<Usage["Service"], "count"> | undefined
  readonly forwarded: "replace" | "append"
  readonly realm: string
}
