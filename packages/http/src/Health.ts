/**
 * Health and readiness for whoever starts, stops and balances hosts.
 *
 * `/health/live` answers 200 while the process serves. `/health/ready` answers 200 while the paywall can sell, else 503: a host
 * that cannot reach its ledger charges nobody, and should get no requests. Neither is paid for, neither tells more.
 *
 * @example
 * const app = Layer.mergeAll(route, Health.layer()).pipe(Layer.provide(paywall))
 */
import { Paywall } from "@paylayer/core/Paywall"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"

export interface Options {
  /** Default `/health/live`. */
  readonly live?: HttpRouter.PathInput
  /** Default `/health/ready`. */
  readonly ready?: HttpRouter.PathInput
  /** Whether the host is about to end: it still answers, and should get no new requests. Default never. */
  readonly draining?: Effect.Effect<boolean>
}

const told = (status: number, word: string) =>
  HttpServerResponse.jsonUnsafe({ status: word }, { status, headers: { "cache-control": "no-store" } })

export const layer = (options: Options = {}): Layer.Layer<never, never, HttpRouter.HttpRouter | Paywall> =>
  Layer.unwrap(
    Effect.map(Paywall, ({ ready }) =>
      Layer.mergeAll(
        HttpRouter.add("GET", options.live ?? "/health/live", told(200, "live")),
        HttpRouter.add(
          "GET",
          options.ready ?? "/health/ready",
          Effect.flatMap(options.draining ?? Effect.succeed(false), (draining) =>
            draining
              ? Effect.succeed(told(503, "draining"))
              : Effect.match(ready, {
                  onSuccess: () => told(200, "ready"),
                  onFailure: () => told(503, "the ledger does not answer")
                })
          )
        )
      )
    )
  )
