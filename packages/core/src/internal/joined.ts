import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { Charge } from "../Charge.ts"
import type * as PaymentError from "../PaymentError.ts"
import { unknown } from "./settling.ts"

/** What a detached settlement came to. Of one that was cut off, by a shutdown or a defect, nothing is known. */
export const joined = <A>(
  fiber: Fiber.Fiber<A, PaymentError.PaymentError>,
  charge: Charge
): Effect.Effect<A, PaymentError.PaymentError> =>
  Effect.flatMap(Fiber.await(fiber), (exit): Effect.Effect<A, PaymentError.PaymentError> =>
    Exit.isSuccess(exit) || Exit.hasFails(exit) ? exit : unknown(charge, "the settlement was cut off")
  )
