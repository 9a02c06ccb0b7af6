/**
 * Payment across origins (CORS): which request headers a browser may send to a paid route. Which response headers it may read
 * is said by each answer itself.
 */
import type { Manifest } from "@paylayer/core/Manifest"
import { Paywall } from "@paylayer/core/Paywall"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"

/** The request headers that payment needs: those the installed protocols look at, and the idempotency key. */
export const requestHeaders = (manifests: ReadonlyArray<Manifest>): ReadonlyArray<string> => [
  ...new Set([
    ...manifests.flatMap(({ triggers, reads = [] }) => [...triggers.map(({ header }) => header), ...reads]),
    "idempotency-key",
    "content-type"
  ])
]

/** The headers of the answer to OPTIONS on a paid route, without an origin. */
export const preflight = (manifests: ReadonlyArray<Manifest>, methods: ReadonlyArray<string>) => {
  const allow = [
    ...new Set([...methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])), "OPTIONS"])
  ]
  return {
    allow: allow.join(", "),
    "access-control-allow-methods": allow.join(", "),
    "access-control-allow-headers": requestHeaders(manifests).join(", "),
    "cache-control": "no-store"
  }
}

/** Options of `layer`, as those of `HttpRouter.cors`. */
export interface Options extends Omit<NonNullable<Parameters<typeof HttpRouter.cors>[0]>, "exposedHeaders"> {}

/**
 * CORS for all routes of a router: `HttpRouter.cors`, with the request headers of the installed protocols allowed. It answers
 * preflights, which a router without a route for OPTIONS does not.
 */
export const layer = (options: Options = {}): Layer.Layer<never, never, HttpRouter.HttpRouter | Paywall> =>
  Layer.unwrap(
    Effect.map(Paywall, ({ manifests }) =>
      HttpRouter.cors({
        ...options,
        allowedHeaders: [...new Set([...requestHeaders(manifests), ...(options.allowedHeaders ?? [])])]
      })
    )
  )
