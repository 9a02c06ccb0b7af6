/**
 * A request that has to be paid for, as the paywall sees it, whatever transport it came over.
 */
import * as Result from "effect/Result"
import * as Digest from "./Digest.ts"
import * as PaymentError from "./PaymentError.ts"
import * as RequestHeaders from "./RequestHeaders.ts"

export interface PaidRequest {
  readonly headers: RequestHeaders.RequestHeaders
  /** The HTTP method, or the MCP method. */
  readonly method: string
  /** Path and query as the handler will see them, or the tool's name. */
  readonly resource: string
  /** From `CanonicalBody.digest`. */
  readonly bodyDigest: string
}

/** The digest of what the request is: a once-credential is bound to it, an idempotency key is compared with it. */
export const binding = ({ method, resource, bodyDigest }: PaidRequest, merchant: string): string =>
  Digest.sha256List([merchant, method, resource, bodyDigest])

const visible = /^[\x21-\x7e]{1,255}$/

/**
 * The `Idempotency-Key`, if one was sent: a structured-field string as the IETF draft writes it (`"8e03…"`), or the bare key
 * as most clients do. Two different ones are refused.
 */
export const idempotencyKey = ({
  headers
}: PaidRequest): Result.Result<string | undefined, PaymentError.PaymentError> => {
  const sent = headers["idempotency-key"]
  if (sent === undefined) return Result.succeed(undefined)
  const keys = new Set(sent.map((value) => value.trim().replace(/^"(.*)"$/, "$1")))
  const [key = ""] = keys
  if (keys.size === 1 && visible.test(key)) return Result.succeed(key)
  const detail =
    keys.size > 1
      ? "two different Idempotency-Key headers were sent"
      : "the Idempotency-Key is empty, too long or has characters that are not visible ASCII"
  return Result.fail(PaymentError.make(new PaymentError.IdempotencyKeyInvalid({ detail })))
}
