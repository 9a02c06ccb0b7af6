import { assert, describe, it } from "@effect/vitest"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { HttpClientError, TransportError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as Tracer from "effect/Tracer"
import * as Crypto from "node:crypto"
import { inspect } from "node:util"
import { OpenPlatform } from "../src/OpenPlatform.ts"
import type { OpenPlatformError } from "../src/OpenPlatformError.ts"
import { platform, rawOf, type Seen, signature, signed } from "./gateway.ts"
import { vector } from "./vectors.ts"

const method = "alipay.trade.query"
const member = "alipay_trade_query_response"
const secret = "biz-secret-4711"

const execute = (layer: Layer.Layer<OpenPlatform>, options?: Parameters<OpenPlatform["Service"]["execute"]>[2]) =>
  Effect.flatMap(OpenPlatform, (platform) => platform.execute(method, { out_trade_no: secret }, options)).pipe(
    Effect.provide(layer)
  )
const failure = (answer: Parameters<typeof platform>[0]) =>
  Effect.map(Effect.flip(execute(platform(answer))), (error: OpenPlatformError) => {
    const shown = `${inspect(error, { depth: 12 })}${JSON.stringify(error)}${error.message}`
    assert.notInclude(shown, secret)
    assert.notInclude(shown, "sign=")
    return error
  })
const expect = (answer: string | Response, tag: string, outcome: "refused" | "unknown") =>
  Effect.map(
    failure(() => answer),
    (error) => {
      const text = typeof answer === "string" ? answer.slice(0, 120) : ""
      assert.deepStrictEqual([error.reason._tag, error.outcome], [tag, outcome], text)
    }
  )

describe("a request", () => {
  it.effect("is what the gateway expects, and verifies under the application's key", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_769_817_600_000)
      const requests: Array<readonly [Seen, HttpClientRequest]> = []
      const raw = rawOf({ code: "10000" })
      const layer = platform((seen, request) => {
        requests.push([seen, request])
        return signed(member, raw)
      })
      yield* execute(layer, {
        appAuthToken: Redacted.make("auth-token"),
        notifyUrl: "https://merchant.example/n?a=1&b=2"
      })
      const [seen, request] = requests[0]!
      assert.strictEqual(request.method, "POST")
      assert.strictEqual(seen.url.origin + seen.url.pathname, "https://openapi.alipay.com/gateway.do")
      assert.include(request.headers["content-type"] ?? "", "application/x-www-form-urlencoded")
      const { sign, ...others } = seen.parameters
      assert.deepStrictEqual(others, {
        app_id: "2021000000000001",
        method,
        format: "JSON",
        charset: "utf-8",
        sign_type: "RSA2",
        timestamp: "2026-01-31 08:00:00",
        version: "1.0",
        app_auth_token: "auth-token",
        notify_url: "https://merchant.example/n?a=1&b=2",
        biz_content: `{"out_trade_no":"${secret}"}`
      })
      assert.isFalse(seen.url.searchParams.has("biz_content"))
      const content = Object.keys(others)
        .toSorted()
        .map((name) => `${name}=${others[name]}`)
        .join("&")
      assert.isTrue(
        Crypto.verify("RSA-SHA256", Buffer.from(content), vector("strange.spki.pem"), Buffer.from(sign!, "base64"))
      )
    })
  )

  it.effect("carries any text unharmed, and leaves out what is undefined", () =>
    Effect.gen(function* () {
      const subject = 'a&b=c+d %20 "晴天" / ☀ \u2028'
      let received: unknown
      const layer = platform(({ biz }) => {
        received = biz
        return signed(member, rawOf({ code: "10000" }))
      })
      yield* Effect.flatMap(OpenPlatform, (platform) =>
        platform.execute(method, { subject, nothing: undefined, amount: new StrictJson.JsonNumber("15.10") })
      ).pipe(Effect.provide(layer))
      assert.deepStrictEqual(received, { subject, amount: 15.1 })
    })
  )
})

describe("an answer", () => {
  it.effect("is given when it is signed and its code is 10000", () =>
    Effect.gen(function* () {
      const raw = rawOf({ code: "10000", url: "https://example.com/a", subject: "晴天" })
      const answer = yield* execute(platform(() => signed(member, raw)))
      assert.strictEqual(answer["url"], "https://example.com/a")
    })
  )

  it.effect("is what OpenSSL signed", () =>
    Effect.gen(function* () {
      const text = `{"${member}":${vector("answer.txt")},"sign":"${vector("answer.sign")}"}`
      assert.strictEqual((yield* execute(platform(() => text)))["subject"], "晴天")
    })
  )

  const success = rawOf({ code: "10000", trade_status: "TRADE_SUCCESS", url: "https://a/b" })

  it.effect("is not believed unsigned, mis-signed, re-serialised, or signed by another", () =>
    Effect.gen(function* () {
      yield* expect(`{"${member}":${success}}`, "Unsigned", "unknown")
      yield* expect(`{"${member}":${success},"sign":""}`, "Unsigned", "unknown")
      yield* expect(`{"error_response":${success}}`, "Unsigned", "unknown")
      yield* expect(`{"${member}":${success},"sign":"AAAA"}`, "MisSigned", "unknown")
      yield* expect(`{"${member}":${success},"sign":"${signature(rawOf({ code: "10000" }))}"}`, "MisSigned", "unknown")
      yield* expect(signed(member, success, "strange.pkcs8.pem"), "MisSigned", "unknown")
      yield* expect(
        `{"${member}":${success.replaceAll("\\/", "/")},"sign":"${signature(success)}"}`,
        "MisSigned",
        "unknown"
      )
      yield* expect(
        `{"${member}":${success.replace("{", "{ ")},"sign":"${signature(success)}"}`,
        "MisSigned",
        "unknown"
      )
      yield* expect(signed("alipay_trade_pay_response", success), "Malformed", "unknown")
      yield* expect(signed("error_response", success), "Malformed", "unknown")
    })
  )

  it.effect("is an outcome by its code, when signed", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [string, string | undefined, string, "refused" | "unknown"]> = [
        ["40004", "ACQ.BUYER_BALANCE_NOT_ENOUGH", "BusinessFailure", "refused"],
        ["40004", "ACQ.TRADE_HAS_SUCCESS", "BusinessFailure", "unknown"],
        ["40004", "ACQ.CONTEXT_INCONSISTENT", "BusinessFailure", "unknown"],
        ["40004", "ACQ.SYSTEM_ERROR", "Unavailable", "unknown"],
        ["40004", "aop.unknow-error", "Unavailable", "unknown"],
        ["10003", undefined, "Paying", "unknown"],
        ["20000", "isp.unknow-error", "Unavailable", "unknown"],
        ["20000", "aop.unknow-error", "Unavailable", "unknown"],
        ["20000", undefined, "Unavailable", "unknown"],
        ["20001", "aop.invalid-auth-token", "Unauthorized", "refused"],
        ["40001", "isv.missing-method", "InvalidRequest", "refused"],
        ["40002", "isv.invalid-signature", "InvalidRequest", "refused"],
        ["40002", "isp.unknow-error", "Unavailable", "unknown"],
        ["40003", "isv.missing-signature-config", "InvalidRequest", "refused"],
        ["40005", "isv.app-call-limited", "RateLimited", "refused"],
        ["40006", "isv.insufficient-isv-permissions", "PermissionDenied", "refused"],
        ["99999", undefined, "Malformed", "unknown"],
        ["", undefined, "Malformed", "unknown"]
      ]
      for (const [code, sub_code, tag, outcome] of cases) {
        for (const name of [member, "error_response"])
          yield* expect(signed(name, rawOf({ code, sub_code })), tag, outcome)
      }
      yield* expect(signed(member, "{}"), "Malformed", "unknown")
      yield* expect(signed(member, '{"code":10000}'), "Malformed", "unknown")
      const error = yield* failure(() =>
        signed(member, rawOf({ code: "40004", sub_code: "ACQ.X", sub_msg: "余额不足" }))
      )
      assert.include(error.message, "40004, ACQ.X, 余额不足")
    })
  )

  it.effect("may refuse at the door without signature; anybody may have written that, so nothing is known for it", () =>
    Effect.gen(function* () {
      const unsigned = (name: string, code: string, sub_code?: string) => `{"${name}":${rawOf({ code, sub_code })}}`
      yield* expect(unsigned("error_response", "40002", "isv.invalid-app-id"), "InvalidRequest", "unknown")
      yield* expect(unsigned(member, "40002", "isv.invalid-app-id"), "InvalidRequest", "unknown")
      yield* expect(
        unsigned("error_response", "40006", "isv.insufficient-isv-permissions"),
        "PermissionDenied",
        "unknown"
      )
      yield* expect(unsigned("error_response", "40005", "isv.app-call-limited"), "RateLimited", "unknown")
      yield* expect(unsigned("error_response", "20001", "aop.invalid-auth-token"), "Unauthorized", "unknown")
      yield* expect(unsigned("error_response", "40004", "ACQ.TRADE_NOT_EXIST"), "Unsigned", "unknown")
      yield* expect(unsigned("error_response", "20000", "isp.unknow-error"), "Unsigned", "unknown")
      yield* expect(unsigned("error_response", "40002", "isp.unknow-error"), "Unsigned", "unknown")
      yield* expect(unsigned("error_response", "10003"), "Unsigned", "unknown")
      yield* expect(unsigned(member, "40004", "ACQ.TRADE_NOT_EXIST"), "Unsigned", "unknown")
      yield* expect(unsigned(member, "40002", "isv.invalid-signature"), "Unsigned", "unknown")
      yield* expect(`{"error_response":${rawOf({ code: "40002" })},"sign":"AAAA"}`, "MisSigned", "unknown")
    })
  )

  it.effect("that repeats what was signed does so to nobody", () =>
    Effect.gen(function* () {
      // What the gateway is known to answer where a signature does not fit.
      const sub_msg = `验签出错，网关生成的验签字符串为：app_id=1&biz_content={"out_trade_no":"${secret}"}&charset=utf-8`
      const text = signed(member, rawOf({ code: "40002", sub_code: "isv.invalid-signature", sub_msg, msg: sub_msg }))
      const error = yield* failure(() => text)
      assert.strictEqual(
        error.reason._tag === "InvalidRequest" && error.reason.subMsg,
        "验签出错，网关生成的验签字符串为："
      )
    })
  )

  it.effect("that is cut, doubled, HTML, empty or huge is malformed", () =>
    Effect.gen(function* () {
      const text = signed(member, success)
      for (let at = 0; at < text.length; at++) yield* expect(text.slice(0, at), "Malformed", "unknown")
      for (const broken of [
        "<html>503</html>",
        "{}",
        "null",
        `\uFEFF${text}`,
        `${text}${text}`,
        text.replace(":{", `:{},"${member}":{`)
      ]) {
        yield* expect(broken, "Malformed", "unknown")
      }
      const huge = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(0x20))
      })
      yield* expect(new Response(huge), "Malformed", "unknown")
    })
  )

  it.effect("with another status than 200 is nobody's word", () =>
    Effect.gen(function* () {
      for (const status of [201, 302, 400, 404, 429, 500, 502, 503]) {
        yield* expect(new Response(signed(member, success), { status }), "HttpStatus", "unknown")
      }
      const error = yield* failure(() => new Response("x", { status: 503, headers: { trace_id: "21a4" } }))
      assert.strictEqual(error.traceId, "21a4")
    })
  )
})

describe("a connection", () => {
  const broken = (cause: unknown) =>
    failure((_, request) => Effect.fail(new HttpClientError({ reason: new TransportError({ request, cause }) })))

  it.effect("that never stood refused the call; any other may have carried it", () =>
    Effect.gen(function* () {
      const unsent = [
        { code: "ECONNREFUSED", syscall: "connect" },
        { code: "ENOTFOUND", syscall: "getaddrinfo" },
        { code: "ETIMEDOUT", syscall: "connect" },
        new TypeError("fetch failed", { cause: { code: "UND_ERR_CONNECT_TIMEOUT" } }),
        new AggregateError([{ code: "ECONNREFUSED" }, { code: "ENETUNREACH", syscall: "connect" }]),
        { cause: { cause: { code: "CERT_HAS_EXPIRED" } } }
      ]
      const sent = [
        { code: "ECONNRESET", syscall: "read" },
        { code: "EPIPE", syscall: "write" },
        { code: "UND_ERR_SOCKET" },
        { code: "UND_ERR_HEADERS_TIMEOUT" },
        { code: "EHOSTUNREACH", syscall: "read" },
        new AggregateError([{ code: "ECONNREFUSED" }, { code: "ECONNRESET" }]),
        new AggregateError([]),
        new Error("?"),
        "text",
        undefined
      ]
      for (const [causes, outcome] of [
        [unsent, "refused"],
        [sent, "unknown"]
      ] as const) {
        for (const cause of causes) {
          const { reason } = yield* broken(cause)
          if (reason._tag !== "Transport") return assert.fail(reason._tag)
          assert.deepStrictEqual([reason.sent, reason.outcome], [outcome === "unknown", outcome], inspect(cause))
        }
      }
    })
  )

  it.effect("that hangs is given up in time, and the outcome is unknown", () =>
    Effect.gen(function* () {
      const stuck = new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(new Uint8Array([0x7b]))
      })
      for (const answer of [() => Effect.never, () => new Response(stuck)]) {
        const fiber = yield* Effect.forkChild(Effect.flip(execute(platform(answer))))
        yield* TestClock.adjust("4999 millis")
        assert.isUndefined(fiber.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        const error = yield* Fiber.join(fiber)
        assert.deepStrictEqual([error.reason._tag, error.outcome], ["Timeout", "unknown"])
      }
      const fiber = yield* Effect.forkChild(
        Effect.flip(
          execute(
            platform(() => Effect.never),
            { timeout: "1 second" }
          )
        )
      )
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).reason._tag, "Timeout")
    })
  )
})

describe("a trace", () => {
  it.effect("has one span with the outcome, and no secret", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const text = signed(member, rawOf({ code: "40004", sub_code: "ACQ.X" }))
      const layer = platform(() => new Response(text, { headers: { trace_id: "21a4" } }))
      yield* execute(layer, { appAuthToken: Redacted.make("auth-token") }).pipe(Effect.flip, Effect.withTracer(tracer))
      assert.deepStrictEqual(
        spans.map(({ name, attributes }) => [name, Object.fromEntries(attributes)]),
        [["OpenPlatform.execute", { method, trace_id: "21a4", code: "40004", sub_code: "ACQ.X" }]]
      )
      assert.notMatch(inspect(spans[0]!.attributes), /auth-token|4711/)
    })
  )
})
