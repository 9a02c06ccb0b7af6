// What a host must get right in HTTP itself: headers, methods, paths, bodies, streams. What does not depend on the transport
// is in `anyHost.ts`.
import { assert, describe, it } from "@effect/vitest"
import * as Problem from "@paylayer/http/Problem"
import * as Receipt from "@paylayer/core/Receipt"
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import { coin, everyHost } from "./anyHost.ts"
import { type HttpHost, overHttp, type Served, type Setup } from "./httpHost.ts"
import { proof } from "./protocols.ts"

type Headers = Record<string, string>
const request = (method: string, path: string, headers: Headers = {}, body?: string, init: RequestInit = {}) =>
  new Request(`http://localhost${path}`, { method, headers, ...(body === undefined ? {} : { body }), ...init })

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
  readonly check: (served: Served, host: HttpHost) => Promise<void>
}

export const httpCases: ReadonlyArray<Case> = [
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
      assert.match(second.headers.get("content-type") ?? "", /^application\/json/)
      assert.strictEqual(second.headers.get("content-type"), first.headers.get("content-type"))
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
    promise:
      "a conditional request that is answered 304 is not paid, for nothing is delivered, and its key is free again",
    setup: {
      handler: ({ run }) => {
        const headers = { etag: '"1"', "content-type": "text/plain" }
        return run === 2 ? new Response(null, { status: 304, headers }) : new Response("the report", { headers })
      }
    },
    check: async ({ fetch, provider }) => {
      const get = (key: string, headers: Headers = {}) => fetch(request("GET", "/a", { ...coin(key), ...headers }))
      assert.strictEqual((await get("1")).headers.get("etag"), '"1"')
      const unchanged = await get("2", { "if-none-match": '"1"' })
      assert.deepStrictEqual(
        [unchanged.status, unchanged.headers.get("etag"), await unchanged.text()],
        [304, '"1"', ""]
      )
      assert.isNull(unchanged.headers.get("payment-receipt"))
      assert.deepStrictEqual([provider.settled.size, provider.released], [1, 1])
      const again = await get("2")
      assert.deepStrictEqual([again.status, await again.text()], [200, "the report"])
      assert.strictEqual(provider.settled.size, 2)
    }
  },
  {
    promise: "a handler that throws is not paid, and its failure passes through",
    setup: {
      handler: () => {
        throw new Error("oh no")
      }
    },
    check: async ({ fetch, provider }, { throwing }) => {
      const outcome = await failure(fetch(request("GET", "/a", coin())))
      if (throwing === "rejects") assert.strictEqual((outcome as Error).message, "oh no")
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
    promise: "a credential of 20 KB gets a bounded typed answer that does not repeat it",
    check: async ({ fetch, runs }) => {
      const response = await fetch(request("GET", "/a", { "x-coin": `ok:${"z".repeat(20_000)}` }))
      const text = await response.clone().text()
      // Node answers by itself before any handler sees the request.
      if (response.status === 431) assert.strictEqual(text, "")
      else assert.strictEqual((await problemOf(response)).code, "request_too_large")
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
  {
    promise: "no spelling of the path runs the handler unpaid",
    check: async ({ fetch, runs }) => {
      const spellings = ["/a", "//a", "/a/", "/A", "/./a", "/x/../a", "/%61", "/a;x=1", "/a?", "/a#f", "/a%2f", "/a%00"]
      for (const path of spellings) {
        for (const method of ["GET", "HEAD", "POST"])
          assert.isAtLeast((await fetch(request(method, path))).status, 400, `${method} ${path}`)
      }
      assert.strictEqual(runs(), 0)
    }
  },
  {
    promise: "a redirect is sold like any other answer, and repeated with its receipt",
    setup: { handler: () => new Response(null, { status: 303, headers: { location: "/done" } }) },
    check: async ({ fetch, provider }) => {
      for (const replayed of [null, "true"]) {
        const response = await fetch(request("GET", "/a", coin("k"), undefined, { redirect: "manual" }))
        assert.deepStrictEqual([response.status, response.headers.get("location")], [303, "/done"])
        assert.strictEqual(response.headers.get("idempotency-replayed"), replayed)
        receiptOf(response)
      }
      assert.strictEqual(provider.settled.size, 1)
    }
  }
]

const headerBytes = (response: Response): number => {
  let bytes = 0
  for (const [name, value] of response.headers) bytes += name.length + value.length + 4
  return bytes
}

/** Asks every case of a host that speaks HTTP. */
export const everyHttpHost = (host: HttpHost): void => {
  everyHost(overHttp(host))
  const { name, serve, skips = {} } = host
  describe(`${name} over HTTP`, () => {
    it("skips nothing that is not a case", () => {
      const promises = new Set(httpCases.map(({ promise }) => promise))
      assert.deepStrictEqual(
        Object.keys(skips).filter((promise) => !promises.has(promise)),
        []
      )
    })
    for (const { check, promise, setup } of httpCases) {
      const asked = promise in skips ? it.skip : it.concurrent
      asked(promise, async () => {
        const served = await serve(setup)
        try {
          await check(served, host)
        } finally {
          await served.dispose()
        }
      })
    }
  })
}
