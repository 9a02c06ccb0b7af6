/**
 * JSON-RPC messages as a gateway for MCP reads and writes them.
 */
import * as Problem from "@paylayer/http/Problem"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Predicate from "effect/Predicate"
import * as GatewayProblem from "../GatewayProblem.ts"

export type Id = string | number

export interface Message {
  readonly [name: string]: unknown
}

/** The id of a request; a notification has none. */
export const idOf = ({ id, method }: Message): Id | undefined =>
  typeof method === "string" && (typeof id === "string" || typeof id === "number") ? id : undefined

/** Whether a message answers the request of this id. */
export const answers = (message: Message, id: Id): boolean =>
  message["id"] === id && message["method"] === undefined && ("result" in message || "error" in message)

export const result = (id: Id, result: unknown): Message => ({ jsonrpc: "2.0", id, result })

/** Codes of JSON-RPC 2.0. */
export const codes = { parse: -32700, invalidRequest: -32600, invalidParams: -32602, internal: -32603 } as const

export const error = (id: Id | null, code: number, message: string, data?: unknown): Message => ({
  jsonrpc: "2.0",
  id,
  error: { code, message, ...(data === undefined ? {} : { data }) }
})

/** A problem of the gateway's, for a request that is answered in JSON-RPC. */
export const problem = (id: Id, code: GatewayProblem.Code, detail: string): Message =>
  error(id, codes.internal, detail, JSON.parse(Problem.print(GatewayProblem.document(code, detail))))

export const response = (message: Message, status = 200): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(message, { status, headers: { "cache-control": "no-store" } })

/** What is an object, or nothing. */
export const object = (value: unknown): Message | undefined =>
  Predicate.isObject(value) && !Array.isArray(value) ? (value as Message) : undefined
