/**
 * Play money: Alipay's Open Platform on a free port of this machine.
 */
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as SandboxConfig from "@paylayer/alipay-sandbox/SandboxConfig"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Play } from "./Play.ts"

const play = Layer.effect(
  Play,
  Effect.gen(function* () {
    const { url } = yield* SandboxServer
    const sandbox = yield* AlipaySandbox
    yield* Effect.logWarning(`Paylayer sells for play money. Tokens, movements, faults: ${url}/sandbox`)
    const issued = Effect.map(sandbox.issue(), ({ token }) => Redacted.value(token))
    return {
      url,
      token: () => Effect.runPromise(issued),
      pay: (bill: string) =>
        Effect.runPromise(Effect.map(sandbox.wallet.pay(bill), ({ proof }) => Redacted.value(proof)))
    }
  })
)

/** The configuration of its merchant, and where it is. */
export const layer = Layer.merge(SandboxConfig.layerServer, play).pipe(
  Layer.provide(SandboxServer.layer()),
  Layer.provide(AlipaySandbox.layer)
)

/** The configuration of its bills. */
export const layerA402 = SandboxConfig.layerA402.pipe(Layer.provide(AlipaySandbox.layer))
