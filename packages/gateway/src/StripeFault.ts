/**
 * What can go wrong between the gateway and Stripe, one request at a time. What matters of a fault is whether the request took effect:
 * those named `…-after-commit`, and `late` and `twice`, let it; the others do not.
 */
import * as Schema from "effect/Schema"

export const names = [
  "hang",
  "hang-after-commit",
  "reset",
  "reset-after-commit",
  "http-500",
  "http-500-after-commit",
  "html-after-commit",
  "late",
  "twice",
  "rate-limited"
] as const
export type Name = (typeof names)[number]

/**
 * One fault, waiting for requests that it fits.
 *
 * - `hang`: no answer, the connection stays open. `reset`: the connection is reset
 * - `http-500`: the API answers 500, and again for the same key, as Stripe does. `html`: a page instead of the answer
 * - `late`: takes effect after `delayMillis`, even if the caller has gone, and is answered then
 * - `twice`: the request arrives twice, as from a proxy that repeats it. `rate-limited`: 429, which no key remembers
 */
export const Fault = Schema.Struct({
  fault: Schema.Literals(names),
  /** Only requests that create a transfer, or only those that read. Any, unless it is given. */
  match: Schema.optionalKey(Schema.Literals(["create", "read"])),
  /** How many requests it meets. Once, unless it is given. */
  times: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))),
  /** For `late`. A minute, unless it is given. */
  delayMillis: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))
})
export type Fault = typeof Fault.Type
