// A paywall needs exactly what its protocols need, and says so at compile time.
// @effect-diagnostics missingLayerContext:off
import type * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import type { Mandate } from "@paylayer/core/Mandate"
import type { Credential } from "@paylayer/core/Detection"
import type { Authorization, PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import * as Paywall from "@paylayer/core/Paywall"
import type { PaywallError } from "@paylayer/core/PaywallError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { expectTypeOf } from "vitest"

class Keys extends Context.Service<Keys, { readonly key: string }>()("test/Keys") {}
class KeysMissing {
  readonly _tag = "KeysMissing"
}
type Protocol = PaymentProtocol<Credential, Mandate, Authorization>
declare const implementation: Protocol

class Wallet extends Context.Service<Wallet, Protocol>()("test/Wallet") {
  static readonly layer = Layer.effect(Wallet, Effect.as(Effect.service(Keys), implementation))
  static readonly make = (merchant: string): Effect.Effect<Protocol, KeysMissing, Keys> =>
    merchant === "" ? Effect.fail(new KeysMissing()) : Effect.as(Effect.service(Keys), implementation)
}
class Purse extends Context.Service<Purse, Protocol>()("test/Purse") {
  static readonly layer = Layer.succeed(Purse, implementation)
}

const both = Paywall.Paywall.layer([Wallet, Purse])
expectTypeOf(both).toEqualTypeOf<Layer.Layer<Paywall.Paywall, PaywallError, Ledger.Ledger | Wallet | Purse>>()

// A second instance brings its own needs and failures.
expectTypeOf(Paywall.Paywall.layer([Purse, Wallet.make("hong-kong")])).toEqualTypeOf<
  Layer.Layer<Paywall.Paywall, PaywallError | KeysMissing, Ledger.Ledger | Purse | Keys>
>()

const running = <E>(_layer: Layer.Layer<Paywall.Paywall, E>) => {}
running(
  both.pipe(
    Layer.provide([Wallet.layer, Purse.layer, LedgerMemory.layer]),
    Layer.provide(Layer.succeed(Keys, { key: "" }))
  )
)
// @ts-expect-error Type 'Purse' is not assignable to type 'never'
running(both.pipe(Layer.provide([Wallet.layer, LedgerMemory.layer]), Layer.provide(Layer.succeed(Keys, { key: "" }))))
// @ts-expect-error Type 'Ledger' is not assignable to type 'never'
running(Paywall.Paywall.layer([Purse]).pipe(Layer.provide(Purse.layer)))
// @ts-expect-error Type 'Keys' is not assignable to type 'never'
running(both.pipe(Layer.provide([Wallet.layer, Purse.layer, LedgerMemory.layer])))

// What is listed must be protocols.
// @ts-expect-error is not assignable to type 'AnyProtocol'
Paywall.Paywall.layer([Keys])
