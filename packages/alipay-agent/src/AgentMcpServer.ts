/**
 * The agent's side as an MCP server: a model asks for delegations, lists them and pays with them, and never sees a token.
 *
 * Made with the official SDK; it may be connected to any of its transports. What a principal must do is in the results: the
 * address of the consent page and the code to compare.
 *
 * @example
 * const server = yield* AgentMcpServer.make
 * yield* Effect.promise(() => server.connect(new StdioServerTransport()))
 */
import * as Money from "@paylayer/core/Money"
import * as Receipt from "@paylayer/core/Receipt"
import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import {
  CallToolRequestSchema,
  type CallToolResult,
  ListToolsRequestSchema,
  type Tool
} from "@modelcontextprotocol/sdk/types.js"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { DelegationAsk } from "./DelegationAsk.ts"
import { DelegationError } from "./DelegationError.ts"
import { type Delegation, Delegations } from "./Delegations.ts"
import { PaidCall } from "./PaidCall.ts"

const Presented = Schema.Struct({
  ...PaidCall.fields,
  delegation: Schema.String.annotate({ description: "The id of an active delegation, from list_delegations" })
})

const Nothing = Schema.Record(Schema.String, Schema.Never)

/** A result, as text and as structured content. */
const told = (value: object, isError = false): CallToolResult => ({
  content: [{ type: "text", text: JSON.stringify(value, null, 2) }],
  structuredContent: value as Record<string, unknown>,
  ...(isError && { isError })
})

const money = (amount: Money.Money) => Money.print(amount)

const listed = ({ granted, ...delegation }: Delegation) => ({
  ...delegation,
  ...(granted !== undefined && {
    granted: {
      ...granted,
      max_total_amount: money(granted.max_total_amount),
      ...(granted.max_single_amount && { max_single_amount: money(granted.max_single_amount) })
    }
  })
})

const failed = (error: DelegationError | Schema.SchemaError): CallToolResult =>
  error._tag === "DelegationError"
    ? told(
        {
          error: error.reason,
          message: error.message,
          moved: error.moved,
          ...(error.idempotencyKey !== undefined && { idempotency_key: error.idempotencyKey })
        },
        true
      )
    : told({ error: "invalid-arguments", message: error.message, moved: "no" }, true)

interface Definition {
  readonly tool: Tool
  readonly call: (input: unknown) => Effect.Effect<CallToolResult, DelegationError | Schema.SchemaError, Delegations>
}

const define = <A>(
  tool: Pick<Tool, "name" | "title" | "description" | "annotations">,
  schema: Schema.Codec<A, unknown>,
  call: (input: A) => Effect.Effect<object, DelegationError, Delegations>
): Definition => {
  const decode = Schema.decodeUnknownEffect(schema, { onExcessProperty: "error", errors: "all" })
  const document = Schema.toJsonSchemaDocument(schema, { onExcessProperty: "error" })
  return {
    tool: {
      ...tool,
      inputSchema: { ...document.schema, $defs: document.definitions, type: "object" } as Tool["inputSchema"]
    },
    call: (input) => Effect.map(Effect.flatMap(decode(input), call), (value) => told(value))
  }
}

const definitions: ReadonlyArray<Definition> = [
  define(
    {
      name: "request_delegation",
      title: "Ask to pay for the principal",
      description:
        "Asks the principal for a budget. Show the principal consent_uri, for them to open, and user_code, for them to compare with the page. Then wait, and call list_delegations. Ask for no more than the task needs; the principal may grant less.",
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true }
    },
    DelegationAsk,
    (ask) =>
      Effect.map(
        Delegations.use((delegations) => delegations.request(ask)),
        ({ consentUri, expiresIn, id, userCode }) => ({
          delegation: id,
          consent_uri: consentUri,
          user_code: userCode,
          expires_in: expiresIn
        })
      )
  ),
  define(
    {
      name: "list_delegations",
      title: "List delegations",
      description:
        "Every delegation that was asked for here: whether it was granted, its terms, and what is left of it.",
      annotations: { readOnlyHint: true, openWorldHint: true }
    },
    Nothing,
    () =>
      Effect.map(
        Delegations.use((delegations) => delegations.list),
        (all) => ({ delegations: all.map(listed) })
      )
  ),
  define(
    {
      name: "present_delegation",
      title: "Make a paid call",
      description:
        "Calls a paid API and pays with a delegation. It spends money. If the error says moved: unknown, repeat the call with the idempotency_key of the error, never without it.",
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true }
    },
    Presented,
    ({ delegation, ...call }) =>
      Effect.map(
        Delegations.use((delegations) => delegations.present(delegation, call)),
        ({ body, contentType, idempotencyKey, receipt, status }) => ({
          status,
          ...(contentType !== undefined && { content_type: contentType }),
          body,
          idempotency_key: idempotencyKey,
          ...(receipt !== undefined && { receipt: describeReceipt(receipt) })
        })
      )
  )
]

const describeReceipt = ({ chargeId, merchant, money: paid, protocol, reference }: Receipt.Receipt) => ({
  charge_id: chargeId,
  protocol,
  merchant,
  paid: money(paid),
  reference
})

/** What a tool says to these arguments. Errors are results: a model can read them. */
const answer = (name: string, input: unknown): Effect.Effect<CallToolResult, never, Delegations> =>
  definitions
    .find(({ tool }) => tool.name === name)
    ?.call(input)
    .pipe(Effect.catch((error) => Effect.succeed(failed(error)))) ??
  Effect.succeed(told({ error: "unknown-tool", message: "no tool has this name", moved: "no" }, true))

/** A server over the delegations in scope. Whoever connects it to a transport closes it. */
export const make: Effect.Effect<Server, never, Delegations> = Effect.map(Effect.context<Delegations>(), (context) => {
  const run = Effect.runPromiseWith(context)
  const server = new Server({ name: "paylayer-alipay-agent", version: "0.1.0" }, { capabilities: { tools: {} } })
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: definitions.map(({ tool }) => tool) }))
  server.setRequestHandler(CallToolRequestSchema, ({ params }, { signal }) =>
    run(answer(params.name, params.arguments ?? {}), { signal })
  )
  return server
})
