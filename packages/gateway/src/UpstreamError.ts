/**
 * Why an upstream gave no answer that can be passed on. Nothing is charged for any of them.
 */
import * as Schema from "effect/Schema"

/**
 * | reason | the upstream |
 * |---|---|
 * | `unreachable` | took no connection: no such name, refused, TLS that does not hold |
 * | `forbidden` | is at an address that the configuration does not allow; nothing was sent |
 * | `timeout` | did not connect, answer or end in time |
 * | `broken` | ended before its answer did: the connection broke, or it sent less than it announced |
 * | `invalid` | sent what is no HTTP answer, or one that no gateway may pass on |
 * | `too-large` | announced or sent more than the configuration takes |
 * | `redirected` | answered with a redirect, which the gateway does not follow |
 * | `asked-payment` | asked to be paid itself |
 * | `unmeasured` | did not say how much it delivered |
 * | `request-too-large` | was sent a body that turned out larger than the configuration takes |
 */
export const Reason = Schema.Literals([
  "unreachable",
  "forbidden",
  "timeout",
  "broken",
  "invalid",
  "too-large",
  "redirected",
  "asked-payment",
  "unmeasured",
  "request-too-large"
])
export type Reason = (typeof Reason)["Type"]

export class UpstreamError extends Schema.TaggedError<UpstreamError>()("UpstreamError", {
  reason: Reason,
  /** In words for the caller: neither addresses nor what the upstream sent. */
  detail: Schema.String,
  /** For the log. */
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `${this.reason}: ${this.detail}`
  }
}
