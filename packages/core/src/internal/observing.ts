/**
 * Observing: spans and metrics of a sale. What observes cannot fail, and changes nothing.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Result from "effect/Result"
import * as Tracer from "effect/Tracer"
import type { Charge } from "../Charge.ts"
import * as Money from "../Money.ts"
import { Refusal } from "../Refusal.ts"
import type { Sale, Sold } from "../Sale.ts"
import * as Telemetry from "../Telemetry.ts"

/**
 * Each combination of labels is a metric of its own, made once: one metric with changing labels would work out its key again at
 * every update.
 */
const labelled = <Input>(
  make: (attributes: Readonly<Record<string, string>>) => Metric.Metric<Input, unknown>,
  ...names: ReadonlyArray<string>
) => {
  const known = new Map<string, Metric.Metric<Input, unknown>>()
  return (input: Input, context: Context.Context<never>, ...values: ReadonlyArray<string>) => {
    const key = values.join("\n")
    let one = known.get(key)
    if (one === undefined) {
      one = make(Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""])))
      known.set(key, one)
    }
    one.updateUnsafe(input, context)
  }
}

const { metrics } = Telemetry

const sales = labelled(
  (attributes) =>
    Metric.counter(metrics.sales, { description: "Paid requests by outcome", incremental: true, attributes }),
  "protocol",
  "outcome"
)
const refusals = labelled(
  (attributes) => Metric.counter(metrics.refusals, { description: "Refusals by code", incremental: true, attributes }),
  "protocol",
  "code",
  "moved"
)
const movements = labelled(
  (attributes) =>
    Metric.counter(metrics.movements, {
      description: "Settled money in minor units",
      bigint: true,
      incremental: true,
      attributes
    }),
  "protocol",
  "currency"
)
const durations = labelled(
  (attributes) =>
    Metric.histogram(metrics.stepDuration, {
      description: "How long a step of a paid request takes",
      boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      attributes
    }),
  "protocol",
  "step",
  "result"
)

/** A span costs more than a step in memory, and is for nobody where no tracer is provided. */
const isTraced = (context: Context.Context<never>): boolean =>
  Context.getOrUndefined(context, Tracer.Tracer) !== undefined

/** What `effect` makes of the caller's fiber, with a span around it where somebody traces. */
const traced = <A, E, R>(
  name: string,
  attributes: () => Readonly<Record<string, string>>,
  effect: (fiber: Fiber.Fiber<unknown, unknown>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) => {
    const observed = effect(fiber)
    return isTraced(fiber.context)
      ? // Where it begins is always here, and to find that out costs more than the rest of the span.
        Effect.withSpan(observed, `paylayer.${name}`, { attributes: attributes(), captureStackTrace: false })
      : observed
  }) as Effect.Effect<A, E, R>

/** Times a step, and puts a span around it. */
export const step = <A, E, R>(protocol: string, name: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  traced(
    name,
    () => ({ [Telemetry.attributes.protocol]: protocol }),
    ({ context }) => {
      const clock = Context.get(context, Clock.Clock)
      const start = clock.currentTimeNanosUnsafe()
      return Effect.onExit(effect, (exit) => {
        const seconds = Number(clock.currentTimeNanosUnsafe() - start) / 1e9
        durations(seconds, context, protocol, name, Exit.isSuccess(exit) ? "ok" : "failed")
        return Effect.void
      })
    }
  )

/** Counts money that moved. */
export const moved = (protocol: string, { currency, minor }: Money.Money): Effect.Effect<void> =>
  Effect.withFiberSucceed((fiber) => movements(minor, fiber.context, protocol, currency))

/** What is learnt of a sale on its way. */
export interface Seen {
  protocol: string
  charge?: Charge
}

const outcomeOf = <A, E>(
  exit: Exit.Exit<Sold<A>, E | Refusal>
): { readonly outcome: string; readonly refusal?: Refusal } => {
  if (Exit.isSuccess(exit)) return { outcome: exit.value.replayed ? "replayed" : "sold" }
  const error = Result.getOrUndefined(Exit.findError(exit))
  if (error instanceof Refusal) return { outcome: error.error.code, refusal: error }
  return { outcome: Exit.hasInterrupts(exit) ? "interrupted" : "handler_failed" }
}

/** Counts a request that was refused. */
export const refused = (protocol: string, { error }: Refusal): Effect.Effect<void> =>
  Effect.withFiberSucceed(({ context }) => {
    sales(1, context, protocol, error.code)
    refusals(1, context, protocol, error.code, error.moved)
  })

const learnt = ({ charge, protocol }: Seen, outcome: string, refusal: Refusal | undefined) => {
  const { attributes } = Telemetry
  return {
    [attributes.protocol]: protocol,
    [attributes.outcome]: outcome,
    ...(refusal === undefined ? {} : { [attributes.moved]: refusal.error.moved }),
    ...(charge === undefined
      ? {}
      : {
          [attributes.chargeId]: charge.id,
          [attributes.amount]: Money.decimalString(charge.money),
          [attributes.currency]: charge.money.currency,
          [attributes.merchant]: charge.merchant
        })
  }
}

/** Counts a sale, and puts a span around it. */
export const sale = <A, E, R>(
  { request, tool }: Sale<A>,
  selling: (seen: Seen) => Effect.Effect<Sold<A>, E | Refusal, R>
): Effect.Effect<Sold<A>, E | Refusal, R> =>
  traced(
    "sale",
    () => ({ [Telemetry.attributes.tool]: tool ?? request.resource.replace(/\?.*$/s, "") }),
    ({ context }) => {
      const seen: Seen = { protocol: "none" }
      return Effect.onExit(selling(seen), (exit) => {
        const { outcome, refusal } = outcomeOf(exit)
        sales(1, context, seen.protocol, outcome)
        if (refusal !== undefined) refusals(1, context, seen.protocol, outcome, refusal.error.moved)
        return isTraced(context) ? Effect.annotateCurrentSpan(learnt(seen, outcome, refusal)) : Effect.void
      })
    }
  )

/** Says what went wrong with a charge, for people and, by annotations, for programs. */
export const complain = (protocol: string, charge: Charge, message: string, code: string): Effect.Effect<void> =>
  Effect.logError(`${message}: ${code}`).pipe(
    Effect.annotateLogs({
      [Telemetry.attributes.protocol]: protocol,
      [Telemetry.attributes.chargeId]: charge.id,
      [Telemetry.attributes.outcome]: code
    })
  )
