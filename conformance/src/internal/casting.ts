/**
 * Casting: runs one case of a law in a world of its own, and says how it ended.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import type { About } from "../About.ts"
import { Broken, PluginDied } from "../Broken.ts"
import type * as Law from "../Law.ts"
import { ProviderError } from "../Provider.ts"
import type { Subject } from "../Subject.ts"
import type { Event } from "../Timeline.ts"
import * as World from "../World.ts"
import { afterwards } from "./afterwards.ts"
import * as Driving from "./driving.ts"
import { masking } from "./masking.ts"

/** 2030-03-05T06:07:08.090Z: a Tuesday, which is already afternoon in Shanghai. */
export const beginsAtMillis = 1_898_921_228_090

/** A case that did not hold, in words. */
export interface Breach {
  readonly expected: string
  readonly actual: string
  readonly facts: ReadonlyArray<string>
  readonly timeline: ReadonlyArray<Event>
  readonly mask: (text: string) => string
}

export type Cast =
  | { readonly _tag: "Held"; readonly met: ReadonlySet<string>; readonly steps: number }
  | { readonly _tag: "Breached"; readonly breach: Breach; readonly steps: number }
  /** Not the plug-in's fault: its double, or the kit, failed. */
  | { readonly _tag: "Unusable"; readonly because: string }

const endings = {
  Stuck: new Broken({
    expected: "every call ends",
    actual: "no fiber could go on: something waits for what never comes"
  }),
  Endless: new Broken({
    expected: "every call ends",
    actual: "it went on and on: more steps, or more time, than any case needs"
  })
} as const

const isBroken = (error: unknown): error is Broken => error instanceof Broken

export const cast = Effect.fnUntraced(function* <A>(
  subject: Subject,
  about: About,
  settings: World.Settings,
  run: Law.Case<A>,
  input: A
): Effect.fn.Return<Cast> {
  const stage = Driving.make(beginsAtMillis)
  const captured: World.Captured = { logs: [], spans: [] }
  const logger = Logger.make<unknown, void>(({ message, cause, fiber }) => {
    captured.logs.push(...(Array.isArray(message) ? message : [message]))
    captured.logs.push(fiber.getRef(References.CurrentLogAnnotations))
    if (cause.reasons.length > 0) captured.logs.push(Cause.pretty(cause))
  })
  const context = Context.empty().pipe(
    Context.add(Logger.CurrentLoggers, new Set([logger])),
    Context.add(References.MinimumLogLevel, "All"),
    Context.add(Metric.MetricRegistry, new Map()),
    Context.add(Tracer.Tracer, {
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        captured.spans.push(span)
        return span
      }
    })
  )
  let world: World.Shape | undefined
  const whole = World.open(subject, about, settings, stage, captured).pipe(
    Effect.tap((opened) =>
      Effect.sync(() => {
        world = opened
      })
    ),
    Effect.flatMap((opened) => Effect.andThen(run(input), afterwards).pipe(Effect.provideService(World.World, opened))),
    Effect.scoped,
    Random.withSeed(settings.seed)
  )
  const driven = yield* stage.drive(whole, context as Context.Context<never>)
  const steps = world?.steps ?? 0
  const breach = (broken: Broken): Cast => ({
    _tag: "Breached",
    steps,
    breach: {
      expected: broken.expected,
      actual: broken.actual,
      facts: broken.facts ?? [],
      timeline: [...(world?.timeline.events ?? [])],
      mask: masking(world?.secrets ?? [])
    }
  })
  const unusable = (because: string): Cast => ({ _tag: "Unusable", because: masking(world?.secrets ?? [])(because) })
  if (driven._tag !== "Ended") {
    return world === undefined
      ? unusable(`the layers of the subject do not end: ${endings[driven._tag].actual}`)
      : breach(endings[driven._tag])
  }
  if (Exit.isSuccess(driven.exit)) return { _tag: "Held", met: world?.met ?? new Set(), steps }
  const { cause } = driven.exit
  const error = Option.getOrUndefined(Cause.findErrorOption(cause))
  if (isBroken(error)) return breach(error)
  if (error instanceof ProviderError) return unusable(`the provider's double failed: ${error.message}`)
  if (error !== undefined) return unusable(error.message)
  const defect = Cause.squash(cause)
  if (defect instanceof PluginDied) {
    const { defect: thrown, step } = defect
    return breach(
      new Broken({
        expected: "the plug-in fails with a PaymentError",
        actual: `it died in ${step} with ${thrown instanceof Error ? thrown.name : typeof thrown}`
      })
    )
  }
  const thrown = defect instanceof Error ? (defect.stack ?? defect.message) : String(defect)
  return unusable(`a check of the kit, or the provider's double, died: ${thrown}`)
})
