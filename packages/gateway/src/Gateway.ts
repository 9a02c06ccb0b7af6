/**
 * The gateway: what is configured, sold over HTTP.
 *
 * @example
 * const gateway = Gateway.serve(config, [AlipayTrust], { routes: Dashboard.layer })
 * gateway.pipe(Layer.provide([AlipayTrust.layerConfig, SqliteLedger.layer({ filename: "paylayer.sqlite" })]), Layer.launch)
 *
 * ## Details
 *
 * - `/api/proxy/<slug>` and everything below it is a tool; `/health/live` and `/health/ready` are for balancers.
 * - A configuration is replaced as a whole: calls that are under way end on the one they began with.
 * - Where `Accrual` is provided, tools may have a price by unit; where `Usage` is, what is refused is counted.
 * - Told to end, it says so to balancers and takes new calls for the configured notice, then closes its port and lets the calls
 *   that are under way end.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type * as Ledger from "@paylayer/core/Ledger"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import { Paywall } from "@paylayer/core/Paywall"
import type { PaywallError } from "@paylayer/core/PaywallError"
import * as Recovery from "@paylayer/core/Recovery"
import * as Health from "@paylayer/http/Health"
import * as HostAdapter from "@paylayer/http/HostAdapter"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { createServer, IncomingMessage } from "node:http"
import { Accrual } from "./Accrual.ts"
import type { ConfigError, GatewayConfig } from "./GatewayConfig.ts"
import * as GatewayProblem from "./GatewayProblem.ts"
import * as Refusals from "./internal/refusals.ts"
import * as Targeting from "./internal/targeting.ts"
import * as Toolset from "./internal/toolset.ts"
import * as McpProxy from "./McpProxy.ts"
import * as Proxy from "./Proxy.ts"
import type { Load, Selling } from "./Selling.ts"
import { Usage } from "./Usage.ts"

export class Gateway extends Context.Service<
  Gateway,
  {
    /** The configuration that new calls begin with. */
    readonly config: Effect.Effect<GatewayConfig>
    /** Replaces the configuration. Where it fails, nothing changes. */
    readonly reload: (config: GatewayConfig) => Effect.Effect<void, PaywallError | ConfigError>
    /** From here on `/health/ready` says that the gateway is about to end. */
    readonly drain: Effect.Effect<void>
    readonly draining: Effect.Effect<boolean>
    /** How many calls of upstreams are under way. */
    readonly active: Effect.Effect<number>
    /** Answers a call of a tool. */
    readonly answer: (
      request: HttpServerRequest.HttpServerRequest
    ) => Effect.Effect<HttpServerResponse.HttpServerResponse>
  }
>()("@paylayer/gateway/Gateway") {}

const answerOf = ({ tool }: Selling) => (tool.upstream.kind === "mcp" ? McpProxy.answer : Proxy.answer)

const notFound = GatewayProblem.make("tool_not_found", "there is no tool of this slug")

const make = Effect.fnUntraced(function* (config: GatewayConfig, protocols: ReadonlyArray<AnyProtocol>) {
  const loads = new Map<string, Load>()
  const accrual = Option.getOrUndefined(yield* Effect.serviceOption(Accrual))
  const usage = Option.getOrUndefined(yield* Effect.serviceOption(Usage))
  const context = yield* Effect.context<Ledger.Ledger | Scope.Scope>()
  const toolset = (config: GatewayConfig) =>
    Effect.provideContext(Toolset.make({ protocols, loads, accrual, usage }, config), context)
  let current = yield* toolset(config)
  let draining = false
  const one = yield* Semaphore.make(1)
  return Gateway.of({
    config: Effect.sync(() => current.config),
    reload: (config) =>
      Effect.uninterruptible(
        Effect.flatMap(toolset(config), (next) => {
          const { retire } = current
          current = next
          return retire
        })
      ).pipe(one.withPermits(1)),
    drain: Effect.sync(() => void (draining = true)),
    draining: Effect.sync(() => draining),
    active: Effect.sync(() => [...loads.values()].reduce((sum, { active }) => sum + active, 0)),
    answer: (request) => {
      const target = Targeting.slugIn(HostAdapter.resourceOf(request.originalUrl))
      const selling = target === undefined ? undefined : current.bySlug.get(target.slug)
      const { source } = request
      if (selling === undefined || target === undefined || !(source instanceof IncomingMessage))
        return Effect.succeed(notFound)
      selling.use.take()
      return Effect.ensuring(
        Effect.map(
          Effect.flatMap(answerOf(selling)(selling, request, source, target.rest), (response) =>
            Refusals.counted(selling, source, response)
          ),
          (response) => (draining ? HttpServerResponse.setHeader(response, "connection", "close") : response)
        ),
        Effect.sync(() => selling.use.give())
      )
    }
  })
})

type Protocols = ReadonlyArray<Effect.Effect<AnyProtocol, unknown, unknown>>

/**
 * The gateway, and a paywall of everything it takes: for recovery, refunds and whatever looks at charges. A protocol whose layer
 * is missing does not compile.
 */
export const layer = <const P extends Protocols>(
  config: GatewayConfig,
  protocols: P
): Layer.Layer<
  Gateway | Paywall,
  PaywallError | ConfigError | Effect.Error<P[number]>,
  Ledger.Ledger | Effect.Services<P[number]>
> => {
  const installing = protocols as ReadonlyArray<
    Effect.Effect<AnyProtocol, Effect.Error<P[number]>, Effect.Services<P[number]>>
  >
  return Layer.unwrap(
    Effect.map(Effect.all(installing), (installed) =>
      Layer.mergeAll(
        Layer.effect(Gateway, make(config, installed)),
        Paywall.layer(installed.map(Effect.succeed), {
          limits: config.limits,
          ...(config.merchant === undefined ? {} : { merchant: config.merchant })
        })
      )
    )
  )
}

/** The routes of a gateway: its tools, and what balancers ask. */
export const routes: Layer.Layer<never, never, HttpRouter.HttpRouter | Gateway | Paywall> = Layer.unwrap(
  Effect.map(Gateway, ({ answer, draining }) =>
    Layer.mergeAll(
      HttpRouter.add("*", `${Targeting.root}*`, Effect.flatMap(HttpServerRequest.HttpServerRequest, answer)),
      Health.layer({ draining })
    )
  )
)

export interface Serving<E, R> {
  /** What else is served: a dashboard. It may ask for the gateway and its paywall. */
  readonly routes?: Layer.Layer<never, E, R>
  readonly recovery?: Recovery.Options
}

/** Says that the gateway is about to end, and goes on for the configured notice. Built last, so that it ends first. */
const notice = Layer.effectDiscard(
  Effect.flatMap(Gateway, ({ config, drain }) =>
    Effect.addFinalizer(() =>
      Effect.andThen(
        drain,
        Effect.flatMap(config, ({ drain }) => Effect.sleep(drain.notice))
      )
    )
  )
)

/**
 * Serves a gateway on the address of its configuration until the layer is let go of: its tools, health, recovery, and the routes
 * that are given. Requires a ledger and the protocols.
 */
export const serve = <const P extends Protocols, E = never, R = never>(
  config: GatewayConfig,
  protocols: P,
  { recovery, routes: more }: Serving<E, R> = {}
) =>
  notice.pipe(
    Layer.provide(
      HttpRouter.serve(
        Layer.mergeAll(routes, Recovery.layer(recovery), more ?? (Layer.empty as Layer.Layer<never, E, R>)),
        {
          disableLogger: true,
          disableListenLog: true
        }
      )
    ),
    Layer.provideMerge(
      NodeHttpServer.layer(() => createServer(), {
        ...config.listen,
        gracefulShutdownTimeout: config.drain.calls
      })
    ),
    Layer.provideMerge(layer(config, protocols))
  )
