/**
 * An answer of gateway v2, taken apart without touching the text that was signed.
 *
 * `{"alipay_trade_query_response":{…},"alipay_cert_sn":"…","sign":"…"}`: the signature covers the *raw* substring of the response
 * object, in which slashes are escaped (`\/`). It is cut out of the text, never written again from parsed values. An encrypted answer
 * is a string of Base64 in the object's place.
 *
 * Total and linear. Refused: two members of one name, anything after the answer, a byte order mark, HTML, more than 1 MiB, an answer
 * to another method, and what `StrictJson` refuses. Nothing is verified here.
 *
 * @example
 * const answer = GatewayAnswer.parse("alipay.trade.query", text)
 * // { kind: "response", raw: '{"code":"10000",…}', body: { code: "10000", … }, signature: "…" }
 */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { extents } from "./internal/jsonExtents.ts"

/** The longest answer that is read, in bytes. */
export const maximumBytes = 1_048_576

/** The object inside an answer; numbers keep their text. */
export type AnswerJson = { readonly [name: string]: StrictJson.ExactJson }

export interface GatewayAnswer {
  /** Whether it came under the method's name or as `error_response`. */
  readonly kind: "response" | "error"
  /** The text that the signature covers. */
  readonly raw: string
  /** Empty where the answer is encrypted. */
  readonly body: AnswerJson
  /** The answer, where it is encrypted: Base64. The signature covers it with its quotes. */
  readonly ciphertext: string | undefined
  readonly signature: string | undefined
  /** The certificate of Alipay's that it names (`alipay_cert_sn`). */
  readonly serial: string | undefined
}

/** The text is not an answer to that method. The message says what it is instead, and repeats nothing of it. */
export class GatewayAnswerError extends Schema.TaggedError<GatewayAnswerError>()("GatewayAnswerError", {
  problem: Schema.Literals(["empty", "too-large", "html", "not-json", "no-answer", "ambiguous"]),
  message: Schema.String
}) {}

const refuse = (problem: GatewayAnswerError["problem"], message: string) =>
  Result.fail(new GatewayAnswerError({ problem, message: `the gateway's answer ${message}` }))

/** The member that holds the answer: `alipay.trade.query` is answered in `alipay_trade_query_response`. */
export const memberOf = (method: string): string => `${method.replaceAll(".", "_")}_response`

export const isObject = (value: StrictJson.ExactJson | undefined): value is AnswerJson =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof StrictJson.JsonNumber)

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Takes the answer to `method` apart. */
export const parse = (method: string, input: string | Uint8Array): Result.Result<GatewayAnswer, GatewayAnswerError> => {
  if (input.length > maximumBytes) return refuse("too-large", `is longer than ${maximumBytes} bytes`)
  if (typeof input === "string") return fromText(method, input)
  return Result.try({
    try: () => utf8.decode(input),
    catch: () => new GatewayAnswerError({ problem: "not-json", message: "the gateway's answer is not UTF-8" })
  }).pipe(Result.flatMap((text) => fromText(method, text)))
}

const fromText = (method: string, text: string): Result.Result<GatewayAnswer, GatewayAnswerError> => {
  if (/^\s*$/.test(text)) return refuse("empty", "is empty")
  if (/^\s*</.test(text)) return refuse("html", "is a web page; is ALIPAY_GATEWAY the gateway's address?")
  const json = StrictJson.parseExact(text, { bytes: maximumBytes })
  if (Result.isFailure(json)) return refuse("not-json", `is not JSON that can be trusted: ${json.failure.message}`)
  const whole = json.success
  if (!isObject(whole)) return refuse("not-json", "is not an object")
  const member = memberOf(method)
  const own = whole[member]
  const error = whole["error_response"]
  if (own !== undefined && error !== undefined) return refuse("ambiguous", "is both a response and an error")
  const name = own === undefined ? "error_response" : member
  const body = own ?? error
  if (body === undefined) return refuse("no-answer", "holds no answer to the method that was called")
  const ciphertext = own !== undefined && typeof body === "string" && body !== "" ? body : undefined
  if (ciphertext === undefined && !isObject(body)) return refuse("no-answer", "is no object")
  const { alipay_cert_sn: serial, sign } = whole
  if (sign !== undefined && typeof sign !== "string") return refuse("not-json", "has a signature that is not text")
  const extent = extents(text).get(name)
  if (extent === undefined) return refuse("no-answer", "holds no answer to the method that was called")
  return Result.succeed({
    kind: own === undefined ? "error" : "response",
    raw: text.slice(extent.start, extent.end),
    body: isObject(body) ? body : {},
    ciphertext,
    signature: sign === "" ? undefined : sign,
    serial: typeof serial === "string" && serial !== "" ? serial : undefined
  })
}
