/**
 * Whether a request of REST v3 may be processed, asked in the order in which the live endpoint was seen to ask: the time, the
 * application, then the rest. What comes before the signature is answered unsigned.
 */
import * as RestSigning from "@paylayer/alipay/RestSigning"
import * as Rsa2 from "@paylayer/alipay/Rsa2"
import type * as StrictJson from "@paylayer/core/StrictJson"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as MethodName from "../MethodName.ts"
import { type Authentic, certificate, decrypted, parsed, type Refused } from "./authenticate.ts"
import { type Failure, invalid, missing } from "./failure.ts"
import type { Keys } from "./keys.ts"

/** A request of v3. */
export interface Sent {
  readonly method: string
  /** The path with its query, as it was sent. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface Application {
  readonly appId: string
  readonly keys: Keys
  readonly nonces: Set<string>
}

const lifetime = 600_000
const remembered = 10_000

const refused = (failure: Failure, signed: boolean): Refused => ({ failure, method: undefined, signed })
const atTheDoor = (failure: Failure) => Effect.fail(refused(failure, false))
const refuse = (failure: Failure) => Effect.fail(refused(failure, true))

/** `app_id=…,nonce=…,timestamp=…,sign=…`, and the text before the signature. */
const authorityOf = (authorization: string | undefined) => {
  const [, text = "", sign = ""] = /^ALIPAY-SHA256withRSA (.*),sign=([^,]*)$/.exec(authorization ?? "") ?? []
  const fields = new Map<string, string>()
  for (const pair of text.split(",")) {
    const at = pair.indexOf("=")
    if (at > 0) fields.set(pair.slice(0, at).trim(), pair.slice(at + 1))
  }
  return { text, sign, fields }
}

const methodOf = (target: string): string => target.split("?")[0]!.replace("/v3/", "").replaceAll("/", ".")

const contentOf = ({ body, headers, method, target }: Sent, keys: Keys): Result.Result<StrictJson.Json, Failure> => {
  if (method === "GET") return Result.succeed(Object.fromEntries(new URL(target, "http://localhost").searchParams))
  return headers["alipay-encrypt-type"] === "AES" ? decrypted(body, keys) : parsed(body, "body")
}

/** v3 has it among the content's members. */
const notifyUrlOf = (content: StrictJson.Json): string | undefined => {
  const url = Predicate.hasProperty(content, "notify_url") ? content.notify_url : undefined
  return typeof url === "string" && url !== "" ? url : undefined
}

const gets = new Set<string>(["alipay.data.dataservice.bill.downloadurl.query", "alipay.trade.order.settle.query"])

export const authenticateRest = (sent: Sent, { appId, keys, nonces }: Application): Effect.Effect<Authentic, Refused> =>
  Effect.gen(function* () {
    const { fields, sign, text } = authorityOf(sent.headers["authorization"])
    const at = Number(fields.get("timestamp") ?? Number.NaN)
    if (!fields.has("timestamp")) return yield* atTheDoor(missing("isv.missing-timestamp", "timestamp is missing"))
    if (fields.get("app_id") !== appId) return yield* atTheDoor(invalid("isv.invalid-app-id", "no such application"))
    if (!(Math.abs((yield* Clock.currentTimeMillis) - at) <= lifetime)) {
      return yield* refuse(invalid("isv.invalid-timestamp", "timestamp is in milliseconds, ten minutes old at most"))
    }
    const method = methodOf(sent.target)
    if (!MethodName.is(method) || (sent.method === "GET") !== gets.has(method)) {
      return yield* refuse(invalid("isv.invalid-method", "the sandbox does not know this method, or not as this verb"))
    }
    const appAuthToken = sent.headers["alipay-app-auth-token"]
    const signed = RestSigning.request({
      authority: text,
      method: sent.method,
      target: sent.target,
      body: sent.body,
      ...(appAuthToken !== undefined && { appAuthToken })
    })
    if (!(yield* Rsa2.verify(keys.applicationPublic, signed, sign))) {
      return yield* refuse(invalid("isv.invalid-signature", "the signature is not this application's"))
    }
    const nonce = fields.get("nonce") ?? ""
    if (nonce === "" || nonces.has(nonce)) {
      return yield* refuse(invalid("isv.invalid-nonce", "nonce is missing, or was used before"))
    }
    if (nonces.size >= remembered) nonces.clear()
    nonces.add(nonce)
    const serial = yield* Effect.mapError(
      certificate(fields.get("app_cert_sn"), sent.headers["alipay-root-cert-sn"]),
      (failure) => refused(failure, true)
    )
    const biz = Result.mapError(contentOf(sent, keys), (failure) => refused(failure, true))
    const content = yield* Effect.fromResult(biz)
    return {
      method,
      biz: content,
      notifyUrl: notifyUrlOf(content),
      asked: { encrypted: sent.headers["alipay-encrypt-type"] === "AES", serial }
    }
  })
