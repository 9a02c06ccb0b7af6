/**
 * Calls of MCP servers over streamable HTTP: tools that have a price are sold, everything else passes.
 *
 * ## Details
 *
 * - `tools/list` shows prices as `@paylayer/mcp` does. `tools/call` of a priced tool is paid in `_meta` or in headers of the transport;
 *   its result leaves when the money is settled. A result with `isError` and a JSON-RPC error are passed on and not charged.
 * - What a call sends meanwhile (progress, logging, requests to the client) leaves at once.
 * - The server sees no credential, neither in headers nor in `_meta`, and its word about payment does not reach the client.
 * - Batches, which MCP no longer has, are refused; so are calls of priced tools without an id or as a task, which nobody could charge.
 * - Streams are not resumed: an event that was withheld must not be had by asking again for it.
 */
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as HostAdapter from "@paylayer/http/HostAdapter"
import * as PaidTool from "@paylayer/mcp/PaidTool"
import * as PaymentMeta from "@paylayer/mcp/PaymentMeta"
import * as ToolAdapter from "@paylayer/mcp/ToolAdapter"
import * as PaymentCors from "@paylayer/http/PaymentCors"
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { IncomingMessage } from "node:http"
import * as GatewayProblem from "./GatewayProblem.ts"
import * as Calling from "./internal/calling.ts"
import * as JsonRpc from "./internal/jsonRpc.ts"
import * as McpAnswer from "./internal/mcpAnswer.ts"
import * as Measuring from "./internal/measuring.ts"
import * as Refusals from "./internal/refusals.ts"
import * as Targeting from "./internal/targeting.ts"
import type { Selling } from "./Selling.ts"
import type { Answer } from "./Upstream.ts"
import type { UpstreamError } from "./UpstreamError.ts"

type Response = HttpServerResponse.HttpServerResponse

/** A request for an MCP server, and the way to it. */
interface Asking {
  readonly selling: Selling
  readonly source: IncomingMessage
  readonly path: string
}

/** Why a call has no result. */
type Failure =
  | { readonly _tag: "Upstream"; readonly error: UpstreamError | "busy" }
  /** The server's own error. */
  | { readonly _tag: "Rpc"; readonly error: unknown }
  /** The server's answer is no message: its status says what is wrong, for example that the session is over. */
  | { readonly _tag: "Http"; readonly answer: Answer }

const upstreamFailed = (error: UpstreamError | "busy"): Failure => ({ _tag: "Upstream", error })

/** Names of `_meta` that are ours to say. */
const ours = [
  PaymentMeta.receipt,
  PaymentMeta.paymentRequired,
  PaymentMeta.x402Response,
  PaymentMeta.problem,
  PaymentMeta.replayed
]

const without = (message: JsonRpc.Message, isGone: (name: string) => boolean): JsonRpc.Message =>
  Object.fromEntries(Object.entries(message).filter(([name]) => !isGone(name)))

/** A request as it came: its text, and what it says. */
interface Sent {
  readonly bytes: Uint8Array
  readonly message: JsonRpc.Message
}

/** A request without what pays for it; byte for byte where it holds nothing of that. */
const unpaid = ({ credentials }: Selling, { bytes, message }: Sent): Uint8Array => {
  const params = JsonRpc.object(message["params"])
  const meta = JsonRpc.object(params?.["_meta"])
  if (params === undefined || meta === undefined) return bytes
  const isPaying = (name: string) =>
    name === PaymentMeta.credential || name === PaymentMeta.x402Payment || credentials.isOne(name.toLowerCase())
  const left = without(meta, (name) => isPaying(name) || name.toLowerCase() === "authorization")
  if (Object.keys(left).length === Object.keys(meta).length) return bytes
  return new TextEncoder().encode(JSON.stringify({ ...message, params: { ...params, _meta: left } }))
}

/** A result without what only the gateway says. */
const unsaid = (result: ToolAdapter.ToolResult): ToolAdapter.ToolResult => {
  const { _meta, ...rest } = result
  return _meta === undefined ? rest : { ...rest, _meta: without(_meta, (name) => ours.includes(name)) }
}

const send = ({ path, selling, source }: Asking, body: Uint8Array, charge: string | undefined) =>
  Calling.forward(selling, source, path, body, {
    charge,
    plain: true,
    hold: HostAdapter.largestKept
  })

/** Asks the server for one result. What it sends before is `told`. */
const resultOf = (
  asking: Asking,
  body: Uint8Array,
  id: JsonRpc.Id,
  charge: string | undefined,
  told: (message: JsonRpc.Message) => Effect.Effect<unknown>,
  began: Effect.Effect<unknown>
): Effect.Effect<JsonRpc.Message, Failure> =>
  Effect.gen(function* () {
    const answer = yield* Effect.mapError(send(asking, body, charge), upstreamFailed)
    if (answer.status !== 200) return yield* Effect.fail<Failure>({ _tag: "Http", answer })
    if (McpAnswer.isEvents(answer)) yield* began
    let found: JsonRpc.Message | undefined
    yield* McpAnswer.messages(answer).pipe(
      Stream.takeUntil((one) => JsonRpc.answers(one, id)),
      Stream.runForEach((one) => {
        if (!JsonRpc.answers(one, id)) return told(one)
        found = one
        return Effect.void
      }),
      Effect.mapError(upstreamFailed)
    )
    if (found === undefined) return yield* Effect.fail(upstreamFailed(McpAnswer.silent))
    return "error" in found ? yield* Effect.fail<Failure>({ _tag: "Rpc", error: found["error"] }) : found
  })

/** A call's failure as its answer; the server's own statuses are passed on. */
const failed = (asking: Asking, id: JsonRpc.Id, failure: Failure): Response | JsonRpc.Message => {
  switch (failure._tag) {
    case "Http":
      return Calling.responseOf(asking.selling, failure.answer)
    case "Rpc":
      return { jsonrpc: "2.0", id, error: failure.error }
    case "Upstream":
      return failure.error === "busy"
        ? JsonRpc.problem(id, "tool_busy", Calling.busyDetail)
        : JsonRpc.problem(id, GatewayProblem.codeOf(failure.error), failure.error.detail)
  }
}

const isResponse = (value: Response | JsonRpc.Message): value is Response =>
  HttpServerResponse.isHttpServerResponse(value)

/**
 * Runs a call whose answer is a message, or becomes a stream of them once the server sends events. A client that leaves before that
 * stops the call; one that leaves the stream does not, as MCP has it.
 */
const answering = Effect.fnUntraced(function* (
  asking: Asking,
  id: JsonRpc.Id,
  run: (
    told: (message: JsonRpc.Message) => Effect.Effect<unknown>,
    began: Effect.Effect<unknown>
  ) => Effect.Effect<JsonRpc.Message, Failure>
) {
  const queue = yield* Queue.unbounded<string, Cause.Done>()
  const began = yield* Deferred.make<void>()
  const running = run(
    (message) => Queue.offer(queue, McpAnswer.event(message)),
    Deferred.succeed(began, undefined)
  ).pipe(
    Effect.catch((failure) => Effect.succeed(failed(asking, id, failure))),
    Effect.onExit((exit) => {
      // A stream that has begun ends with a message, whatever became of the call.
      const last =
        Exit.isSuccess(exit) && !isResponse(exit.value)
          ? exit.value
          : JsonRpc.error(id, JsonRpc.codes.internal, "the call could not be ended")
      return Effect.andThen(Queue.offer(queue, McpAnswer.event(last)), Queue.end(queue))
    })
  )
  const fiber = yield* Effect.forkDetach(running)
  const first = yield* Effect.raceFirst(Fiber.join(fiber), Effect.as(Deferred.await(began), undefined)).pipe(
    Effect.onInterrupt(() => Fiber.interrupt(fiber))
  )
  if (first !== undefined) return isResponse(first) ? first : JsonRpc.response(first)
  return HttpServerResponse.stream(Stream.encodeText(Stream.fromQueue(queue)), {
    contentType: "text/event-stream",
    headers: { "cache-control": "no-store", "x-accel-buffering": "no" }
  })
})

const priceOf = ({ tool }: Selling, name: string) =>
  tool.price._tag === "PerTool" ? tool.price.tools.get(name)?.price : undefined

const isRefused = ({ tool }: Selling, name: string): boolean =>
  tool.price._tag === "PerTool" && tool.price.unlisted === "refused" && !tool.price.tools.has(name)

const toolCall = Effect.fnUntraced(function* (asking: Asking, call: Sent) {
  const { selling, source } = asking
  const { message } = call
  const id = JsonRpc.idOf(message)
  const params = JsonRpc.object(message["params"])
  const name = params?.["name"]
  const refuse = (code: number, words: string) => JsonRpc.response(JsonRpc.error(id ?? null, code, words))
  if (id === undefined || typeof name !== "string" || params === undefined)
    return refuse(JsonRpc.codes.invalidRequest, "a call of a tool has an id and a name")
  if (isRefused(selling, name)) return refuse(JsonRpc.codes.invalidParams, `Tool ${name} not found`)
  const price = priceOf(selling, name)
  const sent = unpaid(selling, call)
  if (price === undefined)
    return yield* answering(asking, id, (told, began) =>
      Effect.map(resultOf(asking, sent, id, undefined, told, began), (found) =>
        JsonRpc.result(id, unsaid(found["result"] as ToolAdapter.ToolResult))
      )
    )
  if (params["task"] !== undefined)
    return refuse(JsonRpc.codes.invalidRequest, `Tool ${name} is paid for and cannot run as a task`)
  const { category, slug, title } = selling.tool
  const began = yield* Clock.currentTimeMillis
  return yield* answering(asking, id, (told, streams) =>
    Effect.flatMap(
      ToolAdapter.calling(selling.paywall)(
        { price, realm: selling.realm, ...(category === undefined ? {} : { category }) },
        {
          tool: `${slug}/${name}`,
          title: title ?? name,
          json: params["arguments"],
          arguments: params["arguments"],
          meta: JsonRpc.object(params["_meta"]),
          headers: RequestHeaders.fromRaw(source.rawHeaders),
          // Whether it has one is not known here; clients read the problem in `_meta` and as text.
          outputSchema: true,
          capture: (_, payment) => Measuring.capture(selling, payment, undefined, began)
        },
        ({ charge }) =>
          Effect.map(resultOf(asking, sent, id, charge.id, told, streams), (found) =>
            unsaid(found["result"] as ToolAdapter.ToolResult)
          )
      ),
      (result) => Effect.as(counted(selling, source, result), JsonRpc.result(id, result))
    )
  )
})

/** Counts a result that says it was refused, and for no charge. */
const counted = (selling: Selling, source: IncomingMessage, { _meta }: ToolAdapter.ToolResult): Effect.Effect<void> => {
  const problem = JsonRpc.object(_meta?.[PaymentMeta.problem])
  const code = problem?.["code"]
  return typeof code === "string" && problem?.["charge_id"] === undefined
    ? Refusals.count(selling, source, code)
    : Effect.void
}

/** A tool as it is listed, with its price. */
const listed = (selling: Selling, tool: unknown): ReadonlyArray<unknown> => {
  const one = JsonRpc.object(tool)
  const name = one?.["name"]
  if (one === undefined || typeof name !== "string") return [tool]
  if (isRefused(selling, name)) return []
  const price = priceOf(selling, name)
  const { description, _meta } = one as { readonly description?: string; readonly _meta?: JsonRpc.Message }
  return [price === undefined ? one : { ...one, ...PaidTool.priced({ description, _meta }, price) }]
}

const toolList = (asking: Asking, sent: Sent, id: JsonRpc.Id) =>
  answering(asking, id, (told, began) =>
    Effect.map(resultOf(asking, unpaid(asking.selling, sent), id, undefined, told, began), (found) => {
      const result = JsonRpc.object(found["result"]) ?? {}
      const { tools } = result
      return JsonRpc.result(
        id,
        Array.isArray(tools) ? { ...result, tools: tools.flatMap((tool) => listed(asking.selling, tool)) } : result
      )
    })
  )

const passed = ({ path, selling, source }: Asking, body: Uint8Array | undefined): Effect.Effect<Response> =>
  Effect.matchEffect(
    Calling.forward(selling, source, path, body, { charge: undefined, plain: false, hold: HostAdapter.largestKept }),
    {
      onFailure: (error) => Calling.told(error),
      onSuccess: (answer) => Effect.succeed(Calling.responseOf(selling, answer))
    }
  )

const read = (bytes: Uint8Array): Result.Result<JsonRpc.Message, string> =>
  Result.flatMap(
    Result.mapError(StrictJson.parse(bytes, { bytes: bytes.length, depth: 128 }), ({ message }) => message),
    (value) => Result.fromNullishOr(JsonRpc.object(value), () => "one message at a time: MCP has no batches")
  )

const posted = Effect.fnUntraced(function* (asking: Asking, request: HttpServerRequest) {
  const incoming = HostAdapter.incomingRequest(request, asking.selling.tool.upstream.maxRequest)
  const bytes = yield* Effect.result(incoming.body)
  if (Result.isFailure(bytes))
    return GatewayProblem.make("request_too_large", "the body is larger than this tool takes, or broke off")
  const message = read(bytes.success)
  if (Result.isFailure(message)) return JsonRpc.response(JsonRpc.error(null, JsonRpc.codes.parse, message.failure), 400)
  const sent = { bytes: bytes.success, message: message.success }
  const { method } = sent.message
  if (method === "tools/call") return yield* toolCall(asking, sent)
  const id = JsonRpc.idOf(sent.message)
  return yield* method === "tools/list" && id !== undefined
    ? toolList(asking, sent, id)
    : passed(asking, unpaid(asking.selling, sent))
})

/** Answers a request for an MCP server; `rest` is what follows its slug. */
export const answer = (
  selling: Selling,
  request: HttpServerRequest,
  source: IncomingMessage,
  rest: string
): Effect.Effect<Response> => {
  const path = Targeting.pathFor(selling.tool.upstream.url, rest)
  if (path === undefined)
    return Effect.succeed(GatewayProblem.make("path_invalid", "the path leads out of this tool, or is no path"))
  const asking = { selling, source, path }
  switch (request.method) {
    case "POST":
      return posted(asking, request)
    case "GET":
    case "DELETE":
      return passed(asking, undefined)
    case "OPTIONS":
      return Effect.succeed(
        HttpServerResponse.empty({ headers: PaymentCors.preflight(selling.paywall.manifests, methods) })
      )
    default:
      return Effect.succeed(
        GatewayProblem.make("method_not_allowed", `this tool takes ${methods.join(", ")}`, {
          headers: { allow: methods.join(", ") }
        })
      )
  }
}

const methods = ["POST", "GET", "DELETE"]
