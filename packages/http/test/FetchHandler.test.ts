// What only fetch hosts have: bodies of which nobody knows whether they are streams, closures over the request, layers.
import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as FetchHandler from "@paylayer/http/FetchHandler"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { price } from "./httpHost.ts"
import { paywall, Provider } from "./protocols.ts"

class Tariff extends Context.Service<Tariff, { readonly perByte: bigint }>()("test/Tariff") {}

const coin = { "x-coin": "ok:alice", "idempotency-key": "k" }
const get = (init: RequestInit = {}) => new Request("http://localhost/a", { headers: coin, ...init })
const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

const serving = async (
  test: (
    make: ReturnType<typeof FetchHandler.make>,
    provider: Provider,
    runtime: ManagedRuntime.ManagedRuntime<never, unknown>
  ) => Promise<void>
) => {
  const provider = new Provider()
  const runtime = ManagedRuntime.make(paywall(provider))
  try {
    await test(FetchHandler.make(runtime, { price }), provider, runtime)
  } finally {
    await runtime.dispose()
  }
}

/** A body of parts, each after a pause, that says how often it was asked and whether it was let go. */
const parts = (texts: ReadonlyArray<string>, millis: number) => {
  const seen = { pulls: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const text = texts[seen.pulls++]
        await pause(millis)
        if (text === undefined) controller.close()
        else controller.enqueue(new TextEncoder().encode(text))
      },
      cancel: () => {
        seen.cancelled = true
      }
    },
    { highWaterMark: 0 }
  )
  return { seen, body }
}

describe("a paid fetch handler", () => {
  it("sends a slow body as it comes, whole, though nothing said that it is a stream", () =>
    serving(async (paid) => {
      const { body } = parts(["a", "b", "c", "d"], 30)
      const fetch = paid(() => new Response(body))
      const response = await fetch(get())
      assert.strictEqual(response.status, 200)
      assert.isNotNull(response.headers.get("payment-receipt"))
      assert.strictEqual(await response.text(), "abcd")
      assert.strictEqual((await fetch(get())).status, 409)
    }))

  it("does not touch an event stream before it is paid for", () =>
    serving(async (paid, provider) => {
      const { body, seen } = parts(["a"], 0)
      const response = await paid(() => new Response(body, { headers: { "content-type": "text/event-stream" } }))(get())
      assert.deepStrictEqual([seen.pulls, provider.settled.size], [0, 1])
      assert.strictEqual(await response.text(), "a")
    }))

  it("reads no more of an endless body than it would keep", () =>
    serving(async (paid) => {
      let sent = 0
      const body = new ReadableStream<Uint8Array>(
        { pull: (controller) => controller.enqueue(new Uint8Array((sent += 64 * 1024) && 64 * 1024)) },
        { highWaterMark: 0 }
      )
      const response = await paid(() => new Response(body))(get())
      assert.isAtMost(sent, 6 * 64 * 1024)
      await response.body?.cancel()
    }))

  it("lets go of a stream that is not paid for", () =>
    serving(async (paid, provider) => {
      provider.settles = "decline"
      const { body, seen } = parts(["a"], 0)
      const response = await paid(() => new Response(body, { headers: { "content-type": "text/event-stream" } }))(get())
      assert.strictEqual(response.status, 402)
      assert.deepStrictEqual(seen, { pulls: 0, cancelled: true })
    }))

  it("passes the reason of a body that breaks off at once, and charges nothing", () =>
    serving(async (paid, provider) => {
      const body = new ReadableStream({ start: (controller) => controller.error(new Error("torn")) })
      const reason = await paid(() => new Response(body))(get()).catch((error: Error) => error.message)
      assert.deepStrictEqual([reason, provider.settled.size, provider.released], ["torn", 0, 1])
    }))

  it("leaves the request readable for a closure, and gives the handler its own copy", () =>
    serving(async (paid) => {
      const request = get({ method: "POST", body: "hello" })
      const handler: FetchHandler.Handler = async (copy) => Response.json([await copy.text(), await request.text()])
      assert.deepStrictEqual(await (await paid(handler)(request)).json(), ["hello", "hello"])
    }))

  it("tells the handler what pays", () =>
    serving(async (paid) => {
      const response = await paid((_, { charge, mandate, protocol }) =>
        Response.json([charge.resource, mandate.payer, protocol])
      )(get())
      assert.deepStrictEqual(await response.json(), ["/a", "alice", "coin"])
    }))

  it("keeps a redirect, and an answer without a body", () =>
    serving(async (paid) => {
      const fetch = paid(() => new Response(null, { status: 303, headers: { location: "/done" } }))
      for (const replayed of [null, "true"]) {
        const response = await fetch(get())
        assert.deepStrictEqual([response.status, response.headers.get("location")], [303, "/done"])
        assert.strictEqual(response.headers.get("idempotency-replayed"), replayed)
      }
    }))

  it("asks a price function that needs a service of the runtime", async () => {
    const services = Layer.merge(paywall(new Provider()), Layer.succeed(Tariff, { perByte: 7n }))
    const fetch = FetchHandler.make(services, {
      price: (request) =>
        Effect.gen(function* () {
          const { perByte } = yield* Tariff
          const text = yield* Effect.promise(() => request.text())
          return [Money.of("CNY", perByte * BigInt(text.length))] as const
        })
    })((_, { charge }) => new Response(Money.print(charge.money)))
    assert.strictEqual(await (await fetch(get({ method: "POST", body: "hello" }))).text(), "CNY 0.35")
  })

  it("sells nothing under two prices that only a request shows", () =>
    serving(async (paid, provider) => {
      const response = await paid((request) => paid(() => new Response("sold"))(request))(get())
      assert.deepStrictEqual([response.status, provider.settleCalls], [500, 0])
      assert.include(await response.text(), "two prices")
    }))

  it("takes a layer as well as a runtime", async () => {
    const fetch = FetchHandler.make(paywall(new Provider()), { price })(() => new Response("paid"))
    assert.strictEqual(await (await fetch(get())).text(), "paid")
  })

  it("rejects when the client is gone already, and charges nothing", () =>
    serving(async (paid, provider) => {
      const reason = await paid(() => new Response("x"))(get({ signal: AbortSignal.abort("gone") })).catch(
        (error: unknown) => error
      )
      assert.deepStrictEqual([reason, provider.settled.size], ["gone", 0])
    }))
})
