// A host that speaks HTTP, behind one face: what it serves, and how it is asked.
import { assert } from "@effect/vitest"
import type { PaidOptions } from "@paylayer/http/PaidOptions"
import * as Problem from "@paylayer/http/Problem"
import type * as Paywall from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import * as Receipt from "@paylayer/core/Receipt"
import type * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Call, Transport } from "./anyHost.ts"
import { paywall, proof, Provider } from "./protocols.ts"

export interface Setup {
  /** What the handler does with a request whose body it has read. */
  readonly handler?: (request: { readonly body: string; readonly run: number }) => Promise<Response> | Response
  readonly options?: Omit<PaidOptions<unknown>, "price" | "body">
  readonly price?: () => Effect.Effect<Price.Price, unknown>
  readonly paywall?: Paywall.Options
  /** Further protocols. */
  readonly extra?: number
  readonly ledger?: "down"
}

export interface Served {
  readonly provider: Provider
  readonly runs: () => number
  readonly fetch: (request: Request) => Promise<Response>
  readonly dispose: () => Promise<void>
}

export interface HttpHost {
  readonly name: string
  /** The methods it can route, where it cannot route all; others are 404. */
  readonly methods?: ReadonlyArray<string>
  /** Serves them at `/a` and `/b`. */
  readonly serve: (setup?: Setup) => Promise<Served> | Served
  /** What becomes of a handler that throws: the host rejects with its reason, or answers 500. */
  readonly throwing?: "rejects"
  /** Promises that cannot be asked here, and why. */
  readonly skips?: Readonly<Record<string, string>>
}

export const price = Price.make({ CNY: "15.00", USD: "2.10" })

/** The provider, the paywall and the handler of a setup; every run of the handler is counted. */
export const stage = (setup: Setup) => {
  const { handler = () => Response.json({ answer: 42 }), ledger } = setup
  const provider = new Provider()
  let runs = 0
  return {
    provider,
    services: paywall(provider, { options: setup.paywall, extra: setup.extra, ledger }),
    options: { ...setup.options, price: setup.price ?? price },
    runs: () => runs,
    handle: async (body: string) => handler({ body, run: ++runs })
  }
}

const send = ({ args, headers = {}, resource, signal }: Call): Request =>
  new Request(`http://localhost/${resource}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    ...(args === undefined ? {} : { body: JSON.stringify(args) }),
    ...(signal === undefined ? {} : { signal })
  })

/** What an answer says; headers and body say the same. */
const read = async (response: Response) => {
  const body = await response.text()
  const receipt = response.headers.get(Receipt.header)
  const problem = Result.getOrUndefined(Problem.parse(body))
  if (problem !== undefined) {
    assert.strictEqual(response.status, problem.status)
    assert.strictEqual(response.headers.get("content-type"), Problem.contentType)
    assert.strictEqual(response.headers.get("retry-after"), problem.retry_after?.toString() ?? null)
    assert.strictEqual(response.headers.has("www-authenticate"), response.status === 402 && problem.accepts.length > 0)
  }
  return {
    text: response.ok ? body : undefined,
    problem,
    receipt: receipt === null ? undefined : Result.getOrThrow(Receipt.fromHeader(receipt)),
    replayed: response.headers.has("idempotency-replayed"),
    wire: `${response.status}\n${[...response.headers].join("\n")}\n${body}`
  }
}

/** The host as the cases of every transport take it. */
export const overHttp = ({ name, serve, throwing }: HttpHost): Transport => ({
  name,
  serve: async ({ handler = () => ({ text: "42" }), ...setup }) => {
    const served = await serve({
      ...setup,
      handler: async ({ body, run }) => {
        const made = await handler({ args: body === "" ? undefined : JSON.parse(body), run })
        return "text" in made ? new Response(made.text) : new Response(made.error, { status: 500 })
      }
    })
    return {
      ...served,
      call: async (call) => {
        const request = send(call)
        const response = await served.fetch(request).catch((reason: unknown) => {
          if (throwing === "rejects" && !request.signal.aborted) return new Response(String(reason), { status: 500 })
          throw reason
        })
        return read(response)
      },
      proof: ({ args, resource }) => proof("POST", `/${resource}`, args === undefined ? "" : JSON.stringify(args))
    }
  }
})
