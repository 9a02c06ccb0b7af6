/**
 * Whether a gateway request may be processed, asked in the gateway's order: the application, then the method, then the
 * signature, then the rest.
 *
 * An application that nobody knows is answered unsigned, since there is no key to sign for; everybody else gets a signature,
 * also under a refusal.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as ContentKey from "@paylayer/alipay/ContentKey"
import * as Rsa2 from "@paylayer/alipay/Rsa2"
import * as SigningContent from "@paylayer/alipay/SigningContent"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as MethodName from "../MethodName.ts"
import { certificates } from "./certificates.ts"
import type { Asked } from "./envelope.ts"
import { type Failure, invalid, missing } from "./failure.ts"
import type { Keys } from "./keys.ts"
import type { Parameters } from "./parameters.ts"

/** A request that may be processed. */
export interface Authentic {
  readonly method: MethodName.MethodName
  readonly biz: StrictJson.Json
  readonly notifyUrl: string | undefined
  /** How the answer is to be written. */
  readonly asked: Asked
}

/** Why not, and how to say so: under the method's own name where that is known, and signed where the application is. */
export interface Refused {
  readonly failure: Failure
  readonly method: MethodName.MethodName | undefined
  readonly signed: boolean
}

/** The application that the sandbox serves. */
export interface Application {
  readonly appId: string
  readonly keys: Keys
}

export const authenticate = (
  { repeated, values }: Parameters,
  application: Application
): Effect.Effect<Authentic, Refused> =>
  Effect.gen(function* () {
    const appId = values["app_id"]
    if (appId === undefined || appId === "") {
      return yield* refuse(missing("isv.missing-app-id", "app_id is missing"))
    }
    if (appId !== application.appId) {
      return yield* refuse(invalid("isv.invalid-app-id", "no such application"))
    }
    const method = values["method"]
    if (method === undefined || method === "") {
      return yield* refuse(missing("isv.missing-method", "method is missing"), undefined, true)
    }
    if (!MethodName.is(method)) {
      return yield* refuse(invalid("isv.invalid-method", "the sandbox does not know this method"), undefined, true)
    }
    const wrong =
      repeated === undefined ? unsignable(values) : invalid("isv.invalid-parameter", `${repeated} is repeated`)
    if (wrong !== undefined) return yield* refuse(wrong, method, true)
    const valid = yield* Rsa2.verify(
      application.keys.applicationPublic,
      SigningContent.make(values),
      values["sign"] ?? ""
    )
    if (!valid) {
      return yield* refuse(invalid("isv.invalid-signature", "the signature is not this application's"), method, true)
    }
    const serial = yield* Effect.mapError(
      certificate(values["app_cert_sn"], values["alipay_root_cert_sn"]),
      (failure) => refused(failure, method, true)
    )
    const biz = Result.mapError(content(values, application.keys), (failure) => refused(failure, method, true))
    return {
      method,
      biz: yield* Effect.fromResult(biz),
      notifyUrl: values["notify_url"] || undefined,
      asked: { encrypted: values["encrypt_type"] === "AES", serial }
    }
  })

/** The SN of Alipay's certificate where the request names certificates, which must be the application's and the root's. */
export const certificate = (
  app: string | undefined,
  root: string | undefined
): Effect.Effect<string | undefined, Failure> =>
  Effect.gen(function* () {
    if (!app && !root) return undefined
    if (!app) return yield* Effect.fail(missing("isv.missing-app-cert-sn", "app_cert_sn is missing"))
    if (!root) return yield* Effect.fail(missing("isv.missing-alipay-root-cert-sn", "alipay_root_cert_sn is missing"))
    const { alipaySerial, appSerial, rootSerial } = yield* certificates
    if (app !== appSerial) return yield* Effect.fail(invalid("isv.app-cert-not-exist", "no such certificate"))
    return root === rootSerial
      ? alipaySerial
      : yield* Effect.fail(invalid("isv.invalid-alipay-root-cert-sn", "these are not Alipay's roots"))
  })

const refused = (failure: Failure, method?: MethodName.MethodName, signed = false): Refused => ({
  failure,
  method,
  signed
})

const refuse = (failure: Failure, method?: MethodName.MethodName, signed?: boolean) =>
  Effect.fail(refused(failure, method, signed))

type Values = Parameters["values"]

const unsignable = (values: Values): Failure | undefined => {
  const charset = values["charset"]?.toLowerCase()
  if (charset === undefined || charset === "") return missing("isv.missing-charset", "charset is missing")
  if (charset !== "utf-8" && charset !== "utf8") return invalid("isv.invalid-charset", "the sandbox reads utf-8")
  if (!values["sign_type"]) return missing("isv.missing-signature-type", "sign_type is missing")
  if (values["sign_type"] !== "RSA2") return invalid("isv.invalid-signature-type", "sign_type is RSA2")
  return values["sign"] ? undefined : missing("isv.missing-signature", "sign is missing")
}

const content = (values: Values, keys: Keys): Result.Result<StrictJson.Json, Failure> => {
  const { biz_content, encrypt_type, format, timestamp, version } = values
  if (!version) return Result.fail(missing("isv.missing-version", "version is missing"))
  if (version !== "1.0") return Result.fail(invalid("isv.invalid-version", "version is 1.0"))
  if (!timestamp) return Result.fail(missing("isv.missing-timestamp", "timestamp is missing"))
  if (Result.isFailure(BeijingTime.parse(timestamp))) {
    return Result.fail(invalid("isv.invalid-timestamp", "timestamp is yyyy-MM-dd HH:mm:ss, in Beijing"))
  }
  if (format && format.toUpperCase() !== "JSON") return Result.fail(invalid("isv.invalid-format", "format is JSON"))
  if (encrypt_type && encrypt_type !== "AES") return Result.fail(invalid("isv.invalid-encrypt-type", "it is AES"))
  if (!biz_content) return Result.fail(missing("isv.missing-biz-content", "biz_content is missing"))
  return encrypt_type ? decrypted(biz_content, keys) : parsed(biz_content, "biz_content")
}

/** JSON that the methods read; `name` is what it is called in a refusal. */
export const parsed = (text: string, name: string): Result.Result<StrictJson.Json, Failure> =>
  Result.mapError(StrictJson.parse(text), ({ message, path }) =>
    invalid("isv.invalid-parameter", `${name}${path}: ${message}`)
  )

/** The same, encrypted. */
export const decrypted = (ciphertext: string, keys: Keys): Result.Result<StrictJson.Json, Failure> =>
  ContentKey.decrypt(keys.content, ciphertext).pipe(
    Result.mapError(() => invalid("isv.decryption-error-not-valid-encryptkey", "the content key does not fit")),
    Result.flatMap((text) => parsed(text, "content"))
  )
