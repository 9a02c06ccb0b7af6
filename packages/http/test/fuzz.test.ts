// Whatever is sent, the answer is one of the documented ones: never a 500, never silence, never an unpaid run.
import { assert, describe, it } from "@effect/vitest"
import * as Problem from "@paylayer/http/Problem"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { hosts } from "./hosts.ts"

const value = fc.oneof(
  fc.string({ unit: "grapheme-ascii", maxLength: 40 }),
  fc.constantFrom(
    "ok:alice",
    "ok:",
    "ok:alice:x",
    "ok:a, ok:b",
    "coin ok:alice",
    "Coin  ok:bob",
    "stub ok:x:y",
    ",",
    "k"
  )
)
const name = fc.oneof(
  fc.constantFrom("x-coin", "x-stub", "authorization", "idempotency-key", "content-type", "content-length", "expect"),
  fc.stringMatching(/^[!#$%&'*+.^_`|~0-9a-z-]{1,12}$/)
)

const sent = fc.record({
  method: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"),
  path: fc.tuple(
    fc.constantFrom("/a", "/b"),
    fc.oneof(
      fc.constant(""),
      fc.webQueryParameters().map((q) => `?${q}`)
    )
  ),
  headers: fc.array(fc.tuple(name, value), { maxLength: 6 }),
  body: fc.option(
    fc.oneof(
      fc.json(),
      fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes))
    )
  )
})

const build = ({ method, path, headers, body }: typeof sent extends fc.Arbitrary<infer A> ? A : never) => {
  const bag = new Headers()
  for (const [name, value] of headers) {
    try {
      bag.append(name, value)
    } catch {
      // Not a header that fetch lets out.
    }
  }
  return new Request(`http://localhost${path.join("")}`, {
    method,
    headers: bag,
    ...(body === null || method === "GET" || method === "HEAD" ? {} : { body: body as string })
  })
}

const documented = new Set([200, 204, 400, 402, 409, 413])

for (const host of hosts) {
  describe(host.name, () => {
    it("answers whatever headers and bodies come", { timeout: 60_000 }, async () => {
      const served = await host.serve()
      try {
        await fc.assert(
          fc.asyncProperty(sent, async (sent) => {
            const before = { runs: served.runs(), settled: served.provider.settled.size }
            const request = build(sent)
            const response = await served.fetch(request)
            if (host.methods?.includes(sent.method) === false) {
              assert.deepStrictEqual([response.status, served.runs()], [404, before.runs])
              return
            }
            assert.include([...documented], response.status)
            const text = await response.text()
            // A body longer than its Content-Length is no request that was sent whole.
            const broken = response.status === 400 && request.headers.has("content-length")
            if (response.status >= 400 && sent.method !== "HEAD" && !broken) Result.getOrThrow(Problem.parse(text))
            assert.include(response.headers.get("cache-control") ?? "", "no-store")
            const runs = served.runs() - before.runs
            assert.strictEqual(served.provider.settled.size - before.settled, runs)
            if (runs > 0) assert.strictEqual(response.status, 200)
          }),
          { numRuns: 400 }
        )
      } finally {
        await served.dispose()
      }
    })
  })
}
