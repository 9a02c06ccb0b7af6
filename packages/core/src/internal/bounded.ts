/**
 * What every call into a plug-in gets: a bound in time, and a typed error where it dies.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"
import { watched } from "./deadlines.ts"
import * as Observing from "./observing.ts"

/** Where a defect happened. Its message stays out of the log, since it may hold a credential or a key. */
const whereabouts = (defect: unknown): string =>
  defect instanceof Error
    ? [defect.name, ...(defect.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line))].join("\n")
    : typeof defect

/** Interrupts, and waits a moment for it to end. What does not let itself be interrupted is left behind. */
const stop = (fiber: Fiber.Fiber<unknown, unknown>) =>
  fiber.pollUnsafe() === undefined ? Effect.timeoutOption(Fiber.interrupt(fiber), "1 second") : Effect.void

/** How a fiber ended, or `undefined` when time was up first. */
const ended = <A, E>(
  fiber: Fiber.Fiber<A, E>,
  limit: Duration.Duration,
  caller: Fiber.Fiber<unknown, unknown>
): Effect.Effect<Exit.Exit<A, E> | undefined> =>
  Effect.callback((resume) => {
    const leave = watched(caller, limit, () => resume(Effect.undefined))
    const unobserve = fiber.addObserver((exit) => {
      leave()
      resume(Effect.succeed(exit))
    })
    return Effect.sync(() => {
      leave()
      unobserve()
    })
  })

/**
 * Runs an effect on a fiber of its own and says how it ended; `undefined` when it did not in time. Even what cannot be
 * interrupted does not hold the caller up, and what interrupts itself does not interrupt the caller.
 */
export const within = <A, E, R>(
  limit: Duration.Duration,
  run: () => Effect.Effect<A, E, R>
): Effect.Effect<Exit.Exit<A, E> | undefined, never, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.withFiber((caller) => {
      const effect = Result.getOrElse(Result.try(run), Exit.die)
      // What is over already needs no fiber.
      if (Exit.isExit(effect)) return Effect.succeed(effect)
      const fiber = Effect.runForkWith(caller.context as Context.Context<R>)(effect)
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return Effect.succeed(exit)
      return Effect.onExit(restore(ended(fiber, limit, caller)), () => stop(fiber))
    })
  )

type Step = "validate" | "verify" | "settle" | "challenge" | "lookup" | "release" | "refund"

/**
 * What is known of the money when a step says nothing: `settle` and `refund` may have moved it, and with a prepaid protocol the
 * agent may have.
 */
const silence = ({ manifest }: AnyProtocol, step: Step): PaymentError.Moved =>
  step === "settle" || step === "refund" || (step === "verify" && manifest.flow === "prepaid-then-confirm")
    ? "unknown"
    : "no"

/** Runs one step of a protocol. It ends in time, and fails with nothing but a `PaymentError`. */
export const bounded = <A>(
  protocol: AnyProtocol,
  step: Step,
  limit: Duration.Duration,
  run: () => Effect.Effect<A, PaymentError.PaymentError>
): Effect.Effect<A, PaymentError.PaymentError> => {
  const moved = silence(protocol, step)
  const id = protocol.manifest.id
  const ended = Effect.flatMap(within(limit, run), (exit): Effect.Effect<A, PaymentError.PaymentError> => {
    if (exit === undefined) {
      const detail = `${id} did not answer in time`
      return PaymentError.fail(
        step === "settle"
          ? new PaymentError.OutcomeUnknown({ detail })
          : new PaymentError.ProviderUnavailable({ detail }),
        { moved, retryAfter: 5 }
      )
    }
    if (Exit.isSuccess(exit)) return exit
    const error = Cause.hasDies(exit.cause) ? undefined : Option.getOrUndefined(Cause.findErrorOption(exit.cause))
    if (PaymentError.isPaymentError(error)) return Effect.fail(error)
    const defect = Cause.findDefect(exit.cause)
    return Effect.logError(`${id} died in ${step}`, defect._tag === "Success" ? whereabouts(defect.success) : "").pipe(
      Effect.andThen(PaymentError.fail(new PaymentError.ProtocolDefect({ detail: `${id} died in ${step}` }), { moved }))
    )
  })
  return Observing.step(id, step, ended)
}
