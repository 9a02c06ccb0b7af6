/**
 * Whether an answer can be sent at all. It is asked before the money moves, so that nobody pays for an answer that the server
 * then refuses to write.
 */
import type { HttpServerResponse } from "effect/http/HttpServerResponse"

const name = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const value = /^[\t\x20-\x7e\x80-\xff]*$/

export const isSendable = ({ headers, status }: HttpServerResponse): boolean =>
  Number.isInteger(status) &&
  status >= 200 &&
  status <= 599 &&
  Object.entries(headers).every(([key, text]) => name.test(key) && value.test(text))
