/**
 * Calls of one upstream: connections kept open, addresses looked at when they are connected to, time and size bounded.
 */
import * as ByteSize from "effect/ByteSize"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as dns from "node:dns"
import type { LookupFunction } from "node:net"
import type { Readable } from "node:stream"
import { type Dispatcher, Pool } from "undici"
import { guarded } from "./internal/connecting.ts"
import { type Answer, Exchange } from "./internal/exchange.ts"
import type * as Tool from "./Tool.ts"
import { UpstreamError } from "./UpstreamError.ts"

export type { Answer } from "./internal/exchange.ts"

/** How names become addresses: `node:dns` `lookup`, unless somebody else is to be asked. */
export const Resolver = Context.Reference<LookupFunction>("@paylayer/gateway/Resolver", {
  defaultValue: () => dns.lookup as LookupFunction
})

export interface Request {
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** Names and values in turns. */
  readonly headers: ReadonlyArray<string>
  readonly body: Uint8Array | Readable | undefined
}

export interface Upstream {
  /**
   * Sends a request. The answer's body is whole where it has at most `hold` bytes, or where everything is to be held
   * (`"all"`); else it is a stream that fails when the upstream breaks off, falls silent or sends too much. Interrupted, it
   * closes the connection.
   */
  readonly call: (request: Request, hold: number | "all", over: () => void) => Effect.Effect<Answer, UpstreamError>
}

const late = new UpstreamError({ reason: "timeout", detail: "the tool did not end its answer in time" })

/** Connections to an upstream, closed with the scope once nothing is under way. */
export const make = Effect.fnUntraced(function* (
  upstream: Tool.Upstream
): Effect.fn.Return<Upstream, never, Scope.Scope> {
  const { concurrency, timeout, url } = upstream
  const silence = Duration.toMillis(timeout.firstByte)
  const most = Number(ByteSize.toBigInt(upstream.maxResponse))
  const lookup = yield* Resolver
  const pool = yield* Effect.acquireRelease(
    Effect.sync(
      () =>
        new Pool(url.origin, {
          connections: concurrency,
          connect: guarded({
            allowPrivate: upstream.allowPrivate,
            timeout: Duration.toMillis(timeout.connect),
            lookup
          }),
          headersTimeout: silence,
          // A stream of an MCP server may be silent for as long as nothing happens.
          bodyTimeout: upstream.kind === "mcp" ? Duration.toMillis(timeout.total) : silence,
          allowH2: false
        })
    ),
    (pool) => Effect.promise(() => pool.destroy())
  )

  const send = (request: Request, hold: number | undefined, over: () => void) =>
    Effect.withFiber<Answer, UpstreamError>((fiber) => {
      const fork = Effect.runForkWith(fiber.context)
      return Effect.callback<Answer, UpstreamError>((resume) => {
        const exchange = new Exchange(
          { hold, most },
          {
            begun: (answer) => resume(Effect.succeed(answer)),
            failed: (error) => resume(Effect.fail(error)),
            over,
            soon: (then) => void fork(Effect.andThen(Effect.sleep("50 millis"), Effect.sync(then)))
          }
        )
        pool.dispatch(
          {
            path: request.path,
            method: request.method as Dispatcher.HttpMethod,
            headers: request.headers as Array<string>,
            body: request.body ?? null
          },
          exchange
        )
        return Effect.sync(() => exchange.leave())
      })
    })

  /** Ends a stream that does not end itself. */
  const bounded = Effect.fnUntraced(function* (body: Readable, since: number) {
    const clock = yield* Effect.clockWith(Effect.succeed)
    const left = Duration.toMillis(timeout.total) - (clock.currentTimeMillisUnsafe() - since)
    const ending = yield* Effect.forkDetach(
      Effect.andThen(
        Effect.sleep(Math.max(0, left)),
        Effect.sync(() => body.destroy(late))
      )
    )
    body.once("close", () => ending.interruptUnsafe())
  })

  return {
    call: Effect.fnUntraced(function* (request, hold, over) {
      const clock = yield* Effect.clockWith(Effect.succeed)
      const since = clock.currentTimeMillisUnsafe()
      const answer = yield* send(request, hold === "all" ? undefined : hold, over).pipe(
        Effect.timeoutOrElse({ duration: timeout.total, orElse: () => Effect.fail(late) })
      )
      if ("pipe" in answer.body) yield* bounded(answer.body, since)
      return answer
    })
  }
})
