/** REST v3: JSON at a path, signatures in headers. */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as ContentKey from "../ContentKey.ts"
import { type AnswerJson, isObject, maximumBytes } from "../GatewayAnswer.ts"
import { HttpStatus, Malformed, type Reason } from "../OpenPlatformError.ts"
import * as RestSigning from "../RestSigning.ts"
import * as Rsa2 from "../Rsa2.ts"
import { opened } from "./opened.ts"
import { outcome } from "./restOutcome.ts"
import type { Call, Heard, Wire } from "./wire.ts"

/** `alipay.trade.query` is at `/v3/alipay/trade/query`. */
export const pathOf = (method: string): string => `/v3/${method.replaceAll(".", "/")}`

// Of the methods that are used here, these are documented as GET.
const gets = new Set(["alipay.data.dataservice.bill.downloadurl.query", "alipay.trade.order.settle.query"])

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const textOf = (bytes: Uint8Array): string | undefined =>
  Result.getOrUndefined(Result.try({ try: () => utf8.decode(bytes), catch: () => undefined }))

const asked = ({ content, keys, method, notifyUrl }: Call) => {
  const path = pathOf(method)
  if (gets.has(method)) {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(content)) {
      query.set(name, typeof value === "string" ? value : StrictJson.stringify(value))
    }
    return { verb: "GET" as const, target: `${path}?${query}`, body: "", type: "" }
  }
  const text = StrictJson.stringify(notifyUrl === undefined ? content : { ...content, notify_url: notifyUrl })
  return keys.content === undefined
    ? { verb: "POST" as const, target: path, body: text, type: "application/json" }
    : { verb: "POST" as const, target: path, body: ContentKey.encrypt(keys.content, text), type: "text/plain" }
}

const request = (origin: string, call: Call) => {
  const { body, target, type, verb } = asked(call)
  const { appAuthToken, appId, keys, now } = call
  const token = appAuthToken && Redacted.value(appAuthToken)
  const authority = RestSigning.authority({
    appId,
    nonce: SecureRandom.uuidV4Unsafe(),
    timestamp: now,
    ...(keys.certificates && { appCertSerial: keys.certificates.app })
  })
  const text = RestSigning.request({ authority, method: verb, target, body, ...(token && { appAuthToken: token }) })
  return Effect.map(Rsa2.sign(keys.own, text), (sign) =>
    HttpClientRequest.make(verb)(`${origin}${target}`, {
      headers: {
        accept: "application/json",
        authorization: `${RestSigning.scheme} ${authority},sign=${sign}`,
        ...(token && { "alipay-app-auth-token": token }),
        ...(keys.certificates && { "alipay-root-cert-sn": keys.certificates.root }),
        ...(type === "text/plain" && { "alipay-encrypt-type": "AES" })
      }
    }).pipe(verb === "GET" ? (self) => self : HttpClientRequest.bodyText(body, type))
  )
}

const read: Wire["read"] = ({ keys }, { headers, status }, bytes) => {
  const text = textOf(bytes)
  if (text === undefined) return Result.fail(new Malformed({ message: "the answer is not UTF-8" }))
  const heard = (codes: Heard["codes"], judge: Heard["judge"]): Result.Result<Heard, Reason> =>
    Result.succeed({
      signed: {
        text: RestSigning.response({
          timestamp: headers["alipay-timestamp"] ?? "",
          nonce: headers["alipay-nonce"] ?? "",
          body: text
        }),
        signature: headers["alipay-signature"] || undefined,
        serial: headers["alipay-sn"] || undefined
      },
      codes,
      judge
    })
  // Only Base64: JSON begins with a brace, a page with an angle bracket.
  if (keys.content !== undefined && /^[A-Za-z0-9+/]/.test(text)) {
    return heard({}, (authenticity) =>
      authenticity === "signed"
        ? Result.flatMap(opened(keys, text), (body) => outcome(status, body, authenticity))
        : outcome(status, {}, authenticity)
    )
  }
  const json = StrictJson.parseExact(text, { bytes: maximumBytes })
  const body: AnswerJson | undefined = Result.isSuccess(json) && isObject(json.success) ? json.success : undefined
  if (body !== undefined && (status < 300 || typeof body["code"] === "string")) {
    return heard({ sub_code: body["code"] }, (authenticity) => outcome(status, body, authenticity))
  }
  return Result.fail(
    status < 300
      ? new Malformed({ message: "the answer is not a JSON object that can be trusted" })
      : statusAlone(status)
  )
}

const statusAlone = (status: number) =>
  new HttpStatus({ message: `the answer has HTTP status ${status} and is no error of Alipay's`, status })

/** The protocol at this origin, `https://openapi.alipay.com`. */
export const make = (origin: string): Wire => ({
  traceHeader: "alipay-trace-id",
  request: (call) => Effect.suspend(() => request(origin, call)),
  unreadable: (status) =>
    status === 200 || status === 202 || (status >= 400 && status < 600) ? undefined : statusAlone(status),
  read
})
