/**
 * What an answer of REST v3 means. Its codes are those of gateway v2 without the prefix (`invalid-signature` for
 * `isv.invalid-signature`), and the method's own as they are (`ACQ.TRADE_NOT_EXIST`). The code decides, not the status: the
 * documentation and the live endpoint differ about statuses.
 */
import * as Result from "effect/Result"
import type { Authenticity } from "../AlipayKeys.ts"
import type { AnswerJson } from "../GatewayAnswer.ts"
import * as Errors from "../OpenPlatformError.ts"
import { distrust, isSystemError, sentenceOf, speaksOfAnEarlierCall, textOf, unsigned } from "./answerOutcome.ts"

const authorisation = /^(?:invalid-(?:app-)?auth-token|(?:app-)?auth-token-time-out|no-product-reg-by-partner)$/
const permission = /^insufficient-[a-z-]*permissions?$/
const limit = /^(?:app|method|ip)-call-limited$|-call-limited(?:-|$)/
const system = /^(?:unknow-error|unknown-error|system-error|service-unavailable)$/
const gateways = /^[a-z][a-z0-9-]*$/

const reasonOf = (status: number, body: AnswerJson, authenticity: Authenticity): Errors.Reason => {
  const subCode = textOf(body["code"])
  const subMsg = sentenceOf(body["message"])
  const words = [`HTTP ${status}`, subCode, subMsg].filter((word) => word !== "")
  const fields = { code: String(status), subCode, subMsg, message: `Alipay answered ${words.join(", ")}` }
  const outcome = authenticity === "signed" ? "refused" : "unknown"
  const code = subCode.replace(/^(?:isv|aop)\./, "")
  if (isSystemError(subCode) || system.test(code)) return new Errors.Unavailable(fields)
  if (authorisation.test(code)) return new Errors.Unauthorized({ ...fields, outcome })
  if (permission.test(code)) return new Errors.PermissionDenied({ ...fields, outcome })
  if (limit.test(code)) return new Errors.RateLimited({ ...fields, outcome })
  if (status >= 500) return new Errors.Unavailable(fields)
  if (gateways.test(code)) return new Errors.InvalidRequest({ ...fields, outcome })
  return new Errors.BusinessFailure({ ...fields, outcome: speaksOfAnEarlierCall.has(subCode) ? "unknown" : outcome })
}

// How v3 tells that a charge is still being made is not documented. Whatever it is, it is not a success, and not a refusal.
const unfinished = (status: number, body: AnswerJson): Errors.Reason => {
  const subCode = textOf(body["code"])
  const message = `Alipay answered HTTP ${status}${subCode === "" ? "" : `, ${subCode}`}`
  const fields = { code: String(status), subCode, subMsg: sentenceOf(body["message"]), message }
  return status === 202 || subCode === "10003" ? new Errors.Paying(fields) : new Errors.Unavailable(fields)
}

/** The body of a signed success, or the reason why it is not one. */
export const outcome = (
  status: number,
  body: AnswerJson,
  authenticity: Authenticity
): Result.Result<AnswerJson, Errors.Reason> => {
  const distrusted = distrust(authenticity)
  if (distrusted !== undefined) return Result.fail(distrusted)
  if (status < 300) {
    if (authenticity !== "signed") return Result.fail(unsigned())
    return status === 200 && (body["code"] === undefined || body["code"] === "10000")
      ? Result.succeed(body)
      : Result.fail(unfinished(status, body))
  }
  const reason = reasonOf(status, body, authenticity)
  // Without a signature only what the gateway says at its door is told, and not believed: a method's own refusal is nobody's word.
  const atTheDoor = reason._tag !== "BusinessFailure" && reason._tag !== "Unavailable"
  return Result.fail(authenticity === "signed" || atTheDoor ? reason : unsigned())
}
