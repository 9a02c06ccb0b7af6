/**
 * The body of a gateway answer: the response object under the method's name, and the signature over exactly its text.
 */
import * as Rsa2 from "@paylayer/alipay/Rsa2"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import type { MethodName } from "../MethodName.ts"
import type { Answer } from "./failure.ts"
import type { Numbers } from "./numbers.ts"

/** The member that an answer to this method stands under. */
export const member = (method: MethodName | undefined): string =>
  method === undefined ? "error_response" : `${method.replaceAll(".", "_")}_response`

/** The response object as text, with slashes escaped as the gateway writes them. Members without a value are left out. */
export const content = (members: Readonly<Record<string, unknown>>): string => {
  const present = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
  return StrictJson.stringify(present as { readonly [name: string]: StrictJson.ExactJson }).replaceAll("/", "\\/")
}

/** The response object of an outcome. */
export const outcome = (answer: Answer): string =>
  Result.match(answer, {
    onFailure: (failure) => content({ ...failure }),
    onSuccess: (members) => content({ code: "10000", msg: "Success", ...members })
  })

/** The whole body, signed. */
export const signed = (name: string, text: string, key: Rsa2.PrivateKey): Effect.Effect<string> =>
  Effect.map(Rsa2.sign(key, text), (sign) => `{"${name}":${text},"sign":"${sign}"}`)

/** The whole body, unsigned. */
export const unsigned = (name: string, text: string): string => `{"${name}":${text}}`

const contentType = "text/html;charset=utf-8"

/** The gateway answers 200, whatever it says. */
export const response =
  (numbers: Numbers) =>
  (body: string): HttpServerResponse.HttpServerResponse =>
    HttpServerResponse.text(body, { contentType, headers: { trace_id: numbers.traceId() } })
