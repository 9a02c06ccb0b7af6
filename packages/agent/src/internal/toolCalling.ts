/**
 * A tool call as a call that may have to be paid for, and what the server says as an answer.
 */
import * as CanonicalBody from "@paylayer/core/CanonicalBody"
import { Receipt } from "@paylayer/core/Receipt"
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import * as Problem from "@paylayer/http/Problem"
import * as PaymentMeta from "@paylayer/mcp/PaymentMeta"
import type { CallToolRequest } from "@modelcontextprotocol/sdk/types.js"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Answer } from "../Call.ts"
import { Payer } from "../Payer.ts"
import type { Unpaid } from "../Wallet.ts"
import { clearText } from "./clearText.ts"
import { type Rejected, rejecting } from "./promising.ts"
import * as SchemeChallenge from "./schemeChallenge.ts"

type Params = CallToolRequest["params"]

/** "Payment required" of draft-payment-transport-mcp. MCP 2025-11-25 has the same code for an elicitation by URL. */
const paymentRequired = -32042

/** What a server answered: a tool result, or the JSON-RPC error with which the SDK rejected. */
type Answered<A> = Result.Result<A, Rejected>

const decodeReceipt = Schema.decodeUnknownOption(Schema.toCodecJson(Receipt))
const decodeProblem = Schema.decodeUnknownOption(Schema.toCodecJson(Problem.Problem))
const decodeText = Schema.decodeUnknownOption(
  Schema.Struct({ content: Schema.NonEmptyArray(Schema.Struct({ type: Schema.Literal("text"), text: Schema.String })) })
)

/** The problem document of an error; its text has it too, for clients and gateways that drop `_meta`. */
const problemOf = (result: unknown, meta: PaymentMeta.Meta): Problem.Problem | undefined =>
  Option.getOrUndefined(
    Option.orElse(decodeProblem(meta[PaymentMeta.problem]), () =>
      Option.flatMap(decodeText(result), ({ content }) => Result.getSuccess(Problem.parse(content[0].text)))
    )
  )

/** What an answer says, and the challenges that came by the names of the Payment scheme. */
interface Told<A> {
  readonly answer: Answer<A>
  readonly challenges: ReadonlyArray<SchemeChallenge.SchemeChallenge>
}

/** The challenge as HTTP would have it in headers. */
const unpaidOf = (
  meta: PaymentMeta.Meta,
  problem: Problem.Problem | undefined,
  challenges: Told<never>["challenges"]
): Unpaid | undefined => {
  if (challenges.length === 0 && problem?.status !== 402) return undefined
  const headers: Record<string, string> = {}
  for (const name in meta) {
    const value = meta[name]
    if (typeof value === "string") headers[name.toLowerCase()] = value
  }
  if (challenges.length > 0)
    headers["www-authenticate"] = challenges.map(({ read }) => PaymentChallenge.print(read)).join(", ")
  return { headers, ...(problem === undefined ? {} : { problem }) }
}

/** An error of the tool's own says that nothing was charged for it, as a 4xx does. */
const answerOf = <A>(result: A): Told<Answered<A>> => {
  const value = Result.succeed(result)
  const meta = Predicate.hasProperty(result, "_meta") && Predicate.isObject(result._meta) ? result._meta : {}
  const receipt = Option.getOrUndefined(decodeReceipt((meta as PaymentMeta.Meta)[PaymentMeta.receipt]))
  const paid = receipt === undefined ? {} : { receipt }
  if (!Predicate.hasProperty(result, "isError") || result.isError !== true) {
    return { answer: { value, outcome: "served", ...paid }, challenges: [] }
  }
  const problem = problemOf(result, meta as PaymentMeta.Meta)
  const challenges = SchemeChallenge.fromRequired((meta as PaymentMeta.Meta)[PaymentMeta.paymentRequired])
  const unpaid = unpaidOf(meta as PaymentMeta.Meta, problem, challenges)
  return {
    answer: {
      value,
      outcome: problem === undefined || problem.status < 500 ? "caller" : "merchant",
      ...paid,
      ...(problem === undefined ? {} : { problem }),
      ...(unpaid === undefined ? {} : { unpaid })
    },
    challenges
  }
}

/**
 * What JSON-RPC calls the caller's fault: no request, no such method, no such arguments; and what the MCP transport of the Payment
 * scheme does: a payment that does not hold.
 */
const callersFault = new Set<unknown>([-32600, -32601, -32602, -32043])
/** With these the SDK rejects by itself: the connection was closed, no answer came in time. */
const noAnswer = new Set<unknown>([-32000, -32001])

/**
 * A JSON-RPC error is an answer; every other reason means that none came. Where it lists challenges it asks for payment, as servers do
 * that keep to draft-payment-transport-mcp; without them its code is that of an elicitation by URL.
 */
const errorOf = (rejected: Rejected): Effect.Effect<Told<Answered<never>>, Rejected> => {
  const { reason } = rejected
  if (!Predicate.hasProperty(reason, "code") || !Number.isInteger(reason.code) || noAnswer.has(reason.code))
    return Effect.fail(rejected)
  const value = Result.fail(rejected)
  const data = reason.code === paymentRequired && Predicate.hasProperty(reason, "data") ? reason.data : undefined
  const challenges = SchemeChallenge.fromRequired(data)
  if (challenges.length === 0) {
    const outcome = callersFault.has(reason.code) ? "caller" : "merchant"
    return Effect.succeed({ answer: { value, outcome }, challenges })
  }
  const problem = Predicate.hasProperty(data, "problem")
    ? Option.getOrUndefined(decodeProblem(data.problem))
    : undefined
  const unpaid = unpaidOf({}, problem, challenges)!
  const said = problem === undefined ? {} : { problem }
  return Effect.succeed({ answer: { value, outcome: "caller", unpaid, ...said }, challenges })
}

/** The entries of a call's own, with the headers under their names; one name, in whatever case, is there once. */
const withHeaders = (own: PaymentMeta.Meta, headers: Readonly<Record<string, string>>) => ({
  ...Object.fromEntries(Object.entries(own).filter(([name]) => headers[name.toLowerCase()] === undefined)),
  ...headers
})

/** The origin of a server that has one, so that what `fetch` spends there counts too. */
const placeOf = (server: string) => {
  const url = URL.canParse(server) ? new URL(server) : undefined
  return url === undefined || url.origin === "null"
    ? { merchant: server, refused: undefined }
    : { merchant: url.origin, refused: clearText(url) }
}

/** Calls for one server. `send` does what the SDK's `request` does. */
export const callingTools = (server: string) => {
  const { merchant, refused } = placeOf(server)
  return Effect.fnUntraced(function* <A>(params: Params, send: (params: Params, signal: AbortSignal) => Promise<A>) {
    const own: PaymentMeta.Meta = params._meta ?? {}
    const key = Object.entries(own).find(([name]) => name.toLowerCase() === PaymentMeta.idempotencyKey)?.[1]
    const payer = yield* Payer
    /** Those of the last answer that asked for payment. */
    let challenges: Told<never>["challenges"] = []
    const { value } = yield* payer.buy({
      merchant,
      method: "tools/call",
      resource: params.name,
      bodyDigest: CanonicalBody.digest(
        "application/json",
        new TextEncoder().encode(JSON.stringify(params.arguments ?? {}))
      ),
      send: (headers, paying) =>
        rejecting((signal) =>
          send(
            {
              ...params,
              _meta: { ...withHeaders(own, headers), ...SchemeChallenge.credential(challenges, headers, paying) }
            },
            signal
          )
        ).pipe(
          Effect.map(answerOf),
          Effect.catch(errorOf),
          Effect.map((told) => {
            if (told.challenges.length > 0) challenges = told.challenges
            return told.answer
          }),
          Effect.filterOrFail(
            (answer) => refused === undefined || answer.unpaid === undefined,
            () => refused!
          )
        ),
      ...(typeof key === "string" ? { key } : {})
    })
    return yield* Effect.fromResult(value)
  })
}
