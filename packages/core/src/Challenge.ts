/**
 * A challenge: how one protocol would be paid for one charge. The answer 402 offers one per protocol and currency.
 */
import type * as Schema from "effect/Schema"

export interface Challenge {
  /** Response headers the protocol's own specification asks for; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The protocol's own part of an entry under `accepts`: what a client needs to pay, in the protocol's field names. */
  readonly offer: Schema.JsonObject
}
