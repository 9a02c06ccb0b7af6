/**
 * An answer that the handler did not make, written whole to a Node response: a refusal, or the kept answer of an earlier
 * request.
 */
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type { ServerResponse } from "node:http"

export const send = (response: ServerResponse, { body, headers, status }: HttpServerResponse): void => {
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  // What is left of a body that was too large is not read, so the connection cannot be used again.
  if (status === 413) response.setHeader("connection", "close")
  if (body._tag !== "Uint8Array") {
    response.end()
    return
  }
  response.setHeader("content-length", body.body.length)
  if (body.contentType !== "") response.setHeader("content-type", body.contentType)
  response.end(body.body)
}
