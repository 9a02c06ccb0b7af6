/**
 * Calls that were refused before there was a charge: the ledger does not know them, so they are counted beside it.
 */
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as Problem from "@paylayer/http/Problem"
import * as Effect from "effect/Effect"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type { IncomingMessage } from "node:http"
import type { Selling } from "../Selling.ts"

/** The code of a problem of ours that names no charge. What a tool answered has been on the way. */
const codeOf = ({ body, headers, status }: HttpServerResponse): string | undefined => {
  if (status < 400 || headers["via"] !== undefined || body._tag !== "Uint8Array") return undefined
  if (!body.contentType.startsWith(Problem.contentType)) return undefined
  const text = new TextDecoder().decode(body.body)
  return text.includes('"charge_id":') ? undefined : /"code":"([a-z_]+)"/.exec(text)?.[1]
}

/** Counts a refusal of this code. */
export const count = (
  { credentials, tool, usage }: Selling,
  source: IncomingMessage,
  code: string
): Effect.Effect<void> =>
  usage === undefined
    ? Effect.void
    : usage.count({
        tool: tool.slug,
        protocol: credentials.protocolOf(RequestHeaders.fromRaw(source.rawHeaders)),
        code
      })

/** Counts an answer that is a refusal. */
export const counted = (
  selling: Selling,
  source: IncomingMessage,
  response: HttpServerResponse
): Effect.Effect<HttpServerResponse> => {
  const code = response.status < 400 || selling.usage === undefined ? undefined : codeOf(response)
  return code === undefined ? Effect.succeed(response) : Effect.as(count(selling, source, code), response)
}
