/**
 * The HTTP client that the official library is given where it is to reach the double without a socket: the same requests, the same
 * answers, the same faults, and a clock that both sides share.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Stripe } from "stripe"
import type { Received, Reset, Written } from "./answering.ts"

/** As a socket says it. */
class ConnectionReset extends Error {
  readonly code = "ECONNRESET"
}

export const httpClient = (
  answer: (request: Received) => Effect.Effect<Written, Reset>,
  context: Context.Context<never>
): Stripe.HttpClient => ({
  getClientName: () => "in-process",
  makeRequest: async (_host, _port, target, method, headers, body) => {
    const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])
    const received = { method, target, headers: Object.fromEntries(names), body: body ?? "" }
    const exit = await Effect.runPromiseExitWith(context)(answer(received))
    if (Exit.isFailure(exit)) throw new ConnectionReset(`the connection is gone: ${Cause.pretty(exit.cause)}`)
    const written = exit.value
    return {
      getStatusCode: () => written.status,
      getHeaders: () => ({ ...written.headers }),
      getRawResponse: () => ({ headers: written.headers }),
      toStream: () => {
        throw new Error("answers are read whole")
      },
      toJSON: () => Promise.resolve(written.body).then((text) => JSON.parse(text))
    }
  }
})
