/**
 * Paid tools of servers made with the official `@modelcontextprotocol/sdk`.
 *
 * @example
 * const paid = PaidTools.make(ManagedRuntime.make(paywall))
 * paid.registerTool(
 *   server,
 *   "report",
 *   { title: "Market report", inputSchema: { market: z.string() }, price: Price.make({ CNY: "15.00" }) },
 *   ({ market }, { payment }) => ({ content: [{ type: "text", text: `${market}: growing` }] })
 * )
 *
 * ## Details
 *
 * - The handler runs only when it is paid for, and its result leaves only when the money is settled. A result with `isError`,
 *   a rejection and a result that the tool's schemas refuse are passed on and not charged.
 * - Unknown tools and invalid arguments are refused before a price is asked for.
 * - The payment is bound to `tools/call`, the tool's name and the canonical form of its arguments: the same call under another
 *   JSON-RPC id is the same call.
 * - The same call under the same idempotency key gets the same result, if it is at most 256 KiB of JSON.
 * - `notifications/cancelled` and the end of the connection are the client going away; the paywall's `disconnect` says what
 *   becomes of the sale. Over streamable HTTP a lost response stream is neither: the sale ends, and a repetition under the
 *   same key gets its result.
 * - Progress notifications that the handler sends leave at once, before the money is settled: put nothing into them that is
 *   worth money.
 */
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import { Paywall } from "@paylayer/core/Paywall"
import type { Payment } from "@paylayer/core/Sale"
import type { Server } from "@modelcontextprotocol/sdk/server/index.js"
import type { BaseToolCallback, McpServer, RegisteredTool } from "@modelcontextprotocol/sdk/server/mcp.js"
import {
  type AnySchema,
  normalizeObjectSchema,
  safeParseAsync,
  type SchemaOutput,
  type ShapeOutput,
  type ZodRawShapeCompat
} from "@modelcontextprotocol/sdk/server/zod-compat.js"
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js"
import {
  CallToolRequestSchema,
  type CallToolRequest,
  CallToolResultSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type ServerNotification,
  type ServerRequest,
  type Tool,
  type ToolAnnotations
} from "@modelcontextprotocol/sdk/types.js"
import { AjvJsonSchemaValidator } from "@modelcontextprotocol/sdk/validation/ajv"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Struct from "effect/Struct"
import { type Call, calling, NotForSale } from "./internal/calling.ts"
import { nameTaken, type PaidTool, priced, type ToolPricing } from "./PaidTool.ts"

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

/** What a handler gets beside its arguments: the SDK's own, and the payment it works for. */
export type PaidExtra = Extra & { readonly payment: Payment }

type Shape = ZodRawShapeCompat | AnySchema

/** The arguments of a tool with this input schema. */
export type ArgumentsOf<Input> = Input extends ZodRawShapeCompat
  ? ShapeOutput<Input>
  : Input extends AnySchema
    ? SchemaOutput<Input>
    : Readonly<Record<string, never>>

/** What `McpServer.registerTool` takes, and the price. */
export interface Config<Input, Output, R> extends PaidTool<ArgumentsOf<Input>, R> {
  /** Also what a principal reads on a bill. */
  readonly title?: string
  /** The price is appended. */
  readonly description?: string
  readonly inputSchema?: Input
  readonly outputSchema?: Output
  readonly annotations?: ToolAnnotations
  readonly _meta?: Record<string, unknown>
}

/** A tool of a low-level `Server`, free without a price. */
export type ListedTool<R> = Tool &
  Partial<PaidTool<Readonly<Record<string, unknown>>, R>> & { readonly price?: ToolPricing<Record<string, unknown>, R> }

/** Answers a call of a low-level `Server`; `payment` is there where the tool has a price. */
export type CallHandler = (
  params: CallToolRequest["params"],
  extra: Extra & { readonly payment?: Payment }
) => CallToolResult | Promise<CallToolResult>

/** What can still be done to a registered tool. Its handler and its price stay. */
export type Registered = Pick<RegisteredTool, "enable" | "disable" | "remove">

export interface PaidTools<R> {
  /**
   * `server.registerTool` with a price. Throws where that does, for a fixed price that is none, and `TwoPrices` for a name that has
   * a price already.
   */
  readonly registerTool: <
    Input extends Shape | undefined = undefined,
    Output extends Shape | undefined = undefined,
    RP extends R = never
  >(
    server: McpServer,
    name: string,
    config: Config<Input, Output, RP>,
    handler: BaseToolCallback<CallToolResult, PaidExtra, Input>
  ) => Registered
  /**
   * The tools of a low-level `Server`, which has to have the capability `tools`: lists them with their prices, checks the
   * arguments of every call against its input schema, and sells. Throws `TwoPrices` for two tools of one name, and for a price that
   * is none.
   */
  readonly setTools: <RP extends R = never>(
    server: Server,
    tools: ReadonlyArray<ListedTool<RP>>,
    handler: CallHandler
  ) => void
}

/** The names that have a price, by server. */
const pricedNames = new WeakMap<McpServer, Set<string>>()

const namesOf = (server: McpServer): Set<string> => {
  const names = pricedNames.get(server) ?? new Set()
  pricedNames.set(server, names)
  return names
}

/** What is ours of a tool's definition. */
const ownKeys = ["price", "merchant", "category", "keyRequired", "realm"] as const

/** The handler's own reason, boxed so that it is told apart from ours. */
class Rejected {
  readonly reason: unknown
  constructor(reason: unknown) {
    this.reason = reason
  }
}

/** Throws what makes a result unusable for this tool. */
type Check = (result: CallToolResult) => void | Promise<void>

const wrong = (name: string, detail: string) =>
  new McpError(ErrorCode.InternalError, `the result of the tool ${name} ${detail}; nothing was charged`)

const checked = async (name: string, result: unknown, outputSchema: Check | undefined): Promise<CallToolResult> => {
  const parsed = CallToolResultSchema.safeParse(result)
  if (!parsed.success) throw wrong(name, "is no tool result")
  if (parsed.data.isError !== true) await outputSchema?.(parsed.data)
  return parsed.data
}

/** The transport's headers; none over stdio. */
const headersOf = ({ requestInfo }: Extra): RequestHeaders.RequestHeaders =>
  RequestHeaders.fromEntries(
    Object.entries(requestInfo?.headers ?? {}).flatMap(([name, value]) =>
      value === undefined ? [] : [value].flat().map((one) => [name, one] as const)
    )
  )

/**
 * Paid tools over one paywall. Servers that share a paywall share a runtime; a layer gets a runtime of its own, so give one only
 * where there is a single `make`.
 */
export const make = <R, E>(
  services: ManagedRuntime.ManagedRuntime<Paywall | R, E> | Layer.Layer<Paywall | R, E>
): PaidTools<R> => {
  const runtime = ManagedRuntime.isManagedRuntime(services)
    ? (services as ManagedRuntime.ManagedRuntime<Paywall | R, E>)
    : ManagedRuntime.make(services as Layer.Layer<Paywall | R, E>)
  let known: ReturnType<typeof calling> | undefined
  const answering = Effect.map(Paywall, (paywall) => (known ??= calling(paywall)))

  const sell = async <Arguments, RP extends R>(
    tool: PaidTool<Arguments, RP>,
    call: Call<Arguments>,
    extra: Extra,
    check: Check | undefined,
    handler: (payment: Payment) => CallToolResult | Promise<CallToolResult>
  ): Promise<CallToolResult> => {
    const selling = Effect.flatMap(answering, (answer) =>
      answer(tool, call, (payment) =>
        Effect.tryPromise({
          try: async () => checked(call.tool, await handler(payment), check),
          catch: (reason) => new Rejected(reason)
        })
      )
    ).pipe(
      Effect.tapCause((cause) =>
        Cause.hasDies(cause) ? Effect.logError(`a call of the paid tool ${call.tool} died`, cause) : Effect.void
      )
    )
    const exit = await runtime.runPromiseExit(selling, { signal: extra.signal })
    if (Exit.isSuccess(exit)) return exit.value as CallToolResult
    if (extra.signal.aborted) throw extra.signal.reason
    const error = Cause.squash(exit.cause)
    if (error instanceof Rejected) throw error.reason
    // The SDK tells clients what it catches; what is ours stays in the log.
    throw error instanceof NotForSale ? error : new Error("Internal error", { cause: error })
  }

  return {
    registerTool: (server, name, config, handler) => {
      const taken = namesOf(server)
      if (taken.has(name)) throw nameTaken(name)

      const check = structured(name, config.outputSchema)
      const call = async (args: unknown, extra: Extra) => {
        // The SDK turns every result of a call that asks for a task away, also one that was paid for.
        if (extra.taskStore !== undefined) throw new Error("a server that has tasks sells with setTools")
        return sell(
          config as PaidTool<unknown, R>,
          {
            tool: name,
            title: config.title,
            json: args,
            arguments: args,
            meta: extra._meta,
            headers: headersOf(extra),
            outputSchema: config.outputSchema !== undefined
          },
          extra,
          check,
          (payment) => {
            const more: PaidExtra = { ...extra, payment }
            return config.inputSchema === undefined
              ? (handler as (extra: PaidExtra) => CallToolResult)(more)
              : (handler as (args: unknown, extra: PaidExtra) => CallToolResult)(args, more)
          }
        )
      }
      const registered = server.registerTool(
        name,
        { ...Struct.omit(config, ownKeys), ...priced(config, config.price) } as object,
        (config.inputSchema === undefined ? (extra: Extra) => call({}, extra) : call) as never
      )
      taken.add(name)
      const remove = () => {
        taken.delete(name)
        registered.remove()
      }
      return { enable: registered.enable, disable: registered.disable, remove }
    },
    setTools: (server, tools, handler) => {
      for (const [index, { name }] of tools.entries()) {
        if (tools.findIndex((tool) => tool.name === name) < index) throw nameTaken(name)
      }
      const validator = new AjvJsonSchemaValidator()
      const byName = new Map(
        tools.map((listed) => {
          const { price } = listed
          const tool: Tool = Struct.omit(listed, ownKeys)
          const inputSchema = validator.getValidator<Record<string, unknown>>(tool.inputSchema as object)
          const outputSchema =
            tool.outputSchema === undefined ? undefined : validator.getValidator(tool.outputSchema as object)
          const check: Check | undefined =
            outputSchema &&
            (({ structuredContent }) => {
              const { errorMessage, valid } = outputSchema(structuredContent)
              if (!valid) throw wrong(tool.name, `does not fit its schema: ${errorMessage}`)
            })
          return [
            tool.name,
            { listed, inputSchema, check, tool: price === undefined ? tool : { ...tool, ...priced(tool, price) } }
          ] as const
        })
      )
      const listing = { tools: [...byName.values()].map(({ tool }) => tool as Tool) }
      server.setRequestHandler(ListToolsRequestSchema, () => listing)
      server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
        const found = byName.get(params.name)
        if (found === undefined) throw new McpError(ErrorCode.InvalidParams, `Tool ${params.name} not found`)
        const args = found.inputSchema(params.arguments ?? {})
        if (!args.valid) {
          throw new McpError(ErrorCode.InvalidParams, `Invalid arguments for tool ${params.name}: ${args.errorMessage}`)
        }
        const { listed } = found
        const { price } = listed
        if (price === undefined) return handler(params, extra)
        if (params.task !== undefined) {
          throw new McpError(ErrorCode.InvalidRequest, `Tool ${params.name} is paid for and cannot run as a task`)
        }
        return sell(
          { ...listed, price },
          {
            tool: params.name,
            title: listed.title,
            json: args.data,
            arguments: args.data,
            meta: params._meta,
            headers: headersOf(extra),
            outputSchema: listed.outputSchema !== undefined
          },
          extra,
          found.check,
          (payment) => handler(params, { ...extra, payment })
        )
      })
    }
  }
}

/**
 * Holds structured content against an output schema as the SDK will, but before anything is charged. Throws for a schema that
 * is no object: the SDK turns away whatever is held against it.
 */
const structured = (name: string, schema: Shape | undefined): Check | undefined => {
  if (schema === undefined) return undefined
  const object = normalizeObjectSchema(schema)
  if (object === undefined) throw new TypeError(`the output schema of the tool ${name} is no object`)
  return async ({ structuredContent }) => {
    const parsed = await safeParseAsync(object, structuredContent)
    if (!parsed.success) throw wrong(name, "does not fit its output schema")
  }
}
