/** Gateway v2: parameters in a signed form, answers signed inside their envelope. */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as BeijingTime from "../BeijingTime.ts"
import * as ContentKey from "../ContentKey.ts"
import * as GatewayAnswer from "../GatewayAnswer.ts"
import { HttpStatus, Malformed } from "../OpenPlatformError.ts"
import * as Rsa2 from "../Rsa2.ts"
import * as SigningContent from "../SigningContent.ts"
import { outcome } from "./answerOutcome.ts"
import { opened } from "./opened.ts"
import type { Call, Wire } from "./wire.ts"

const parametersOf = ({ appAuthToken, appId, keys, method, notifyUrl, now }: Call): Record<string, string> => ({
  app_id: appId,
  method,
  format: "JSON",
  charset: "utf-8",
  sign_type: "RSA2",
  timestamp: BeijingTime.format(now),
  version: "1.0",
  ...(notifyUrl && { notify_url: notifyUrl }),
  ...(appAuthToken && { app_auth_token: Redacted.value(appAuthToken) }),
  ...(keys.certificates && { app_cert_sn: keys.certificates.app, alipay_root_cert_sn: keys.certificates.root }),
  ...(keys.content && { encrypt_type: "AES" })
})

const encoded = (parameters: Record<string, string>): string => {
  let text = ""
  for (const name of Object.keys(parameters)) {
    text += `${text === "" ? "" : "&"}${name}=${encodeURIComponent(parameters[name]!.toWellFormed())}`
  }
  return text
}

const form = "application/x-www-form-urlencoded;charset=utf-8"

/** The protocol at this address. */
export const make = (gateway: string): Wire => ({
  traceHeader: "trace_id",
  request: (call) => {
    const parameters = parametersOf(call)
    const text = StrictJson.stringify(call.content)
    const biz_content = call.keys.content === undefined ? text : ContentKey.encrypt(call.keys.content, text)
    return Effect.map(Rsa2.sign(call.keys.own, SigningContent.make({ ...parameters, biz_content })), (sign) =>
      HttpClientRequest.post(`${gateway}?${encoded({ ...parameters, sign })}`).pipe(
        HttpClientRequest.bodyText(encoded({ biz_content }), form)
      )
    )
  },
  unreadable: (status) =>
    status === 200
      ? undefined
      : new HttpStatus({ message: `the gateway answered HTTP ${status}, where it always answers 200`, status }),
  read: ({ keys, method }, _, bytes) =>
    Result.mapBoth(GatewayAnswer.parse(method, bytes), {
      onFailure: ({ message }) => new Malformed({ message }),
      onSuccess: (answer) => ({
        signed: { text: answer.raw, signature: answer.signature, serial: answer.serial },
        codes: answer.body,
        judge: (authenticity) =>
          answer.ciphertext === undefined || authenticity !== "signed"
            ? outcome(answer, authenticity)
            : Result.flatMap(opened(keys, answer.ciphertext), (body) => outcome({ ...answer, body }, authenticity))
      })
    })
})
