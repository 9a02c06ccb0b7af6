/**
 * The gateway's tables could not be read or written. Nothing is known to be recorded.
 */
import * as Schema from "effect/Schema"

export class GatewayStoreError extends Schema.TaggedError<GatewayStoreError>()("GatewayStoreError", {
  message: Schema.String
}) {}
