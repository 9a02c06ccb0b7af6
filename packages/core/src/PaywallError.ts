import * as Schema from "effect/Schema"

/** A list of protocols that no paywall can be made of. */
export class PaywallError extends Schema.TaggedError<PaywallError>()("PaywallError", { message: Schema.String }) {}
