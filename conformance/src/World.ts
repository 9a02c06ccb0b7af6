/**
 * A world: everything that one case of one law happens in, made afresh for it.
 *
 * Virtual time, seeded randomness, captured logs and spans, the provider's double, the plug-in, a ledger in memory and a paywall
 * over the plug-in. Nothing of it is shared with another case, but what a subject shares on purpose.
 */
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Ledger from "@paylayer/core/Ledger"
import * as Paywall from "@paylayer/core/Paywall"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import type { About } from "./About.ts"
import { Broken } from "./Broken.ts"
import type { Stage } from "./internal/driving.ts"
import { guard } from "./internal/guarding.ts"
import * as Watching from "./internal/watching.ts"
import type { LedgerFault } from "./LedgerFault.ts"
import * as LedgerFaults from "./LedgerFault.ts"
import { Provider, type Service } from "./Provider.ts"
import type { Plan } from "./SeededScheduler.ts"
import type { Subject } from "./Subject.ts"
import * as Timeline from "./Timeline.ts"

/** What the adversaries do in one case. Every choice of theirs is here, so a case is replayed by its settings. */
export interface Settings {
  readonly seed: number
  /** Chooses inside `Race.all`. */
  readonly plan?: Plan
  /** The step at which `Interrupt.target` is interrupted. */
  readonly interruptAt?: number
  /** The write of the ledger at which the process dies inside `Crash.target`. */
  readonly crashAt?: number
}

/** What was captured of one case. */
export interface Captured {
  /** One entry per argument of every log line, of all levels, with its annotations. */
  readonly logs: Array<unknown>
  readonly spans: Array<Tracer.NativeSpan>
}

export interface Shape {
  readonly about: About
  readonly settings: Settings
  /** The plug-in, watched. Another one after a restart. */
  readonly protocol: AnyProtocol
  /** A paywall over the plug-in. Another one after a restart. */
  readonly paywall: Paywall.Paywall["Service"]
  readonly provider: Service
  readonly ledger: Ledger.Ledger["Service"]
  readonly stage: Stage
  readonly timeline: Timeline.Timeline
  readonly seen: Watching.Seen
  readonly captured: Captured
  /** Everything that was minted as a secret. */
  readonly secrets: Array<string>
  /** The ids of the charges that a handler ran for, once per run. */
  readonly delivered: Array<string>
  /** The interesting cases that this one is. */
  readonly met: Set<string>
  /** Steps of the interrupted effect, or writes of the crashed process: how far an enumeration goes. */
  steps: number
  /** Arms a fault of the ledger. */
  readonly ledgerFault: (fault: LedgerFault) => void
  /** Called before every write of the ledger, with its number; `Crash` dies here. */
  onWrite: (write: number) => Effect.Effect<void>
  /** A paywall over the plug-in and others, with other options, on the same ledger. */
  readonly paywallOf: (
    protocols: ReadonlyArray<AnyProtocol>,
    options?: Paywall.Options
  ) => Effect.Effect<Paywall.Paywall["Service"], Broken>
  /** One more instance of the plug-in over the same provider. It closes with the scope. */
  readonly another: Effect.Effect<AnyProtocol, Broken, Scope.Scope>
  /** Builds the plug-in and its paywall again over the same provider and ledger, as a new process would. */
  readonly restart: Effect.Effect<void, Broken>
}

export class World extends Context.Service<World, Shape>()("@paylayer/conformance/World") {}

/** The subject could not be built: a layer failed, or died. */
export class Unusable extends Error {
  override readonly name = "Unusable"
}

const describe = (what: string, error: unknown) =>
  new Unusable(`${what} could not be built: ${error instanceof Error ? error.message : String(error)}`)

/** Says that this case is one of the interesting ones that its law names. */
export const met = (interesting: string): Effect.Effect<void, never, World> =>
  World.use((world) => Effect.sync(() => void world.met.add(interesting)))

interface Process {
  readonly life: { over: boolean }
  /** The ledger sees it go. */
  readonly end: Effect.Effect<void>
  readonly protocol: AnyProtocol
  readonly ledger: Ledger.Ledger["Service"]
  readonly paywallOf: Shape["paywallOf"]
  readonly paywall: Paywall.Paywall["Service"]
}

/** Opens a world; it closes with the scope. */
export const open = Effect.fnUntraced(function* (
  subject: Subject,
  about: About,
  settings: Settings,
  stage: Stage,
  captured: Captured
): Effect.fn.Return<Shape, Unusable, Scope.Scope> {
  const scope = yield* Effect.scope
  const environment = yield* Layer.build(subject.provider).pipe(
    Effect.mapError((error) => describe("the provider's double", error))
  )
  const provider = guard(Context.get(environment, Provider))
  const timeline = Timeline.make(() => stage.clock.currentTimeMillisUnsafe())
  stage.scheduler.listener = { preempted: timeline.preempted }
  const seen: Watching.Seen = { errors: [], settled: [], died: [] }
  const faults = LedgerFaults.script()
  const store = yield* LedgerMemory.store
  let writes = 0
  const before = (steps: ReadonlyArray<string>) =>
    Effect.suspend(() => Effect.andThen(world.onWrite(++writes), faults.meet("before", steps)))
  const after = (steps: ReadonlyArray<string>) => faults.meet("after", steps)

  const paywallOver =
    (ledger: Ledger.Ledger["Service"]) =>
    (protocols: ReadonlyArray<AnyProtocol>, options: Paywall.Options = {}) =>
      Layer.build(
        Paywall.Paywall.layer(
          protocols.map((protocol) => Effect.succeed(protocol)),
          { merchant: about.merchant, ...options }
        ).pipe(Layer.provide(Layer.succeed(Ledger.Ledger, ledger)))
      ).pipe(
        Effect.map((context) => Context.get(context, Paywall.Paywall)),
        Effect.mapError(
          ({ message }) => new Broken({ expected: "a paywall can be made of the plug-in", actual: message })
        ),
        Effect.provideService(Scope.Scope, scope)
      )

  /** A process: the plug-in, its paywall and its way to the ledger. What it does when it is dead has no effect. */
  const begin: Effect.Effect<Process, Unusable | Broken> = Effect.gen(function* () {
    const plugin = yield* subject
      .plugin(environment as Context.Context<never>)
      .pipe(Effect.mapError((error) => describe("the plug-in", error)))
    const life = { over: false }
    const living = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.suspend(() => (life.over ? Effect.never : effect))
    const protocol = Watching.protocol(plugin, timeline, seen, living)
    const own = yield* Scope.fork(scope)
    const host = yield* Effect.provideService(LedgerMemory.host(store), Scope.Scope, own)
    const ledger = Watching.ledger(host, timeline, { before, after, living })
    const paywallOf = paywallOver(ledger)
    return {
      life,
      end: Scope.close(own, Exit.void),
      protocol,
      ledger,
      paywallOf,
      paywall: yield* paywallOf([protocol])
    }
  }).pipe(Effect.provideService(Scope.Scope, scope))
  let current = yield* Effect.catchTag(begin, "Broken", (error) => Effect.fail(describe("the plug-in", error)))
  const world: Shape = {
    about,
    settings,
    get protocol() {
      return current.protocol
    },
    get paywall() {
      return current.paywall
    },
    provider,
    get ledger() {
      return current.ledger
    },
    get paywallOf() {
      return current.paywallOf
    },
    stage,
    timeline,
    seen,
    captured,
    secrets: [],
    delivered: [],
    met: new Set(),
    steps: 0,
    ledgerFault: faults.arm,
    onWrite: () => Effect.void,
    another: subject.plugin(environment as Context.Context<never>).pipe(
      Effect.mapError((error) => describe("the plug-in", error)),
      Effect.mapError(({ message }) => new Broken({ expected: "the plug-in is built once more", actual: message })),
      Effect.map((plugin) => Watching.protocol(plugin, timeline, seen, (effect) => effect))
    ),
    restart: Effect.suspend(() => {
      current.life.over = true
      timeline.add("the process starts again")
      return Effect.andThen(current.end, begin)
    }).pipe(
      Effect.mapError((error) => new Broken({ expected: "the plug-in starts again", actual: error.message })),
      Effect.map((process) => {
        current = process
      })
    )
  }
  return world
})
