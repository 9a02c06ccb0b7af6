/**
 * Payment across origins (CORS): which request headers a browser may send to a paid route. Which response headers it may read
 * is said by each answer itself.
 */
import { Paywall } from "@paylayer/core/Paywall"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import { preflight, requestHeaders } from "./internal/preflight.ts"

export { preflight, requestHeaders }

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
