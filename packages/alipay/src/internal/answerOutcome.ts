/** What an answer means, once its signature has been looked at. */
import * as Result from "effect/Result"
import type { Authenticity } from "../AlipayKeys.ts"
import type { AnswerJson, GatewayAnswer } from "../GatewayAnswer.ts"
import * as Errors from "../OpenPlatformError.ts"

export const textOf = (value: unknown): string => (typeof value === "string" ? value.slice(0, 256) : "")

// Where a signature does not fit, Alipay's sentence goes on with the whole text that it would have signed: parameters, tokens and all.
export const sentenceOf = (value: unknown): string => textOf(value).split(/[A-Za-z_]+=/, 1)[0]!

const fieldsOf = (body: AnswerJson) => {
  const [code, subCode, subMsg] = [textOf(body["code"]), textOf(body["sub_code"]), sentenceOf(body["sub_msg"])]
  const words = [code, subCode, subMsg || sentenceOf(body["msg"])].filter((word) => word !== "")
  return { code, subCode, subMsg, message: `Alipay answered ${words.join(", ")}` }
}

// The system's errors: the gateway or the method gave up somewhere in the middle. So does a settlement under a name of its own.
export const isSystemError = (subCode: string): boolean =>
  /^(?:isp\.|aop\.unknow-error$|aop\.ACQ\.SYSTEM_ERROR$|ACQ\.SYSTEM_ERROR$|ACQ\.TRADE_SETTLE_ERROR$|SYSTEM_ERROR$)/.test(
    subCode
  )

// These refuse the call because its number was used before: an earlier call may have moved the money.
export const speaksOfAnEarlierCall = new Set([
  "ACQ.TRADE_HAS_SUCCESS",
  "ACQ.TRADE_HAS_FINISHED",
  "ACQ.CONTEXT_INCONSISTENT",
  "ACQ.DISCORDANT_REPEAT_REQUEST",
  "ACQ.REASON_TRADE_STATUS_INVALID",
  "ACQ.TRADE_STATUS_ERROR"
])

// What the gateway may say without a signature, because it says it before it knows whose key to sign with. It is told as the reason,
// and not believed: the outcome stays unknown.
const refusedAtTheDoor = new Set(["20001", "40001", "40002", "40003", "40005", "40006"])

const isDoorRefusal = ({ kind, body }: GatewayAnswer): boolean =>
  (kind === "error" && refusedAtTheDoor.has(textOf(body["code"])) && !isSystemError(textOf(body["sub_code"]))) ||
  (body["code"] === "40002" && body["sub_code"] === "isv.invalid-app-id")

const reasonOf = (body: AnswerJson, authenticity: Authenticity): Errors.Reason => {
  const fields = fieldsOf(body)
  const outcome = authenticity === "signed" ? "refused" : "unknown"
  if (isSystemError(fields.subCode)) return new Errors.Unavailable(fields)
  switch (fields.code) {
    case "10003":
      return new Errors.Paying(fields)
    case "20000":
      return new Errors.Unavailable(fields)
    case "20001":
      return new Errors.Unauthorized({ ...fields, outcome })
    case "40001":
    case "40002":
    case "40003":
      return new Errors.InvalidRequest({ ...fields, outcome })
    case "40004": {
      return new Errors.BusinessFailure({
        ...fields,
        outcome: speaksOfAnEarlierCall.has(fields.subCode) ? "unknown" : outcome
      })
    }
    case "40005":
      return new Errors.RateLimited({ ...fields, outcome })
    case "40006":
      return new Errors.PermissionDenied({ ...fields, outcome })
    default:
      return new Errors.Malformed({ message: "Alipay answered with no code, or with one that is not documented" })
  }
}

/** Why nothing is believed of an answer whose signature is not Alipay's. */
export const distrust = (authenticity: Authenticity): Errors.MisSigned | undefined => {
  switch (authenticity) {
    case "mis-signed":
      return new Errors.MisSigned({
        message: "the answer's signature is not Alipay's; is ALIPAY_PUBLIC_KEY Alipay's key, and of this gateway?"
      })
    case "unknown-certificate":
      return new Errors.MisSigned({
        message:
          "the answer names a certificate that is not in ALIPAY_PUBLIC_CERT, or is out of its time; has Alipay renewed it?"
      })
    default:
      return undefined
  }
}

/** An answer that claims more than it may without a signature. */
export const unsigned = () =>
  new Errors.Unsigned({ message: "the answer has no signature, so nothing it says is believed" })

/** The body of a signed success, or the reason why it is not one. */
export const outcome = (
  answer: GatewayAnswer,
  authenticity: Authenticity
): Result.Result<AnswerJson, Errors.Reason> => {
  const distrusted = distrust(authenticity)
  if (distrusted !== undefined) return Result.fail(distrusted)
  if (authenticity === "unsigned" && !isDoorRefusal(answer)) return Result.fail(unsigned())
  return answer.kind === "response" && answer.body["code"] === "10000"
    ? Result.succeed(answer.body)
    : Result.fail(reasonOf(answer.body, authenticity))
}
