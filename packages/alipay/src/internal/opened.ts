/** An encrypted answer, opened. Only after its signature was found to be Alipay's. */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Result from "effect/Result"
import type { AlipayKeys } from "../AlipayKeys.ts"
import * as ContentKey from "../ContentKey.ts"
import { type AnswerJson, isObject, maximumBytes } from "../GatewayAnswer.ts"
import { Malformed } from "../OpenPlatformError.ts"

const malformed = (message: string) => Result.fail(new Malformed({ message }))

export const opened = ({ content: key }: AlipayKeys, ciphertext: string): Result.Result<AnswerJson, Malformed> => {
  if (key === undefined) return malformed("the answer is encrypted, and there is no ALIPAY_ENCRYPT_KEY")
  const text = ContentKey.decrypt(key, ciphertext)
  if (Result.isFailure(text)) return malformed("the answer is encrypted with another key than ALIPAY_ENCRYPT_KEY")
  const json = StrictJson.parseExact(text.success, { bytes: maximumBytes })
  return Result.isSuccess(json) && isObject(json.success)
    ? Result.succeed(json.success)
    : malformed("what the answer hid is not a JSON object")
}
