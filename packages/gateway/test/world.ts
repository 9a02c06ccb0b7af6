// A gateway of the tests: in this process, on a port of its own, paid by vouchers and coins, with a ledger in memory.
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import { Paywall } from "@paylayer/core/Paywall"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { once } from "node:events"
import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as httpRequest
} from "node:http"
import type { LookupFunction } from "node:net"
import { text } from "node:stream/consumers"
import * as Voucher from "../../core/test/protocols/Voucher.ts"
import { Coin, Provider, Purse } from "../../http/test/protocols.ts"
import type { Accrual } from "../src/Accrual.ts"
import { Gateway, serve } from "../src/Gateway.ts"
import * as GatewayConfig from "../src/GatewayConfig.ts"
import { Resolver } from "../src/Upstream.ts"
import type { Usage } from "../src/Usage.ts"

export { mint } from "../../core/test/protocols/Voucher.ts"

export interface Asked {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
  readonly signal?: AbortSignal
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The code of a problem document. */
  readonly code: string | undefined
}

export interface World extends AsyncDisposable {
  readonly port: number
  readonly bank: ReturnType<typeof Voucher.makeBank>
  /** Sends exactly this path and these headers. */
  readonly open: (path: string, asked?: Asked) => Promise<IncomingMessage>
  readonly ask: (path: string, asked?: Asked) => Promise<Answered>
  readonly run: <A, E>(effect: Effect.Effect<A, E, Gateway | Ledger.Ledger | Paywall>) => Promise<A>
  readonly entries: () => Promise<ReadonlyArray<Ledger.Entry>>
  readonly logged: Array<string>
}

export interface Setup {
  readonly lookup?: LookupFunction
  /** What the gateway may have beside it. */
  readonly beside?: Layer.Layer<never> | Layer.Layer<Accrual | Usage, unknown>
}

export const developers = [{ id: "acme", name: "ACME" }]

/** What a tool is, but for its upstream. */
export const tool = { slug: "report", developer: "acme", methods: ["GET", "POST"], price: { CNY: "15.00" } } as const

const read = (input: object) => Effect.runSync(GatewayConfig.read({ developers, listen: { port: 0 }, ...input }))

/** A configuration with these tools. */
export const configOf = (tools: ReadonlyArray<object>, more: object = {}) => read({ tools, ...more })

const opening =
  (port: number) =>
  (path: string, asked: Asked = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { body, headers, method = "POST", signal } = asked
      httpRequest(
        { host: "127.0.0.1", port, path, method, agent: false, ...(signal && { signal }), ...(headers && { headers }) },
        resolve
      )
        .on("error", reject)
        .end(body)
    })

export const gateway = async (
  config: GatewayConfig.GatewayConfig,
  { beside = Layer.empty, lookup }: Setup = {}
): Promise<World> => {
  const bank = Voucher.makeBank()
  const logged: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => void logged.push(`${logLevel} ${[message].flat().join(" ")}`))
  const runtime = ManagedRuntime.make(
    serve(config, [Voucher.make(), Coin]).pipe(
      Layer.provide(beside),
      Layer.provideMerge(LedgerMemory.layerSilent),
      Layer.provide(Coin.layer),
      Layer.provide([Layer.succeed(Voucher.VoucherBank, bank), Layer.succeed(Purse, new Provider())]),
      Layer.provideMerge(Logger.layer([logger])),
      Layer.provideMerge(lookup === undefined ? Layer.empty : Layer.succeed(Resolver, lookup))
    )
  )
  const { address } = await runtime.runPromise(HttpServer.HttpServer)
  const port = "port" in address ? address.port : 0
  const open = opening(port)
  return {
    port,
    bank,
    logged,
    open,
    ask: async (path, asked) => {
      const response = await open(path, asked)
      const body = await text(response)
      const isProblem = response.headers["content-type"] === "application/problem+json"
      const code = isProblem && body !== "" ? (JSON.parse(body) as { readonly code?: string }).code : undefined
      return { status: response.statusCode ?? 0, headers: response.headers, body, code }
    },
    run: (effect) => runtime.runPromise(effect),
    entries: () => runtime.runPromise(Effect.flatMap(Ledger.Ledger, ({ list }) => list())),
    [Symbol.asyncDispose]: () => runtime.dispose()
  }
}

/** Waits for what happens a moment later, without watching the clock. */
export const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve))
}

export { once }
