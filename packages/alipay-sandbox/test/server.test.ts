import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as FastCheck from "fast-check"
import * as Http from "node:http"
import * as Os from "node:os"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import * as Fault from "../src/Fault.ts"
import { SandboxServer } from "../src/SandboxServer.ts"
import { parameters, read, signed } from "./merchant.ts"

const runtime = ManagedRuntime.make(SandboxServer.layer().pipe(Layer.provideMerge(AlipaySandbox.layer)))

let sandbox: AlipaySandbox["Service"]
let url: string
let port: number

beforeAll(async () => {
  sandbox = await runtime.runPromise(Effect.map(AlipaySandbox, (service) => service))
  const address = await runtime.runPromise(Effect.map(SandboxServer, (address) => address))
  url = address.url
  port = address.port
})
afterAll(() => runtime.dispose())

const json = async (path: string, init?: RequestInit) => {
  const response = await fetch(`${url}${path}`, init)
  return { status: response.status, type: response.headers.get("content-type"), body: (await response.json()) as any }
}
const send = (path: string, body: unknown) =>
  json(path, { method: "POST", body: typeof body === "string" ? body : JSON.stringify(body) })

const query = async (signal?: AbortSignal) => {
  const { app_id, application_private_key, alipay_public_key } = sandbox.config
  const form = signed(
    parameters("alipay.trade.query", { out_trade_no: "a" }, app_id),
    Redacted.value(application_private_key)
  )
  const response = await fetch(`${url}/gateway.do`, {
    method: "POST",
    body: new URLSearchParams(form),
    ...(signal !== undefined && { signal })
  })
  return read(await response.text(), alipay_public_key)
}

/** A request as raw as Node can send it. */
const raw = (options: Http.RequestOptions, body = "") =>
  new Promise<number>((resolve, reject) => {
    const request = Http.request({ host: "127.0.0.1", port, timeout: 2_000, ...options }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0))
    })
    request.on("error", reject).on("timeout", () => request.destroy(new Error("no answer within two seconds")))
    request.end(body)
  })

describe("the control endpoints", () => {
  it("describe themselves, and everything a merchant is configured with", async () => {
    const { body } = await json("/sandbox")
    assert.deepStrictEqual(body.faults, Fault.names)
    const config = await json("/sandbox/config")
    assert.hasAllKeys(config.body, [
      "app_id",
      "application_private_key",
      "alipay_public_key",
      "encrypt_key",
      "seller_id",
      "issuer",
      "jwks"
    ])
    assert.isUndefined(config.body.jwks.keys[0].d)
  })

  it("issue a token with the terms that were asked for, and end it", async () => {
    const issued = await send("/sandbox/tokens", '{"max_total_amount":15.10,"currency":"USD","sid":"s","opaque":true}')
    assert.strictEqual(issued.status, 201)
    assert.match(issued.body.token, /^alipay_agent_token_[A-Za-z0-9_-]{32}$/)
    assert.deepInclude(issued.body, {
      status: "NORMAL",
      currency: "USD",
      max_total_amount: 15.1,
      sid: "s",
      opaque: true
    })
    const { id } = issued.body
    assert.deepStrictEqual((await json(`/sandbox/tokens/${id}`)).body, issued.body)
    assert.strictEqual((await send(`/sandbox/tokens/${id}/suspend`, "")).body.status, "INVALID")
    assert.strictEqual((await send(`/sandbox/tokens/${id}/resume`, "")).body.status, "NORMAL")
    assert.strictEqual((await send(`/sandbox/tokens/${id}/revoke`, "")).body.status, "CANCELLED")
    assert.strictEqual((await send("/sandbox/tokens", "")).status, 201)
  })

  it("arm faults, list them and clear them", async () => {
    const armed = await send("/sandbox/faults", { fault: "hang", times: 2 })
    assert.deepStrictEqual(armed.body, { armed: [{ fault: "hang", times: 2 }] })
    assert.deepStrictEqual((await json("/sandbox/faults")).body, armed.body)
    assert.deepStrictEqual((await json("/sandbox/faults", { method: "DELETE" })).body, { armed: [] })
  })

  it("answer what is wrong with a problem that names the place", async () => {
    const cases: ReadonlyArray<readonly [string, unknown, number, string | undefined]> = [
      ["/sandbox/tokens", "{", 400, undefined],
      ["/sandbox/tokens", '{"sid":"a","sid":"b"}', 400, "/sid"],
      ["/sandbox/tokens", { max_total_amount: "1.001" }, 422, "/max_total_amount"],
      ["/sandbox/tokens", { ext: { commerce: { max_single_amount: "x" } } }, 422, "/ext/commerce/max_single_amount"],
      ["/sandbox/tokens", [], 422, ""],
      ["/sandbox/tokens", " ".repeat(300_000), 413, undefined],
      ["/sandbox/tokens/none/revoke", "", 404, undefined],
      ["/sandbox/faults", { fault: "slow", delay_ms: -1 }, 422, "/delay_ms"],
      ["/sandbox/faults", { fault: "slow", delay: 1 }, 422, "/delay"],
      ["/sandbox/faults", { fault: "slow", method: "alipay.agent.token.verify" }, 422, "/method"],
      ["/sandbox/nothing", {}, 404, undefined]
    ]
    for (const [path, body, status, place] of cases) {
      const answer = await send(path, body)
      assert.strictEqual(answer.status, status, path)
      assert.strictEqual(answer.type, "application/problem+json")
      assert.strictEqual(answer.body.status, status)
      if (place !== undefined)
        assert.include(
          answer.body.errors.map((error: { path: string }) => error.path),
          place
        )
    }
  })
})

describe("a socket", () => {
  const fails = (fault: Fault.Name) =>
    runtime.runPromise(sandbox.fault({ fault })).then(() =>
      query(AbortSignal.timeout(300)).then(
        () => "answered",
        (error: Error & { cause?: { code?: string } }) => error.cause?.code ?? error.name
      )
    )

  it("is reset, cut or left waiting by a fault, and serves the next request", async () => {
    assert.strictEqual(await fails("reset"), "ECONNRESET")
    assert.include(["UND_ERR_SOCKET", "ECONNRESET"], await fails("cut"))
    assert.strictEqual(await fails("hang"), "TimeoutError")
    const { content, signature } = await query()
    assert.deepInclude(content, { sub_code: "ACQ.TRADE_NOT_EXIST" })
    assert.strictEqual(signature, "valid")
  })

  it("is this machine's only", async () => {
    const others = Object.values(Os.networkInterfaces())
      .flat()
      .filter((one) => one !== undefined && one.family === "IPv4" && !one.internal)
    for (const one of others) {
      const reached = await raw({ host: one!.address, path: "/sandbox" }).catch(() => "refused")
      assert.strictEqual(reached, "refused")
    }
  })

  it("answers to the names of this machine only, so that no page in a browser can reach it", async () => {
    for (const host of [`127.0.0.1:${port}`, "localhost", "[::1]:1", "LOCALHOST:80"]) {
      assert.strictEqual(await raw({ path: "/sandbox/config", headers: { host } }), 200, host)
    }
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "127.0.0.1@evil"]) {
      assert.strictEqual(await raw({ path: "/sandbox/config", headers: { host } }), 403, host)
    }
  })
})

describe("a call of the gateway", () => {
  const form = () => {
    const { app_id, application_private_key } = sandbox.config
    const named = parameters("alipay.trade.query", { out_trade_no: "晴天" }, app_id)
    return new URLSearchParams(signed(named, Redacted.value(application_private_key))).toString()
  }

  /** As one piece of known length, which goes the short way, or as one whose end is seen when it comes. */
  const answered = async (body: string, path = "/gateway.do", inPieces = false) => {
    const sent = inPieces ? { body: new Blob([body]).stream(), duplex: "half" as const } : { body }
    const response = await fetch(`${url}${path}`, { method: "POST", ...sent })
    const names = [...response.headers.keys()].toSorted()
    return { status: response.status, names, type: response.headers.get("content-type"), text: await response.text() }
  }

  it("is answered the same, whether its length is known before or not", async () => {
    const body = form()
    const [query, rest] = [body.slice(0, body.indexOf("&")), body.slice(body.indexOf("&") + 1)]
    for (const [path, sent] of [
      ["/gateway.do", body],
      [`/gateway.do?${query}`, rest],
      ["/gateway.do?", ""],
      ["/gateway.do", "%"]
    ] as const) {
      const plain = await answered(sent, path)
      assert.strictEqual(plain.status, 200)
      assert.deepStrictEqual(plain, await answered(sent, path, true), path)
    }
    assert.strictEqual(read((await answered(body)).text, sandbox.config.alipay_public_key).signature, "valid")
  })

  it("is refused where it is too long, of another host, or not of the gateway", async () => {
    const post = (path: string, headers: Http.OutgoingHttpHeaders, body = form()) =>
      raw({ method: "POST", path, headers: { "content-length": Buffer.byteLength(body), ...headers } }, body)
    assert.strictEqual(await post("/gateway.do", {}), 200)
    assert.strictEqual(await post("/gateway.do", { host: "evil.example" }), 403)
    assert.strictEqual(await post("/gateway.done", {}), 404)
    assert.strictEqual(await post("/gateway.do", {}, "a=".padEnd(262_145, "b")), 413)
    assert.strictEqual(await post("/gateway.do", {}, "a=".padEnd(262_144, "b")), 200)
  })
})

describe("whatever is sent", () => {
  const paths = FastCheck.oneof(
    FastCheck.constantFrom(
      "/gateway.do",
      "/sandbox",
      "/sandbox/tokens",
      "/sandbox/faults",
      "/sandbox/movements",
      "/sandbox/tokens/x/revoke",
      "/sandbox/tokens/%",
      "/%E0%A4%A",
      "//",
      "/sandbox/tokens/" + "9".repeat(3_000)
    ),
    FastCheck.webPath().map((path) => path || "/")
  )
  const bodies = FastCheck.oneof(
    FastCheck.string({ unit: "binary" }),
    FastCheck.json(),
    FastCheck.record({ fault: FastCheck.anything(), times: FastCheck.anything() }).map((value) => {
      try {
        return JSON.stringify(value)
      } catch {
        return "{"
      }
    }),
    FastCheck.webQueryParameters().map((query) => `app_id=${sandbox.config.app_id}&${query}`),
    FastCheck.constantFrom("[".repeat(100_000), '{"a":'.repeat(1_000), "%", "a=%ZZ&b=%E0%A4%A", "\u0000")
  )
  const methods = FastCheck.constantFrom(
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "HEAD",
    "PROPFIND",
    "TRACE"
  )

  it("is answered, and never with a 5xx", async () => {
    const property = FastCheck.asyncProperty(methods, paths, bodies, async (method, path, body) => {
      const sends = method !== "GET" && method !== "HEAD" && method !== "TRACE"
      const status = await raw(
        { method, path, headers: sends ? { "content-length": Buffer.byteLength(body) } : {} },
        sends ? body : ""
      )
      await runtime.runPromise(sandbox.clearFaults)
      assert.isBelow(status, 500)
    })
    await FastCheck.assert(property, { numRuns: 400 })
  })

  it("with a right signature around it is answered, and signed", async () => {
    const { app_id, application_private_key, alipay_public_key } = sandbox.config
    const key = Redacted.value(application_private_key)
    const { body } = await json("/sandbox")
    const names: FastCheck.Arbitrary<string> = FastCheck.constantFrom(...body.gateway.methods)
    const members = FastCheck.constantFrom(
      "out_trade_no",
      "trade_no",
      "total_amount",
      "refund_amount",
      "ext",
      "__proto__"
    )
    const contents = FastCheck.oneof(
      FastCheck.json(),
      FastCheck.dictionary(members, FastCheck.jsonValue()).map((value) => JSON.stringify(value))
    )
    const property = FastCheck.asyncProperty(names, contents, async (method, content) => {
      const form = signed(parameters(method, content, app_id), key)
      const response = await fetch(`${url}/gateway.do`, { method: "POST", body: new URLSearchParams(form) })
      assert.strictEqual(response.status, 200)
      const answer = read(await response.text(), alipay_public_key)
      assert.strictEqual(answer.signature, "valid")
      assert.strictEqual(typeof answer.content["code"], "string")
    })
    await FastCheck.assert(property, { numRuns: 200 })
  })
})
