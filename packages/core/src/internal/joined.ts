import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as PaymentError from "../PaymentError.ts"

/** What became of a movement that was detached. Of one that was cut off, by a shutdown or a defect, nothing is known. */
export const joined = <A>(
  fiber: Fiber.Fiber<A, PaymentError.PaymentError>,
  cutOff: () => PaymentError.PaymentError
): Effect.Effect<A, PaymentError.PaymentError> =>
  Effect.flatMap(Fiber.await(fiber), (exit): Effect.Effect<A, PaymentError.PaymentError> =>
    Exit.isSuccess(exit) || Exit.hasFails(exit) ? exit : Effect.fail(cutOff())
  )
