// Over real requests and responses, with a `fetch` that is a function here: nothing leaves the process.
import { assert, describe, it } from "@effect/vitest"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import * as Receipt from "@paylayer/core/Receipt"
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import * as Problem from "@paylayer/http/Problem"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as PaidFetch from "../src/PaidFetch.ts"
import { Payer } from "../src/Payer.ts"
import { PurchaseError } from "../src/PurchaseError.ts"
import { Merchant, origin, problem, Purse, receiptFor } from "./market.ts"

const url = `${origin}/report?of=tea`

/** A web server, as a function. */
class Site {
  readonly received: Array<{ readonly request: Request; readonly body: string }> = []
  readonly shop = new Merchant()
  /** What it answers to a request that pays. */
  paid: (request: Request) => Promise<Response> | Response = () =>
    new Response("the report", {
      headers: { [Receipt.header]: Receipt.toHeader(receiptFor(this.shop.price)) }
    })
  unpaid: (request: Request) => Response = () =>
    new Response(Problem.print(this.shop.unpaid().problem!), {
      status: 402,
      headers: { "content-type": Problem.contentType }
    })
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    this.received.push({ request, body: await request.clone().text() })
    return request.headers.has("x-coin") ? this.paid(request) : this.unpaid(request)
  }
  get withCredential() {
    return this.received.filter(({ request }) => request.headers.has("x-coin"))
  }
}

const scene = (options: PaidFetch.Options = {}) => {
  const site = new Site()
  const purse = new Purse("coin")
  const runtime = ManagedRuntime.make(
    Payer.layer([Effect.succeed(purse.wallet)], { perCall: [Money.of("CNY", 500n)], attempts: 1 }).pipe(
      Layer.provide(LedgerMemory.layerSilent)
    )
  )
  return { site, runtime, fetch: PaidFetch.make(runtime, { fetch: site.fetch, ...options }) }
}

const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error("it did not reject")
}

const charge = (request: Record<string, string>, intent = "charge") =>
  PaymentChallenge.print({ id: "1", realm: "api", method: "coin", intent, request })

describe("a merchant without a problem document", () => {
  const asks = async (...challenges: ReadonlyArray<string>) => {
    const { fetch, site } = scene()
    const headers = { "www-authenticate": challenges.join(", ") }
    site.unpaid = () => new Response("pay first", { status: 402, headers })
    return { site, call: () => fetch(url) }
  }
  const dear = charge({ amount: "900", currency: "CNY", recipient: "2088" })
  const cheap = charge({ amount: "110", currency: "CNY", recipient: "2088" })

  it("is paid by what WWW-Authenticate says, the first offer within the cap, among whatever else is in it", async () => {
    const { call, site } = await asks('Bearer realm="api", error="invalid_token"', dear, "Negotiate", cheap)
    assert.strictEqual(await (await call()).text(), "the report")
    assert.strictEqual(site.withCredential.length, 1)
  })

  it("is paid nothing for what is no charge of money that is known here", async () => {
    for (const none of [
      charge({ amount: "110", currency: "CNY", recipient: "2088" }, "session"),
      charge({ amount: "-110", currency: "CNY", recipient: "2088" }),
      charge({ amount: "1.10", currency: "CNY", recipient: "2088" }),
      charge({ amount: "110", currency: "RMB", recipient: "2088" }),
      charge({ amount: "110", currency: "CNY" }),
      cheap.replace("coin", "other"),
      `${cheap}, broken="`
    ]) {
      const { call, site } = await asks(none)
      assert.deepInclude(await rejection(call()), { reason: "no-wallet", moved: "no" })
      assert.strictEqual(site.withCredential.length, 0)
    }
  })
})

describe("a paid fetch", () => {
  it("sends method, headers and body twice, the second time with the credential, and leaves the response to be read", async () => {
    const { fetch, site } = scene()
    const response = await fetch(url, {
      method: "PUT",
      headers: { "content-type": "application/json", "x-own": "kept" },
      body: '{"of":"tea"}'
    })
    assert.strictEqual(await response.text(), "the report")
    assert.isTrue(Receipt.fromHeader(response.headers.get(Receipt.header) ?? "")._tag === "Success")
    assert.strictEqual(site.received.length, 2)
    for (const { body, request } of site.received) {
      assert.deepStrictEqual(
        [request.url, request.method, request.headers.get("x-own"), body],
        [url, "PUT", "kept", '{"of":"tea"}']
      )
    }
    assert.deepStrictEqual(
      site.received.map(({ request }) => request.headers.get("x-coin")),
      [null, "secret-coin"]
    )
  })

  it("takes a Request, and what is refused after payment is the response", async () => {
    const { fetch, site } = scene()
    site.paid = () =>
      new Response(Problem.print(problem(402, "budget_exceeded")), {
        status: 402,
        headers: { "content-type": Problem.contentType }
      })
    const response = await fetch(new Request(url))
    assert.deepStrictEqual(
      [response.status, ((await response.json()) as { readonly code: string }).code],
      [402, "budget_exceeded"]
    )
  })

  it("does not touch what is global, nor what costs nothing", async () => {
    const before = globalThis.fetch
    const { fetch, site } = scene()
    site.unpaid = () => new Response("free")
    assert.strictEqual(await (await fetch(url)).text(), "free")
    assert.strictEqual(globalThis.fetch, before)
    assert.strictEqual(site.received.length, 1)
  })

  it("passes the reason of a failed request on, while nothing is paid", async () => {
    const { fetch, site } = scene()
    const reason = new TypeError("fetch failed")
    site.unpaid = () => {
      throw reason
    }
    assert.strictEqual(await rejection(fetch(url)), reason)
  })

  it("streams the answer, and follows no redirect of a paid request", async () => {
    const { fetch, site } = scene()
    site.paid = (request) => {
      assert.strictEqual(request.redirect, "manual")
      return new Response(null, { status: 303, headers: { location: "https://elsewhere.example/" } })
    }
    const response = await fetch(url)
    assert.deepStrictEqual([response.status, site.withCredential.length], [303, 1])
  })
})

describe("no credential is sent", () => {
  const refused = async (promise: Promise<unknown>, site: Site, message: RegExp) => {
    const error = await rejection(promise)
    assert.isTrue(error instanceof PurchaseError)
    assert.deepInclude(error, { reason: "merchant-not-allowed", moved: "no" })
    assert.match(String(error), message)
    assert.strictEqual(site.withCredential.length, 0)
  }

  it("where the request was redirected", async () => {
    const { fetch, site } = scene()
    site.unpaid = () => {
      const response = new Response("", { status: 402 })
      Object.defineProperties(response, { redirected: { value: true }, url: { value: "https://elsewhere.example/" } })
      return response
    }
    await refused(fetch(url), site, /redirected; call https:\/\/elsewhere.example\/ itself/)
  })

  it("in the clear, except on this machine", async () => {
    const { fetch, site } = scene()
    await refused(fetch("http://merchant.example/report"), site, /https only/)
    assert.strictEqual((await fetch("http://127.0.0.1:1/report")).status, 200)
  })

  it("to merchants that are not among those that may be paid", async () => {
    const { fetch, site } = scene({ merchants: ["https://other.example"] })
    await refused(fetch(url), site, /not among the merchants/)
  })
})

describe("aborting", () => {
  it("before payment rejects with the signal's reason and pays nothing", async () => {
    const { fetch, site, runtime } = scene()
    const signal = AbortSignal.abort(new Error("enough"))
    assert.strictEqual(String(await rejection(fetch(url, { signal }))), "Error: enough")
    assert.strictEqual(site.withCredential.length, 0)
    assert.deepStrictEqual(await runtime.runPromise(Payer.use((payer) => payer.unresolved)), [])
  })

  it("after it rejects with the reason, aborts the request, and the same call asks for the answer", async () => {
    const { fetch, site, runtime } = scene()
    const controller = new AbortController()
    let aborted = false
    site.paid = (request) =>
      new Promise((_, reject) => {
        request.signal.addEventListener("abort", () => {
          aborted = true
          reject(request.signal.reason)
        })
        controller.abort(new Error("enough"))
      })
    assert.strictEqual(String(await rejection(fetch(url, { signal: controller.signal }))), "Error: enough")
    assert.isTrue(aborted)
    assert.strictEqual((await runtime.runPromise(Payer.use((payer) => payer.unresolved))).length, 1)
    site.paid = () => new Response("the report")
    assert.strictEqual(await (await fetch(url)).text(), "the report")
    assert.strictEqual(
      new Set(site.withCredential.map(({ request }) => request.headers.get("idempotency-key"))).size,
      1
    )
  })
})
