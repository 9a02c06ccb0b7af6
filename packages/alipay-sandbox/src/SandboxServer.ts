/**
 * The sandbox on a loopback port, as any HTTP client meets it. It never listens anywhere else.
 *
 * @example
 * const { gateway } = yield* SandboxServer          // "http://127.0.0.1:34567/gateway.do"
 * program.pipe(Effect.provide(SandboxServer.layer().pipe(Layer.provideMerge(AlipaySandbox.layer))))
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Where the sandbox is. */
export interface Address {
  /** `"http://127.0.0.1:34567"` */
  readonly url: string
  /** The gateway's address: what a client of Alipay is configured with. */
  readonly gateway: string
  readonly port: number
}

/** The sandbox, listening. */
export class SandboxServer extends Context.Service<SandboxServer, Address>()("@paylayer/alipay-sandbox/SandboxServer") {
  /** Serves the `AlipaySandbox` in scope on this port of 127.0.0.1; on a free one where none is given. */
  static readonly layer = (options: { readonly port?: number } = {}) =>
    Layer.unwrap(
      Effect.map(
        Effect.promise(() => import("./internal/serving.ts")),
        ({ serving }) => {
          const { address, server } = serving(options.port ?? 0)
          return Layer.effect(SandboxServer, address).pipe(Layer.provide(server))
        }
      )
    )
}
