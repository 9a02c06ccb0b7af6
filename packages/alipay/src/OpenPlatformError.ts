/**
 * Why a call to the Open Platform did not succeed, and whether anything may have happened.
 *
 * Each reason has an `outcome`. `refused` means that nothing happened: the gateway said so under its signature, or was provably
 * never reached. Everything else is `unknown`, also what the gateway may say without a signature, since anybody between may
 * have written that: ask with a query, never call again with a new number.
 */
import * as Schema from "effect/Schema"

const unknown = Schema.tag("unknown")
const either = Schema.Literals(["refused", "unknown"])

const message = { message: Schema.String }
/** `code` is v2's, or the HTTP status of v3; `subCode` is v2's `sub_code`, or the `code` of v3. */
const answer = { ...message, code: Schema.String, subCode: Schema.String, subMsg: Schema.String }

/** The method's own refusal: 40004 in v2. `unknown` where the sub code says that this number was used before. */
export class BusinessFailure extends Schema.TaggedError<BusinessFailure>()("BusinessFailure", {
  ...answer,
  outcome: either
}) {}

/** 10003: the payer is still paying. */
export class Paying extends Schema.TaggedError<Paying>()("Paying", { ...answer, outcome: unknown }) {}

/** 20000, or a signed system error such as `isp.unknow-error` or `ACQ.SYSTEM_ERROR`. */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", { ...answer, outcome: unknown }) {}

/** 20001: the user's or the application's authorisation is missing or has ended. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", { ...answer, outcome: either }) {}

/** 40001, 40002, 40003: the request itself is wrong, e.g. a wrong application id, key or parameter. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  ...answer,
  outcome: either
}) {}

/** 40005. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", { ...answer, outcome: either }) {}

/** 40006. */
export class PermissionDenied extends Schema.TaggedError<PermissionDenied>()("PermissionDenied", {
  ...answer,
  outcome: either
}) {}

/** An answer without signature that claims more than a refusal at the door. */
export class Unsigned extends Schema.TaggedError<Unsigned>()("Unsigned", { ...message, outcome: unknown }) {}

/** The signature is not Alipay's over this answer. */
export class MisSigned extends Schema.TaggedError<MisSigned>()("MisSigned", { ...message, outcome: unknown }) {}

/** Cut, HTML, not JSON, another shape, or a code that nobody documented. */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", { ...message, outcome: unknown }) {}

/** No whole answer in time. */
export class Timeout extends Schema.TaggedError<Timeout>()("Timeout", { ...message, outcome: unknown }) {}

/** The connection failed. `sent: false` where no byte of the request can have arrived. */
export class Transport extends Schema.TaggedError<Transport>()("Transport", {
  ...message,
  sent: Schema.Boolean,
  outcome: either
}) {}

/**
 * Gateway v2 answers 200 always; any other status came from something in between, or from a gateway in trouble. In REST v3 it is a status
 * without one of Alipay's errors in the body.
 */
export class HttpStatus extends Schema.TaggedError<HttpStatus>()("HttpStatus", {
  ...message,
  status: Schema.Int,
  outcome: unknown
}) {}

export const Reason = Schema.Union([
  BusinessFailure,
  Paying,
  Unavailable,
  Unauthorized,
  InvalidRequest,
  RateLimited,
  PermissionDenied,
  Unsigned,
  MisSigned,
  Malformed,
  Timeout,
  Transport,
  HttpStatus
])
export type Reason = typeof Reason.Type

/** A call that did not succeed. Holds no key and nothing of `biz_content`. */
export class OpenPlatformError extends Schema.TaggedError<OpenPlatformError>()("OpenPlatformError", {
  method: Schema.String,
  reason: Reason,
  /** Alipay's id of the exchange, for its support. */
  traceId: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    return `${this.method}: ${this.reason.message}`
  }
  /** Whether nothing happened, or nobody can tell. */
  get outcome(): "refused" | "unknown" {
    return this.reason.outcome
  }
}
