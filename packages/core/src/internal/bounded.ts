/**
 * What every call into a plug-in gets: a bound in time, and a typed error where it dies.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"

/** Where a defect happened. Its message stays out of the log, since it may hold a credential or a key. */
const whereabouts = (defect: unknown): string =>
  defect instanceof Error
    ? [defect.name, ...(defect.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line))].join("\n")
    : typeof defect

type Step = "validate" | "verify" | "settle" | "challenge" | "lookup" | "release"

/**
 * Runs one step of a protocol. Only `settle` can have moved money when it hangs or dies; for every other step a time-out and a
 * defect moved nothing.
 */
export const bounded = <A>(
  protocol: AnyProtocol,
  step: Step,
  limit: Duration.Duration,
  effect: Effect.Effect<A, PaymentError.PaymentError>
): Effect.Effect<A, PaymentError.PaymentError> => {
  const moved = step === "settle" ? "unknown" : "no"
  const id = protocol.manifest.id
  return Effect.suspend(() => effect).pipe(
    Effect.catchDefect((defect) =>
      Effect.logError(`${id} died in ${step}`, whereabouts(defect)).pipe(
        Effect.andThen(
          PaymentError.fail(new PaymentError.ProtocolDefect({ detail: `${id} died in ${step}` }), { moved })
        )
      )
    ),
    Effect.timeoutOrElse({
      duration: limit,
      orElse: () =>
        PaymentError.fail(
          step === "settle"
            ? new PaymentError.OutcomeUnknown({ detail: `${id} did not answer in time` })
            : new PaymentError.ProviderUnavailable({ detail: `${id} did not answer in time` }),
          { moved, retryAfter: 5 }
        )
    })
  )
}
