/**
 * Paylayer for people who do not write Effect: one call, Promises, and defaults that are embedded.
 *
 * @example
 * import { init } from "@paylayer/init/Init"
 *
 * const paid = await init({ tool: "market-research", pricing: { CNY: "1.10", USD: "0.15" } })
 * app.post("/api/market-research", paid.express((req, res) => res.json({ answer: 42 })))
 *
 * ## Details
 *
 * - Agents pay with Alipay agent tokens, and with Alipay's bills where `a402` says so or `ALIPAY_SERVICE_ID` is set. `ALIPAY_APP_ID`, `ALIPAY_PRIVATE_KEY` and `ALIPAY_PUBLIC_KEY` (or `…_FILE`) come from
 *   the environment; see `AlipayConfig` for the rest.
 * - `sandbox: true` sells for play money instead: Alipay's Open Platform on this machine. It has to be asked for, and not with
 *   `NODE_ENV=production`, since who forgets the credentials must not give everything away.
 * - The ledger is an SQLite file, `paylayer.sqlite`. What a process that died left behind is brought to its end at start.
 * - Whatever is wrong is told at once, as one `InitError`.
 */
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import type { Payment } from "@paylayer/core/Sale"
import type { Paywall } from "@paylayer/core/Paywall"
import * as FetchHandler from "@paylayer/http/FetchHandler"
import type { SaleOptions } from "@paylayer/http/PaidOptions"
import * as ExpressHandler from "@paylayer/node/ExpressHandler"
import * as NodeHandler from "@paylayer/node/NodeHandler"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import type { IncomingMessage, ServerResponse } from "node:http"
import { InitError } from "./InitError.ts"
import type { McpTools } from "./McpTools.ts"
import type { Sandbox } from "./internal/Play.ts"
import * as Starting from "./internal/starting.ts"
import { pricing, type Terms } from "./Pricing.ts"

/** What is sold, at which price. */
export interface Selling<Body = unknown> extends Omit<SaleOptions, "tool">, Terms<Body> {
  /** The name of what is sold: for limits, statistics and people. */
  readonly tool: string
}

export interface Options<Body = unknown> extends Selling<Body> {
  /** The file of the ledger. Default `paylayer.sqlite`; its folder must exist. */
  readonly ledger?: string
  /** Sells for play money, never in production. */
  readonly sandbox?: boolean
  /**
   * Takes Alipay's bills (A402) too. They need `ALIPAY_SELLER_ID`, `ALIPAY_SELLER_NAME` and `ALIPAY_SERVICE_ID`; see `A402Config`.
   * Default: where the last of these is set. Bills are in yuan, and at the price that is registered for the service.
   */
  readonly a402?: boolean
  /** What becomes of a call whose client goes away: `cancel` (default) charges nothing, `finish` ends it and keeps the answer. */
  readonly disconnect?: "cancel" | "finish"
  /** Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string>>
}

/** What is sold can be wrapped for every host, as often as wanted; all share one ledger. */
export interface Paid {
  /** For Hono, Next, Bun, Deno and everything that speaks fetch. */
  readonly fetch: (handler: FetchHandler.Handler) => FetchHandler.FetchHandler
  /** For Express. */
  readonly express: <Req extends IncomingMessage, Res extends ServerResponse>(
    handler: ExpressHandler.Handler<Req, Res>
  ) => ExpressHandler.PaidHandler<Req, Res>
  /** For `node:http`. */
  readonly node: (handler: NodeHandler.Handler) => (request: IncomingMessage, response: ServerResponse) => void
  /** For the tools of a server made with the official MCP SDK. The first call loads what that takes. */
  readonly mcp: (server: McpServer) => Promise<McpTools>
  /** The same at another price, under another name: one ledger, one provider. */
  readonly with: <Body = unknown>(options: Selling<Body>) => Paid
  /** For hosts that are not here: what sells. */
  readonly runtime: ManagedRuntime.ManagedRuntime<Paywall, never>
  /** With `sandbox: true`: where it is, and tokens for trying things out. */
  readonly sandbox: Sandbox | undefined
  /** Ends what has begun, and closes the ledger. */
  readonly close: () => Promise<void>
}

export type { Payment }

const selling = <Body>(started: Starting.Started, { pricing: given, schema, ...sale }: Selling<Body>): Paid => {
  const { runtime } = started
  const terms = { pricing: given, ...(schema && { schema }) }
  const options = { ...sale, price: pricing(terms) }
  return {
    ...started,
    fetch: FetchHandler.make(runtime, options),
    express: ExpressHandler.make(runtime, options) as Paid["express"],
    node: NodeHandler.make(runtime, options),
    mcp: async (server) => {
      const McpTools = await import("./McpTools.ts")
      return McpTools.make(runtime, server, sale, terms)
    },
    with: (other) => {
      const issues = Starting.saleIssues(other)
      if (issues.length > 0) throw new InitError(issues)
      return selling(started, { ...sale, ...other })
    },
    close: () => runtime.dispose()
  }
}

/** Starts. Rejects with `InitError`, which says everything that is wrong. */
export const init = async <Body = unknown>({
  a402,
  disconnect,
  env,
  ledger,
  sandbox,
  ...sale
}: Options<Body>): Promise<Paid> => {
  const starting = Starting.start({
    sale,
    ledger: ledger ?? "paylayer.sqlite",
    sandbox: sandbox ?? false,
    a402,
    paywall: disconnect === undefined ? {} : { disconnect }
  })
  const provider = ConfigProvider.fromEnv(env === undefined ? {} : { env: { ...env } })
  const started = await Effect.runPromise(
    Effect.result(Effect.provideService(starting, ConfigProvider.ConfigProvider, provider))
  )
  if (started._tag === "Failure") throw started.failure
  return selling(started.success, sale)
}
