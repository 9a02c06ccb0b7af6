/** A merchant that knows only the published protocol: it signs requests and checks answers with node:crypto alone. */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import { AlipaySandbox, type Token } from "../src/AlipaySandbox.ts"
import type { MethodName } from "../src/MethodName.ts"
import * as SandboxHttpClient from "../src/SandboxHttpClient.ts"

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
  /** The member that the answer stands under. */
  readonly member: string
  readonly content: Readonly<Record<string, any>>
  readonly signature: "valid" | "invalid" | "absent"
}

export type Parameters = Readonly<Record<string, string>>

export const signingText = (parameters: Parameters): string =>
  Object.entries(parameters)
    .filter(([name, value]) => name !== "sign" && value !== "")
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

export const signed = (parameters: Parameters, pem: string): Parameters => ({
  ...parameters,
  sign: Crypto.sign("RSA-SHA256", Buffer.from(signingText(parameters)), pem).toString("base64")
})

export const publicParameters = { format: "JSON", charset: "utf-8", sign_type: "RSA2", version: "1.0" }

/** Every public parameter of a call, unsigned. */
export const parameters = (method: string, biz: unknown, appId: string): Parameters => ({
  ...publicParameters,
  app_id: appId,
  method,
  timestamp: "2026-11-22 20:00:00",
  biz_content: typeof biz === "string" ? biz : JSON.stringify(biz)
})

/** Reads an answer: its content up to the matching brace, and the signature over exactly that text. */
export const read = (text: string, publicKey: string): Pick<Answer, "member" | "content" | "signature"> => {
  const member = /^\{"([a-z_]+)":/.exec(text)?.[1] ?? ""
  const start = member.length + 4
  const end = text.indexOf(',"sign":"') < 0 ? text.length - 1 : text.lastIndexOf(',"sign":"')
  const raw = text.slice(start, end)
  const sign = /,"sign":"([^"]*)"\}$/.exec(text)?.[1]
  const valid =
    sign !== undefined && Crypto.verify("RSA-SHA256", Buffer.from(raw), publicKey, Buffer.from(sign, "base64"))
  return { member, content: JSON.parse(raw), signature: sign === undefined ? "absent" : valid ? "valid" : "invalid" }
}

export const post = Effect.fnUntraced(function* (form: Parameters, query: Parameters = {}) {
  const { config } = yield* AlipaySandbox
  const client = yield* HttpClient.HttpClient
  const request = HttpClientRequest.post("http://127.0.0.1/gateway.do").pipe(
    HttpClientRequest.setUrlParams(query),
    HttpClientRequest.bodyUrlParams(form)
  )
  const response = yield* client.execute(request)
  const text = yield* response.text
  const { headers, status } = response
  return { status, headers, text, ...read(text, config.alipay_public_key) } satisfies Answer
})

/** Calls a method as it should be called. */
export const call = Effect.fnUntraced(function* (method: MethodName, biz: unknown) {
  const { config } = yield* AlipaySandbox
  return yield* post(signed(parameters(method, biz, config.app_id), Redacted.value(config.application_private_key)))
})

/** Calls it and gives the answer's content, whose signature must be valid. */
export const ask = Effect.fnUntraced(function* (method: MethodName, biz: unknown) {
  const answer = yield* call(method, biz)
  if (answer.signature !== "valid") return yield* Effect.die(new Error(`the signature is ${answer.signature}`))
  return answer.content
})

export const order = (out_trade_no: string, total_amount: string, more: object = {}) => ({
  out_trade_no,
  total_amount,
  subject: "市场报告",
  product_code: "QUICK_MSECURITY_PAY",
  payment_type: "agent_pay",
  ...more
})

/** Opens an order and gives its prepayment id. */
export const prepay = (outTradeNo: string, amount: string, more: object = {}) =>
  Effect.map(ask("alipay.trade.order.prepay", order(outTradeNo, amount, more)), ({ prepay_id }) => prepay_id as string)

export const payment = (prepay_id: string, { agreement_no, delegation_id }: Token) => ({
  prepay_id,
  agreement_no,
  delegation_id
})

/** Opens an order and pays it. */
export const pay = (token: Token, outTradeNo: string, amount: string, more: object = {}) =>
  Effect.flatMap(prepay(outTradeNo, amount, more), (id) => ask("alipay.trade.agent.delegation.pay", payment(id, token)))

/** The reason of a refusal, or the code where there is none. */
export const reason = (content: Readonly<Record<string, any>>): string => content["sub_code"] ?? content["code"]

/** A platform of its own, reached in process. */
export const platform = SandboxHttpClient.layer.pipe(Layer.provideMerge(AlipaySandbox.layer))
