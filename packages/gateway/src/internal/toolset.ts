/**
 * The tools of one configuration, ready to be sold. One that is replaced lives on until the last call that began with it ends.
 */
import type * as Ledger from "@paylayer/core/Ledger"
import { Paywall } from "@paylayer/core/Paywall"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import type { PaywallError } from "@paylayer/core/PaywallError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { ConfigError, type GatewayConfig, type Mistake } from "../GatewayConfig.ts"
import type { Load, Selling } from "../Selling.ts"
import type { Tool } from "../Tool.ts"
import * as Upstream from "../Upstream.ts"
import * as Credentials from "./credentials.ts"

export interface Toolset {
  readonly config: GatewayConfig
  readonly bySlug: ReadonlyMap<string, Selling>
  /** No call begins with it any more: it is let go of with the last one that did. */
  readonly retire: Effect.Effect<void>
}

/** What several configurations of one gateway share. */
export interface Shared {
  readonly protocols: ReadonlyArray<AnyProtocol>
  readonly accrual: Selling["accrual"]
  readonly usage: Selling["usage"]
  /** By slug, so that two configurations together stay within a tool's concurrency. */
  readonly loads: Map<string, Load>
}

const loadOf = ({ loads }: Shared, slug: string): Load => {
  const known = loads.get(slug) ?? { active: 0 }
  loads.set(slug, known)
  return known
}

/** What makes two tools share a paywall. */
const keyOf = ({ limits, protocols }: Tool): string =>
  JSON.stringify([protocols ?? "all", limits], (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value))

/** Why a tool cannot be sold by this gateway, however right its configuration is. */
const unsellable = (
  { accrual, protocols }: Shared,
  { price, protocols: taken = [], slug }: Tool
): ReadonlyArray<Mistake> => {
  const installed = new Set(protocols.map(({ manifest }) => manifest.id))
  const messages = taken.filter((id) => !installed.has(id)).map((id) => `the protocol "${id}" is not installed`)
  if (price._tag === "PerUnit" && accrual === undefined)
    messages.push("a price by unit needs the gateway's tables, and this gateway has none")
  return messages.map((message) => ({ path: slug, message }))
}

/** Fails where a paywall cannot be made of the protocols, and where something is metered that nobody adds up. */
export const make = Effect.fnUntraced(function* (
  shared: Shared,
  config: GatewayConfig
): Effect.fn.Return<Toolset, PaywallError | ConfigError, Ledger.Ledger | Scope.Scope> {
  const mistakes = [...config.tools.values()].flatMap((tool) => unsellable(shared, tool))
  if (mistakes.length > 0) return yield* new ConfigError({ mistakes })
  const outer = yield* Effect.scope
  const scope = yield* Scope.fork(outer)
  const { protocols } = shared
  const credentials = Credentials.make(protocols.map(({ manifest }) => manifest))
  const paywalls = new Map<string, Paywall["Service"]>()

  const paywallOf = Effect.fnUntraced(function* (tool: Tool) {
    const key = keyOf(tool)
    const known = paywalls.get(key)
    if (known !== undefined) return known
    const taken = protocols.filter(({ manifest }) => tool.protocols?.includes(manifest.id) ?? true)
    const context = yield* Layer.build(
      Paywall.layer(taken.map(Effect.succeed), {
        limits: [...config.limits, ...tool.limits],
        ...(config.merchant === undefined ? {} : { merchant: config.merchant })
      })
    )
    const paywall = Context.get(context, Paywall)
    paywalls.set(key, paywall)
    return paywall
  })

  let calls = 0
  let retired = false
  const context = yield* Effect.context<never>()
  const close = () => void Effect.runForkWith(context)(Scope.close(scope, Exit.void))
  const use: Selling["use"] = {
    take: () => void calls++,
    give: () => {
      if (--calls === 0 && retired) close()
    }
  }

  const sellings = yield* Effect.forEach(config.tools.values(), (tool) =>
    Effect.all({ paywall: paywallOf(tool), upstream: Upstream.make(tool.upstream) }).pipe(
      Effect.map((made): Selling => ({
        ...made,
        tool,
        credentials,
        load: loadOf(shared, tool.slug),
        use,
        accrual: shared.accrual,
        usage: shared.usage,
        forwarded: config.forwarded,
        realm: config.realm
      }))
    )
  ).pipe(
    Scope.provide(scope),
    Effect.onError(() => Scope.close(scope, Exit.void))
  )

  return {
    config,
    bySlug: new Map(sellings.map((selling) => [selling.tool.slug, selling])),
    retire: Effect.sync(() => {
      retired = true
      if (calls === 0) close()
    })
  }
})
