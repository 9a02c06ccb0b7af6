/**
 * The payment that a paid handler is working for.
 *
 * @example
 * const { charge } = yield* CurrentPayment
 */
import type { Payment } from "@paylayer/core/Sale"
import * as Context from "effect/Context"

/** The charge, the protocol that pays it and the mandate it is paid under. There only inside the handler of a paid route. */
export class CurrentPayment extends Context.Service<CurrentPayment, Payment>()("@paylayer/http/CurrentPayment") {}
