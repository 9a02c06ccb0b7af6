/**
 * A subject: a plug-in that is to be checked, with the double of its provider.
 *
 * @example
 * export const subject = Subject.make({
 *   protocol: AlipayTrust,
 *   layer: AlipayTrust.layer,
 *   provider: SandboxProvider.layer
 * })
 */
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Provider } from "./Provider.ts"

/** A law that a subject does not keep, and why that is right. */
export interface Exemption {
  readonly law: string
  readonly reason: string
  /** The clause of the contract that allows it. */
  readonly clause: string
}

/** Subjects are compared by nothing and erased of their types: the kit only builds them. */
export interface Subject {
  /** For reports; the manifest's id unless it is given. */
  readonly name: string | undefined
  readonly exempt: ReadonlyArray<Exemption>
  /** The double, and all that the plug-in's layer needs. Built once per case. */
  readonly provider: Layer.Layer<Provider, unknown>
  /** Builds the plug-in over what `provider` gave. Built again after a restart. */
  readonly plugin: (environment: Context.Context<never>) => Effect.Effect<AnyProtocol, unknown, Scope.Scope>
}

export const make = <Self, E, R = never, E2 = never>(options: {
  /** The service class. */
  readonly protocol: Effect.Effect<AnyProtocol, never, Self>
  readonly layer: Layer.Layer<Self, E, R>
  /** The double, and what `layer` needs. */
  readonly provider: Layer.Layer<Provider | NoInfer<R>, E2>
  readonly name?: string
  readonly exempt?: ReadonlyArray<Exemption>
}): Subject => ({
  name: options.name,
  exempt: options.exempt ?? [],
  provider: options.provider,
  plugin: (environment) =>
    Effect.flatMap(
      Layer.build(Layer.provide(options.layer, Layer.succeedContext(environment as Context.Context<R>))),
      (context) => Effect.provideContext(options.protocol, context)
    )
})

/** The same subject with its plug-in changed. */
export const mapPlugin = (
  self: Subject,
  change: (
    plugin: AnyProtocol,
    environment: Context.Context<never>
  ) => AnyProtocol | Effect.Effect<AnyProtocol, unknown, Scope.Scope>,
  name?: string
): Subject => ({
  ...self,
  name: name ?? self.name,
  plugin: (environment) =>
    Effect.flatMap(self.plugin(environment), (plugin) => {
      const changed = change(plugin, environment)
      return Effect.isEffect(changed) ? changed : Effect.succeed(changed)
    })
})
