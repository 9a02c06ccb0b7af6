/** Answers that no gateway should give, over both protocols: the error is typed, and nothing is called refused that may have happened. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { HttpClientError, TransportError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { OpenPlatform } from "../src/OpenPlatform.ts"
import { config, platform, rawOf, rest, signature, signed } from "./gateway.ts"

const method = "alipay.trade.agent.delegation.pay"
const member = "alipay_trade_agent_delegation_pay_response"
const apis = ["v2", "v3"] as const
type Api = (typeof apis)[number]

const success = { trade_no: "2026112222001", url: "https://example.com/a" }

/** What a success looks like on the wire. */
const wholes: Readonly<Record<Api, () => Response>> = {
  v2: () => new Response(signed(member, rawOf({ code: "10000", msg: "Success", ...success }))),
  v3: () => rest(JSON.stringify(success))
}

type Answer = Parameters<typeof platform>[0]
const call = (api: Api, answer: Answer) =>
  Effect.provide(
    OpenPlatform.use((platform) => platform.execute(method, { prepay_id: "p" })),
    platform(answer, { ...config, api })
  )

/** `ok`, or the reason and its outcome. */
const told = (api: Api, answer: Answer) =>
  Effect.match(call(api, answer), {
    onSuccess: () => "ok",
    onFailure: ({ outcome, reason }) => `${reason._tag} ${outcome}`
  })

const altered = async (api: Api, alter: (body: string, headers: Headers) => string | Uint8Array<ArrayBuffer>) => {
  const whole = wholes[api]()
  const headers = new Headers(whole.headers)
  return new Response(alter(await whole.text(), headers), { headers, status: whole.status })
}

const gbk = Uint8Array.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xca, 0xd0, 0xb3, 0xa1, 0x22, 0x7d])
const page = "<!DOCTYPE html><html><body>503</body></html>"

/** What comes, and what is made of it. A row for both protocols unless they differ. */
const rows: ReadonlyArray<
  readonly [string, (api: Api) => Promise<Response> | Response, Readonly<Record<Api, string>>]
> = [
  ["as it should be", (api) => wholes[api](), { v2: "ok", v3: "ok" }],
  [
    "unsigned",
    (api) =>
      altered(api, (body, headers) => {
        headers.delete("alipay-signature")
        return body.replace(/,"sign":"[^"]*"/, "")
      }),
    { v2: "Unsigned unknown", v3: "Unsigned unknown" }
  ],
  [
    "with an empty signature",
    (api) =>
      altered(api, (body, headers) => {
        headers.set("alipay-signature", "")
        return body.replace(/"sign":"[^"]*"/, '"sign":""')
      }),
    { v2: "Unsigned unknown", v3: "Unsigned unknown" }
  ],
  [
    "mis-signed",
    (api) =>
      altered(api, (body, headers) => {
        headers.set("alipay-nonce", "another")
        return body.replace("2026112222001", "2026112222002")
      }),
    { v2: "MisSigned unknown", v3: "MisSigned unknown" }
  ],
  [
    "signed by the wrong key",
    (api) =>
      api === "v2"
        ? new Response(signed(member, rawOf({ code: "10000", ...success }), "strange.pkcs8.pem"))
        : rest(JSON.stringify(success), { key: "strange.pkcs8.pem" }),
    { v2: "MisSigned unknown", v3: "MisSigned unknown" }
  ],
  [
    "with slashes written another way than they were signed",
    (api) => altered(api, (body) => (api === "v2" ? body.replaceAll("\\/", "/") : body.replaceAll("/", "\\/"))),
    { v2: "MisSigned unknown", v3: "MisSigned unknown" }
  ],
  [
    "with a member twice",
    (api) => altered(api, (body) => body.replace('"trade_no":', '"trade_no":"1","trade_no":')),
    { v2: "Malformed unknown", v3: "Malformed unknown" }
  ],
  [
    "with a member twice, and signed so",
    (api) => {
      const body = '{"code":"10000","trade_no":"1","trade_no":"2"}'
      return api === "v2" ? new Response(signed(member, body)) : rest(body)
    },
    { v2: "Malformed unknown", v3: "Malformed unknown" }
  ],
  [
    "an unsigned refusal at the door",
    (api) =>
      api === "v2"
        ? new Response(`{"error_response":${rawOf({ code: "40002", sub_code: "isv.invalid-app-id" })}}`)
        : new Response('{"code":"invalid-app-id","message":"x","links":[]}', { status: 400 }),
    { v2: "InvalidRequest unknown", v3: "InvalidRequest unknown" }
  ],
  [
    "an unsigned refusal of the method",
    (api) =>
      api === "v2"
        ? new Response(`{"${member}":${rawOf({ code: "40004", sub_code: "ACQ.BUYER_BALANCE_NOT_ENOUGH" })}}`)
        : new Response('{"code":"ACQ.BUYER_BALANCE_NOT_ENOUGH","message":"x"}', { status: 400 }),
    { v2: "Unsigned unknown", v3: "Unsigned unknown" }
  ],
  [
    "a signed refusal of the method",
    (api) =>
      api === "v2"
        ? new Response(signed(member, rawOf({ code: "40004", sub_code: "ACQ.BUYER_BALANCE_NOT_ENOUGH" })))
        : rest('{"code":"ACQ.BUYER_BALANCE_NOT_ENOUGH","message":"x"}', { status: 400 }),
    { v2: "BusinessFailure refused", v3: "BusinessFailure refused" }
  ],
  [
    "a signed word of an earlier call",
    (api) =>
      api === "v2"
        ? new Response(signed(member, rawOf({ code: "40004", sub_code: "ACQ.TRADE_HAS_SUCCESS" })))
        : rest('{"code":"ACQ.TRADE_HAS_SUCCESS","message":"x"}', { status: 400 }),
    { v2: "BusinessFailure unknown", v3: "BusinessFailure unknown" }
  ],
  [
    "a signed word of trouble inside",
    (api) =>
      api === "v2"
        ? new Response(signed(member, rawOf({ code: "40004", sub_code: "ACQ.SYSTEM_ERROR" })))
        : rest('{"code":"ACQ.SYSTEM_ERROR","message":"x"}', { status: 400 }),
    { v2: "Unavailable unknown", v3: "Unavailable unknown" }
  ],
  [
    "a charge that is still being made",
    (api) =>
      api === "v2"
        ? new Response(signed(member, rawOf({ code: "10003" })))
        : rest('{"code":"ORDER_PAYING"}', { status: 202 }),
    { v2: "Paying unknown", v3: "Paying unknown" }
  ],
  [
    "a code of trouble under HTTP 200",
    (api) =>
      api === "v2" ? new Response(signed(member, rawOf({ code: "20000" }))) : rest('{"code":"20000","trade_no":"1"}'),
    { v2: "Unavailable unknown", v3: "Unavailable unknown" }
  ],
  [
    "of another charset",
    () => new Response(gbk, { headers: { "content-type": "text/html;charset=GBK" } }),
    { v2: "Malformed unknown", v3: "Malformed unknown" }
  ],
  ["a page", () => new Response(page), { v2: "Malformed unknown", v3: "Malformed unknown" }],
  ["empty", () => new Response(""), { v2: "Malformed unknown", v3: "Malformed unknown" }],
  [
    "longer than a mebibyte",
    () => new Response("x".repeat(1_048_577)),
    { v2: "Malformed unknown", v3: "Malformed unknown" }
  ],
  [
    "announced to be longer than a mebibyte",
    (api) =>
      altered(api, (body, headers) => {
        headers.set("content-length", "1048577")
        return body
      }),
    { v2: "Malformed unknown", v3: "Malformed unknown" }
  ],
  [
    "a mebibyte of spaces around it",
    (api) => altered(api, (body) => body.padEnd(1_048_570, " ")),
    { v2: "ok", v3: "MisSigned unknown" }
  ],
  ...[500, 502, 503, 504].map(
    (status) =>
      [
        `HTTP ${status} with a page`,
        () => new Response(page, { status }),
        { v2: "HttpStatus unknown", v3: "HttpStatus unknown" }
      ] as const
  ),
  ["HTTP 204", () => new Response(null, { status: 204 }), { v2: "HttpStatus unknown", v3: "HttpStatus unknown" }],
  [
    "a redirect",
    () => new Response(null, { status: 307, headers: { location: "https://x.example" } }),
    { v2: "HttpStatus unknown", v3: "HttpStatus unknown" }
  ]
]

describe("an answer that is", () => {
  for (const [name, answer, expected] of rows) {
    it.effect(`${name} is told as what it is, in both protocols`, () =>
      Effect.gen(function* () {
        for (const api of apis) {
          const response = yield* Effect.promise(async () => answer(api))
          assert.strictEqual(yield* told(api, () => response), expected[api], api)
        }
      })
    )
  }

  it.effect("slow is given up in time, whether its headers or its body are late", () =>
    Effect.gen(function* () {
      for (const api of apis) {
        const stuck = () =>
          new Response(new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array([0x7b])) }))
        for (const answer of [() => Effect.never, stuck]) {
          const fiber = yield* Effect.forkChild(told(api, answer))
          yield* TestClock.adjust("5 seconds")
          assert.strictEqual(yield* Fiber.join(fiber), "Timeout unknown")
        }
      }
    })
  )

  it.effect("cut after the charge happened is unknown, wherever the connection broke", () =>
    Effect.gen(function* () {
      for (const api of apis) {
        const body = new Uint8Array(yield* Effect.promise(() => wholes[api]().arrayBuffer()))
        for (let at = 0; at < body.length; at += 7) {
          const cut = new ReadableStream<Uint8Array>({
            start: (stream) => {
              stream.enqueue(body.subarray(0, at))
              stream.error(new Error("the other side closed the connection"))
            }
          })
          assert.strictEqual(yield* told(api, () => new Response(cut)), "Transport unknown")
        }
        const reset = (_: unknown, request: HttpClientRequest) =>
          Effect.fail(new HttpClientError({ reason: new TransportError({ request, cause: { code: "ECONNRESET" } }) }))
        assert.strictEqual(yield* told(api, reset), "Transport unknown")
      }
    })
  )
})

// A whole answer that is altered anywhere: in the body, or in a header that is signed.
const alteration = fc.record({
  at: fc.nat(),
  what: fc.constantFrom("delete", "insert", "replace", "cut", "repeat"),
  with: fc.constantFrom('"', "{", "}", "\\", ",", "0", "\u0000", "é", "\ufeff", " ", "sign")
})

const apply = (
  text: string,
  { at, what, with: piece }: typeof alteration extends fc.Arbitrary<infer A> ? A : never
) => {
  const place = at % text.length
  switch (what) {
    case "delete":
      return text.slice(0, place) + text.slice(place + 1)
    case "insert":
      return text.slice(0, place) + piece + text.slice(place)
    case "replace":
      return text.slice(0, place) + piece + text.slice(place + 1)
    case "cut":
      return text.slice(0, place)
    case "repeat":
      return text.slice(0, place) + text
  }
}

describe("an altered answer", () => {
  for (const api of apis) {
    it(`of ${api} says what was signed, or nothing that is believed`, async () => {
      const whole = await wholes[api]().text()
      await fc.assert(
        fc.asyncProperty(fc.array(alteration, { minLength: 1, maxLength: 3 }), async (alterations) => {
          const text = alterations.reduce((text, one) => (text === "" ? text : apply(text, one)), whole)
          const { headers } = wholes[api]()
          const exit = await Effect.runPromise(Effect.result(call(api, () => new Response(text, { headers }))))
          if (exit._tag === "Failure") assert.strictEqual(exit.failure.outcome, "unknown")
          else assert.deepInclude({ ...exit.success }, success)
        }),
        { numRuns: 300 }
      )
    })
  }

  it("that is not Alipay's at all, of any status, is never a success and never a refusal", async () => {
    const forged = fc.record({
      code: fc.constantFrom("10000", "40004", "invalid-app-id", "ACQ.TRADE_NOT_EXIST", "20000", ""),
      status: fc.constantFrom(200, 202, 400, 401, 403, 404, 429, 500, 503),
      sign: fc.constantFrom(undefined, "", "AAAA", signature("{}"), "é"),
      name: fc.constantFrom(member, "error_response", "sign")
    })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...apis), forged, async (api, { code, name, sign, status }) => {
        const raw = rawOf({ code, sub_code: code, message: "x", ...success })
        const body = api === "v3" ? raw : `{"${name}":${raw}${sign === undefined ? "" : `,"sign":"${sign}"`}}`
        const headers = sign === undefined || sign === "é" ? {} : { "alipay-signature": sign, "alipay-timestamp": "1" }
        const result = await Effect.runPromise(told(api, () => new Response(body, { status, headers })))
        assert.match(result, / unknown$/)
      }),
      { numRuns: 300 }
    )
  })
})
