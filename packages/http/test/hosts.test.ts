// What a payment host must get right, asked of both hosts with one list of cases.
import { describe, it } from "@effect/vitest"
import * as Problem from "@paylayer/http/Problem"
import * as Receipt from "@paylayer/core/Receipt"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { assert } from "vitest"
import { type Host, hosts, type Served, type Setup } from "./hosts.ts"
import { proof } from "./protocols.ts"

type Headers = Record<string, string>
const request = (method: string, path: string, headers: Headers = {}, body?: string, init: RequestInit = {}) =>
  new Request(`http://localhost${path}`, { method, headers, ...(body === undefined ? {} : { body }), ...init })

const coin = (key?: string): Headers => ({
  "x-coin": "ok:alice",
  ...(key === undefined ? {} : { "idempotency-key": key })
})

const problemOf = async (response: Response) => {
  assert.strictEqual(response.headers.get("content-type"), Problem.contentType)
  const problem = Result.getOrThrow(Problem.parse(await response.text()))
  assert.strictEqual(problem.status, response.status)
  return problem
}

const receiptOf = (response: Response) =>
  Result.getOrThrow(Receipt.fromHeader(response.headers.get("payment-receipt") ?? ""))

const failure = (promise: Promise<Response>): Promise<unknown> =>
  promise.then(
    (response) => response.status,
    (error: unknown) => error
  )

interface Case {
  readonly promise: string
  readonly setup?: Setup
  readonly check: (served: Served, host: Host) => Promise<void>
}

const cases: ReadonlyArray<Case> = [
  {
    promise: "an unpaid request gets 402 with every offer, and the handler does not run",
    check: async ({ fetch, runs }) => {
      const response = await fetch(request("GET", "/a"))
      const problem = await problemOf(response)
      assert.strictEqual(problem.code, "payment_required")
      assert.deepStrictEqual(
        problem.accepts.map((accept) => [accept.protocol, accept.amount, accept.currency]),
        [
          ["coin", "15.00", "CNY"],
          ["coin", "2.10", "USD"],
          ["stub", "15.00", "CNY"],
          ["stub", "2.10", "USD"]
        ]
      )
      assert.match(response.headers.get("www-authenticate") ?? "", /^Payment id="/)
      assert.strictEqual(response.headers.get("x-coin-needed"), "pay-CNY")
      assert.strictEqual(response.headers.get("cache-control"), "no-store")
      assert.include(response.headers.get("access-control-expose-headers") ?? "", "x-coin-needed")
      assert.strictEqual(runs(), 0)
    }
  },
  {
    promise: "a paid request gets the answer and a receipt of exactly its price, and nobody may store it",
    check: async ({ fetch, provider }) => {
      const response = await fetch(request("GET", "/a?x=1", coin()))
      assert.strictEqual(response.status, 200)
      assert.deepStrictEqual(await response.json(), { answer: 42 })
      const receipt = receiptOf(response)
      assert.strictEqual(Money.print(receipt.money), "CNY 15.00")
      assert.strictEqual(receipt.resource, "/a?x=1")
      assert.strictEqual(response.headers.get("cache-control"), "private, no-store")
      assert.include(response.headers.get("access-control-expose-headers") ?? "", "payment-receipt")
      assert.strictEqual(provider.settled.size, 1)
    }
  },
  {
    promise: "the same key and request again: the same answer and receipt, one run, one settlement",
    setup: {
      handler: ({ run }) =>
        Response.json({ run }, { status: 201, headers: { location: "/r/1", "x-more": "y", "set-cookie": "s=1" } }),
      options: { keepHeaders: ["X-More"] }
    },
    check: async ({ fetch, provider, runs }) => {
      const send = () => fetch(request("POST", "/a", { ...coin("k1"), "content-type": "application/json" }, '{"a":1}'))
      const [first, second] = [await send(), await send()]
      assert.strictEqual(second.status, 201)
      assert.strictEqual(await second.text(), await first.text())
      assert.strictEqual(second.headers.get("content-type"), "application/json")
      assert.strictEqual(second.headers.get("location"), "/r/1")
      assert.strictEqual(second.headers.get("x-more"), "y")
      assert.strictEqual(first.headers.get("set-cookie"), "s=1")
      assert.isNull(second.headers.get("set-cookie"))
      assert.strictEqual(second.headers.get("payment-receipt"), first.headers.get("payment-receipt"))
      assert.isNull(first.headers.get("idempotency-replayed"))
      assert.strictEqual(second.headers.get("idempotency-replayed"), "true")
      assert.deepStrictEqual([runs(), provider.settled.size], [1, 1])
    }
  },
  {
    promise: "20 copies at once: one run, one settlement, everybody else waits or gets the same answer",
    setup: {
      handler: async ({ run }) => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        return Response.json({ run })
      }
    },
    check: async ({ fetch, provider, runs }) => {
      const headers = { "x-stub": proof("GET", "/a") }
      const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(request("GET", "/a", headers))))
      assert.deepStrictEqual([runs(), provider.settled.size], [1, 1])
      assert.strictEqual(answers.filter(({ status }) => status === 200).length, 1)
      for (const response of answers.filter(({ status }) => status !== 200)) {
        assert.strictEqual((await problemOf(response)).code, "charge_in_flight")
        assert.strictEqual(response.headers.get("retry-after"), "1")
      }
      assert.strictEqual((await fetch(request("GET", "/a", headers))).status, 200)
      assert.strictEqual(runs(), 1)
    }
  },
  {
    promise: "a handler that answers 500 is not paid, and its answer passes through",
    setup: { handler: () => new Response("broken", { status: 500, headers: { "cache-control": "public" } }) },
    check: async ({ fetch, provider }) => {
      const response = await fetch(request("GET", "/a", coin("k")))
      assert.deepStrictEqual([response.status, await response.text()], [500, "broken"])
      assert.strictEqual(response.headers.get("cache-control"), "no-store")
      assert.isNull(response.headers.get("payment-receipt"))
      assert.deepStrictEqual([provider.settled.size, provider.released], [0, 1])
    }
  },
  {
    promise: "a handler that answers 404 is not paid either, and its key is free again",
    setup: { handler: ({ run }) => (run === 1 ? new Response("none", { status: 404 }) : new Response("there")) },
    check: async ({ fetch, provider }) => {
      assert.strictEqual((await fetch(request("GET", "/a", coin("k")))).status, 404)
      assert.strictEqual((await fetch(request("GET", "/a", coin("k")))).status, 200)
      assert.strictEqual(provider.settled.size, 1)
    }
  },
  {
    promise: "a handler that throws is not paid, and its failure passes through",
    setup: {
      handler: () => {
        throw new Error("oh no")
      }
    },
    check: async ({ fetch, provider }, host) => {
      const outcome = await failure(fetch(request("GET", "/a", coin())))
      if (host.name === "FetchHandler") assert.strictEqual((outcome as Error).message, "oh no")
      else assert.strictEqual(outcome, 500)
      assert.deepStrictEqual([provider.settled.size, provider.released], [0, 1])
    }
  },
  {
    promise: "an answer that cannot be sent is not paid",
    setup: { handler: () => Response.error() },
    check: async ({ fetch, provider }) => {
      await failure(fetch(request("GET", "/a", coin())))
      assert.deepStrictEqual([provider.settled.size, provider.released], [0, 1])
    }
  },
  {
    promise: "a client that goes away while the handler works is not charged",
    setup: { handler: () => new Promise(() => {}) },
    check: async ({ fetch, provider, runs }) => {
      const controller = new AbortController()
      const answer = failure(fetch(request("GET", "/a", coin(), undefined, { signal: controller.signal })))
      while (runs() === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      controller.abort()
      await answer
      while (provider.released === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      assert.strictEqual(provider.settled.size, 0)
    }
  },
  {
    promise: "with disconnect: finish, the sale ends without its client, and a repetition gets the answer",
    setup: {
      paywall: { disconnect: "finish" },
      handler: async () => {
        await new Promise((resolve) => setTimeout(resolve, 30))
        return Response.json("late")
      }
    },
    check: async ({ fetch, provider, runs }) => {
      const controller = new AbortController()
      const answer = failure(fetch(request("GET", "/a", coin("k"), undefined, { signal: controller.signal })))
      while (runs() === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      controller.abort()
      await answer
      while (provider.settled.size === 0) await new Promise((resolve) => setTimeout(resolve, 1))
      assert.strictEqual(await (await fetch(request("GET", "/a", coin("k")))).json(), "late")
      assert.strictEqual(runs(), 1)
    }
  },
  {
    promise: "an unknown settlement is 503 with Retry-After and the charge, never 402, and nothing leaks",
    setup: { handler: () => new Response("the secret answer") },
    check: async ({ fetch, provider }) => {
      provider.settles = "unknown"
      const response = await fetch(request("GET", "/a", coin("k")))
      const text = await response.clone().text()
      const problem = await problemOf(response)
      assert.deepStrictEqual([problem.status, problem.code, problem.moved], [503, "outcome_unknown", "unknown"])
      assert.match(problem.charge_id ?? "", /^ch_/)
      assert.isAbove(Number(response.headers.get("retry-after")), 0)
      assert.isNull(response.headers.get("www-authenticate"))
      assert.notInclude(text, "secret")
    }
  },
  {
    promise: "a declined settlement is 402, and nothing of the answer leaks",
    setup: { handler: () => new Response("the secret answer", { headers: { "x-secret": "1" } }) },
    check: async ({ fetch, provider }) => {
      provider.settles = "decline"
      const response = await fetch(request("GET", "/a", coin()))
      assert.notInclude(await response.clone().text(), "secret")
      assert.isNull(response.headers.get("x-secret"))
      assert.strictEqual((await problemOf(response)).code, "payment_declined")
    }
  },
  {
    promise: "a proof for /a does not buy /b, nor another method, nor another query",
    check: async ({ fetch, runs }) => {
      for (const [method, path] of [
        ["GET", "/b"],
        ["POST", "/a"],
        ["GET", "/a?x=1"]
      ] as const) {
        const response = await fetch(request(method, path, { "x-stub": proof("GET", "/a") }))
        assert.strictEqual((await problemOf(response)).code, "binding_mismatch")
      }
      assert.strictEqual(runs(), 0)
      assert.strictEqual((await fetch(request("GET", "/a", { "x-stub": proof("GET", "/a") }))).status, 200)
    }
  },
  {
    promise: "a body swapped after payment is refused; the same JSON spelled otherwise is not",
    check: async ({ fetch, runs }) => {
      const headers = { "x-stub": proof("POST", "/a", '{"a":1,"b":2}'), "content-type": "application/json" }
      const swapped = await fetch(request("POST", "/a", headers, '{"a":1,"b":3}'))
      assert.strictEqual((await problemOf(swapped)).code, "binding_mismatch")
      assert.strictEqual(runs(), 0)
      assert.strictEqual((await fetch(request("POST", "/a", headers, '{ "b": 2, "a": 1 }'))).status, 200)
    }
  },
  {
    promise: "one key for two bodies is a conflict",
    check: async ({ fetch }) => {
      const send = (body: string) => fetch(request("POST", "/a", coin("k"), body))
      assert.strictEqual((await send("one")).status, 200)
      assert.strictEqual((await problemOf(await send("two"))).code, "idempotency_conflict")
    }
  },
  {
    promise: "the handler reads the body that was paid for",
    setup: { handler: ({ body }) => new Response(body.toUpperCase()) },
    check: async ({ fetch }) => {
      assert.strictEqual(await (await fetch(request("POST", "/a", coin(), "hello"))).text(), "HELLO")
    }
  },
  {
    promise: "HEAD shows the price, runs nothing and charges nothing, even with a credential",
    check: async ({ fetch, provider, runs }) => {
      const response = await fetch(request("HEAD", "/a", coin()))
      assert.deepStrictEqual([response.status, await response.text()], [402, ""])
      assert.match(response.headers.get("www-authenticate") ?? "", /^Payment /)
      assert.deepStrictEqual([runs(), provider.verified], [0, 0])
    }
  },
  {
    promise: "OPTIONS is 204 with the methods and the headers of payment, and runs nothing",
    setup: { options: { allowOrigin: "https://shop.example" } },
    check: async ({ fetch, runs }) => {
      const response = await fetch(request("OPTIONS", "/a", coin()))
      assert.strictEqual(response.status, 204)
      assert.strictEqual(response.headers.get("allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
      assert.strictEqual(
        response.headers.get("access-control-allow-headers"),
        "x-coin, authorization, x-stub, idempotency-key, content-type"
      )
      assert.strictEqual(response.headers.get("access-control-allow-origin"), "https://shop.example")
      assert.strictEqual(runs(), 0)
    }
  },
  {
    promise: "headers that override the method change nothing",
    check: async ({ fetch, provider }) => {
      const override = { "x-http-method-override": "OPTIONS", "x-method-override": "HEAD", "x-http-method": "HEAD" }
      assert.strictEqual((await fetch(request("GET", "/a", override))).status, 402)
      assert.strictEqual((await fetch(request("GET", "/a", { ...override, ...coin() }))).status, 200)
      assert.strictEqual(provider.settled.size, 1)
    }
  },
  {
    promise: "unpaid, malformed, ambiguous and refused are told apart by code",
    check: async ({ fetch }) => {
      const code = async (headers: Headers) => (await problemOf(await fetch(request("GET", "/a", headers)))).code
      assert.strictEqual(await code({}), "payment_required")
      assert.strictEqual(await code({ "x-coin": "rubbish" }), "credential_malformed")
      assert.strictEqual(await code({ "x-coin": "ok:a", "x-stub": "ok:b" }), "credential_ambiguous")
      assert.strictEqual(await code({ "x-coin": "ok:a, ok:b" }), "credential_ambiguous")
      assert.strictEqual(await code({ "x-coin": "ok:a", "idempotency-key": "a b" }), "idempotency_key_invalid")
    }
  },
  {
    promise: "a credential of 20 KB gets a bounded typed answer that does not repeat it",
    check: async ({ fetch, runs }) => {
      const response = await fetch(request("GET", "/a", { "x-coin": `ok:${"z".repeat(20_000)}` }))
      const text = await response.clone().text()
      assert.strictEqual((await problemOf(response)).code, "request_too_large")
      assert.isBelow(text.length, 1000)
      assert.strictEqual(runs(), 0)
    }
  },
  {
    promise: "a path that would not fit in a receipt is refused before payment",
    check: async ({ fetch, provider }) => {
      const most = `/a?${"q".repeat(3997)}`
      const paid = await fetch(request("GET", most, coin()))
      assert.strictEqual(receiptOf(paid).resource, most)
      assert.isBelow(headerBytes(paid), 7000)
      assert.strictEqual((await fetch(request("GET", `${most}q`, coin()))).status, 413)
      assert.strictEqual(provider.settled.size, 1)
    }
  },
  {
    promise: "40 offers stay within the header budget, and the body has them all with their details",
    setup: { extra: 20 },
    check: async ({ fetch }) => {
      const response = await fetch(request("GET", "/a"))
      assert.isAtMost(headerBytes(response), 6 * 1024 + 200)
      const { accepts } = await problemOf(response)
      assert.strictEqual(accepts.length, 44)
      for (const accept of accepts) {
        assert.isString(accept.details["binding"])
        assert.strictEqual(accept.headers?.[`x-${accept.protocol}-needed`], `pay-${accept.currency}`)
      }
    }
  },
  {
    promise: "a stream begins after settlement, is not held back, and is not kept",
    setup: {
      handler: () => {
        const encoder = new TextEncoder()
        return new Response(
          new ReadableStream({
            async start(controller) {
              controller.enqueue(encoder.encode("data: 1\n\n"))
              await new Promise((resolve) => setTimeout(resolve, 150))
              controller.enqueue(encoder.encode("data: 2\n\n"))
              controller.close()
            }
          }),
          { headers: { "content-type": "text/event-stream" } }
        )
      }
    },
    check: async ({ fetch, provider, runs }) => {
      const response = await fetch(request("GET", "/a", coin("k")))
      assert.strictEqual(provider.settled.size, 1)
      receiptOf(response)
      const reader = response.body!.getReader()
      const first = await reader.read()
      assert.strictEqual(new TextDecoder().decode(first.value), "data: 1\n\n")
      const again = await fetch(request("GET", "/a", coin("k")))
      assert.strictEqual((await problemOf(again)).code, "already_settled")
      assert.strictEqual(again.headers.get("payment-receipt"), response.headers.get("payment-receipt"))
      assert.strictEqual(new TextDecoder().decode((await reader.read()).value), "data: 2\n\n")
      assert.strictEqual(runs(), 1)
    }
  },
  {
    promise: "a body above 256 KiB is sold and sent whole, and not kept",
    setup: { handler: () => new Response("y".repeat(300 * 1024)) },
    check: async ({ fetch, provider }) => {
      const first = await fetch(request("GET", "/a", coin("k")))
      assert.strictEqual((await first.text()).length, 300 * 1024)
      assert.strictEqual((await problemOf(await fetch(request("GET", "/a", coin("k"))))).code, "already_settled")
      assert.strictEqual(provider.settled.size, 1)
    }
  },
  {
    promise: "a body beyond the bound is 413, whatever its length was said to be",
    setup: { options: { maxBodySize: "10 B" } },
    check: async ({ fetch, runs }) => {
      const eleven = "12345678901"
      const send = (headers: Headers) => fetch(request("POST", "/a", { ...coin(), ...headers }, eleven))
      assert.strictEqual((await problemOf(await send({}))).code, "request_too_large")
      assert.strictEqual((await problemOf(await send({ "content-length": "3" }))).code, "request_too_large")
      assert.strictEqual((await problemOf(await send({ "content-length": "99999999999" }))).code, "request_too_large")
      const stream = new ReadableStream({
        pull: (controller) => controller.enqueue(new TextEncoder().encode("again and "))
      })
      const endless = new Request("http://localhost/a", {
        method: "POST",
        headers: coin(),
        body: stream,
        duplex: "half"
      } as RequestInit)
      assert.strictEqual((await problemOf(await fetch(endless))).code, "request_too_large")
      assert.strictEqual(runs(), 0)
    }
  },
  ...[
    ["fails", () => Effect.fail("no price")],
    ["dies", () => Effect.die("no price")],
    [
      "throws",
      () => {
        throw new Error("no price")
      }
    ],
    ["is zero", () => Effect.succeed([Money.of("CNY", 0n)] as const)],
    ["is nonsense", () => Effect.succeed([{ currency: "RMB", minor: 1 }] as never)],
    ["is nothing", () => Effect.succeed(undefined as never)]
  ].map(([how, price]): Case => ({
    promise: `a price that ${how as string} is 500 price_invalid, and nothing is charged`,
    setup: { price: price as NonNullable<Setup["price"]> },
    check: async ({ fetch, provider, runs }) => {
      const response = await fetch(request("GET", "/a", coin()))
      assert.notInclude(await response.clone().text(), "no price")
      assert.strictEqual((await problemOf(response)).code, "price_invalid")
      assert.deepStrictEqual([runs(), provider.verified], [0, 0])
    }
  }))
]

const headerBytes = (response: Response): number => {
  let bytes = 0
  for (const [name, value] of response.headers) bytes += name.length + value.length + 4
  return bytes
}

for (const host of hosts) {
  describe(host.name, () => {
    for (const { promise, setup, check } of cases) {
      it(promise, async () => {
        const served = host.serve(setup)
        try {
          await check(served, host)
        } finally {
          await served.dispose()
        }
      })
    }
  })
}
