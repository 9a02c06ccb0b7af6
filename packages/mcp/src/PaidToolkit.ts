/**
 * Paid tools of Effect's own `McpServer`.
 *
 * @example
 * const Report = Tool.make("report", { parameters: Schema.Struct({ market: Schema.String }), success: Schema.String })
 * const Tools = Toolkit.make(Report)
 *
 * // instead of McpServer.toolkit(Tools)
 * const Paid = PaidToolkit.layer(Tools, { report: { price: Price.make({ CNY: "15.00" }) } })
 *
 * ## Details
 *
 * - Everything that is true of `PaidTools` is true here; the two share their code. A tool without a price is free.
 * - A handler asks for `CurrentPayment` where its tool has it among its `dependencies`.
 * - A tool that asks its client for input (protocol 2026-07-28) is charged for its last answer, not for its questions.
 */
import { Paywall } from "@paylayer/core/Paywall"
import type { Payment } from "@paylayer/core/Sale"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import { CurrentPayment } from "@paylayer/http/CurrentPayment"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as McpSchema from "effect/ai/McpSchema"
import * as McpServer from "effect/ai/McpServer"
import * as Tool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import * as Schema from "effect/Schema"
import { calling, type ToolResult } from "./internal/calling.ts"
import { nameTaken, type PaidTool, priced } from "./PaidTool.ts"

/** What a price function of any of these needs. */
type Needs<Prices> = {
  [Name in keyof Prices]: Prices[Name] extends { readonly price: (...args: never) => infer Price }
    ? Price extends Effect.Effect<unknown, unknown, infer R>
      ? R
      : never
    : never
}[keyof Prices]

/** Prices by the names of the tools. */
export type Prices<Tools extends Record<string, Tool.Any>> = {
  readonly [Name in keyof Tools]?: PaidTool<Tool.Parameters<Tools[Name]>, unknown>
}

/** What `McpServer.toolkit` needs, but for the payment, and what selling needs. */
export type Requirements<Tools extends Record<string, Tool.Any>, P> =
  | Exclude<McpServer.ToolkitRequirements<Tools>, McpServer.McpRequest<"Requires", CurrentPayment>>
  | Paywall
  | Needs<P>

type Registration = Parameters<McpServer.McpServer["Service"]["addTool"]>[0]
type Result = Effect.Success<ReturnType<Registration["handle"]>>

/** A question to the client, which is no result yet. */
class Asking {
  readonly question: Result
  constructor(question: Result) {
    this.question = question
  }
}

/** The headers of the HTTP request that carried the call; none over stdio. */
const transportHeaders = Effect.contextWith((context: Context.Context<never>) => {
  const request = Context.getOrUndefined(context, HttpServerRequest.HttpServerRequest)
  if (request === undefined) return Effect.succeed(RequestHeaders.fromRecord({}))
  const { source } = request
  return Effect.succeed(
    Predicate.hasProperty(source, "rawHeaders") && Array.isArray(source.rawHeaders)
      ? RequestHeaders.fromRaw(source.rawHeaders)
      : RequestHeaders.fromRecord(request.headers)
  )
})

/** Decodes arguments as the toolkit will, so that what it would refuse is refused before a price is asked for. */
const decoder = (tool: Tool.Any) => {
  const onExcessProperty = Tool.getStrictMode(tool) === true ? "error" : "ignore"
  const schema: unknown = tool.parametersSchema
  const decode = Schema.isSchema(schema)
    ? (Schema.decodeUnknownEffect(schema as Schema.Codec<unknown>) as (
        input: unknown,
        options: object
      ) => Effect.Effect<unknown, Schema.SchemaError>)
    : (input: unknown) => Effect.succeed(input)
  return (input: unknown) =>
    Effect.mapError(
      decode(input, { onExcessProperty, errors: "all" }),
      ({ message }) => new McpSchema.InvalidParams({ message })
    )
}

const sold = (
  paywall: Paywall["Service"],
  tool: Tool.Any,
  paid: PaidTool<never, unknown>,
  registration: Registration
): Registration => {
  const answer = calling(paywall)
  const decode = decoder(tool)
  const handle = (payload: unknown, payment: Payment) =>
    registration.handle(payload).pipe(
      Effect.provideService(CurrentPayment, payment),
      Effect.flatMap((result): Effect.Effect<ToolResult, Asking> =>
        Predicate.isTagged(result, "InputRequired")
          ? Effect.fail(new Asking(result))
          : Effect.succeed({ ...(result as McpSchema.CallToolResult) })
      )
    )
  return {
    ...registration,
    tool: new McpSchema.Tool({ ...registration.tool, ...priced(registration.tool, paid.price) }),
    handle: (payload: unknown) =>
      Effect.gen(function* () {
        const input = payload ?? {}
        const { requestMetadata } = yield* McpSchema.McpRequestContext
        const call = {
          tool: tool.name,
          title: registration.tool.title ?? registration.tool.annotations?.title,
          json: input,
          arguments: (yield* decode(input)) as never,
          meta: requestMetadata as { readonly [name: string]: unknown } | undefined,
          headers: yield* transportHeaders,
          outputSchema: registration.tool.outputSchema !== undefined
        }
        const result = yield* answer(paid, call, (payment) => handle(input, payment))
        return new McpSchema.CallToolResult(result as ConstructorParameters<typeof McpSchema.CallToolResult>[0])
      }).pipe(
        Effect.catchIf(
          (error): error is Asking => error instanceof Asking,
          ({ question }) => Effect.succeed(question)
        )
      ) as ReturnType<Registration["handle"]>
  }
}

/**
 * Registers a toolkit like `McpServer.toolkit`, with prices. What a price function needs is taken from the layer. Building it
 * throws `MoneyError` for a fixed price that is none, and `TwoPrices` for a paid tool whose name the server has already, which
 * would be replaced.
 */
export const layer = <Tools extends Record<string, Tool.Any>, const P extends Prices<Tools>>(
  toolkit: Toolkit.Toolkit<Tools>,
  prices: P & { readonly [Name in Exclude<keyof P, keyof Tools>]: never }
): Layer.Layer<never, never, Requirements<Tools, P>> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const server = yield* McpServer.McpServer
      const paywall = yield* Paywall
      const selling: McpServer.McpServer["Service"] = Object.create(server, {
        addTool: {
          value: (registration: Registration) => {
            const { name } = registration.tool
            const paid = Object.hasOwn(prices, name) ? (prices as Prices<Tools>)[name] : undefined
            if (paid === undefined) return server.addTool(registration)
            return server.tools.some(({ tool }) => tool.name === name)
              ? Effect.die(nameTaken(name))
              : server.addTool(sold(paywall, toolkit.tools[name]!, paid, registration))
          }
        }
      })
      yield* Effect.provideService(McpServer.registerToolkit(toolkit), McpServer.McpServer, selling)
    })
  ) as Layer.Layer<never, never, Requirements<Tools, P>>
