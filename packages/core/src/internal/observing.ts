/**
 * Observing: spans and metrics of a sale. What observes cannot fail, and changes nothing.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Result from "effect/Result"
import * as Tracer from "effect/Tracer"
import type { Charge } from "../Charge.ts"
import * as Money from "../Money.ts"
import { Refusal } from "../Refusal.ts"
import type { Sale, Sold } from "../Sale.ts"
import * as Telemetry from "../Telemetry.ts"

/** Each combination of labels is one metric, made once. */
const labelled = <Input, State>(metric: Metric.Metric<Input, State>, ...names: ReadonlyArray<string>) => {
  const known = new Map<string, Metric.Metric<Input, State>>()
  return (input: Input, context: Context.Context<never>, ...values: ReadonlyArray<string>) => {
    const key = values.join("\n")
    let one = known.get(key)
    if (one === undefined) {
      one = Metric.withAttributes(metric, Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""])))
      known.set(key, one)
    }
    one.updateUnsafe(input, context)
  }
}

const sales = labelled(Telemetry.sales, "protocol", "outcome")
const refusals = labelled(Telemetry.refusals, "protocol", "code", "moved")
const movements = labelled(Telemetry.movements, "protocol", "currency")
const durations = labelled(Telemetry.stepDuration, "protocol", "step", "result")

/** A span costs more than a step in memory, and is for nobody where no tracer is provided. */
const isTraced = (context: Context.Context<never>): boolean =>
  Context.getOrUndefined(context, Tracer.Tracer) !== undefined

const traced = <A, E, R>(
  name: string,
  attributes: () => Readonly<Record<string, string>>,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.withFiber((fiber) =>
    isTraced(fiber.context) ? Effect.withSpan(effect, `paylayer.${name}`, { attributes: attributes() }) : effect
  ) as Effect.Effect<A, E, R>

/** Times a step, and puts a span around it. */
export const step = <A, E, R>(protocol: string, name: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  traced(
    name,
    () => ({ [Telemetry.attributes.protocol]: protocol }),
    Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      const start = clock.currentTimeNanosUnsafe()
      return Effect.onExit(effect, (exit) =>
        Effect.sync(() => {
          const seconds = Number(clock.currentTimeNanosUnsafe() - start) / 1e9
          durations(seconds, fiber.context, protocol, name, Exit.isSuccess(exit) ? "ok" : "failed")
        })
      )
    })
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
    Effect.suspend(() => {
      const seen: Seen = { protocol: "none" }
      return Effect.onExit(selling(seen), (exit) =>
        Effect.withFiber((fiber) => {
          const { outcome, refusal } = outcomeOf(exit)
          sales(1, fiber.context, seen.protocol, outcome)
          if (refusal !== undefined) refusals(1, fiber.context, seen.protocol, outcome, refusal.error.moved)
          return isTraced(fiber.context) ? Effect.annotateCurrentSpan(learnt(seen, outcome, refusal)) : Effect.void
        })
      )
    })
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
