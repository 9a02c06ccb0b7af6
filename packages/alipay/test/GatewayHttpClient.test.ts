import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { HttpClient } from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import { once } from "node:events"
import * as Http from "node:http"
import { type AddressInfo, Socket } from "node:net"
import { AlipayConfig } from "../src/AlipayConfig.ts"
import * as GatewayHttpClient from "../src/GatewayHttpClient.ts"
import { OpenPlatform } from "../src/OpenPlatform.ts"
import { config, rawOf, signed } from "./gateway.ts"

const seen: Array<{ readonly port: number | undefined; readonly body: string; readonly aborted: Promise<unknown> }> = []
const member = "alipay_trade_query_response"

const answers: Readonly<Record<string, (response: Http.ServerResponse) => void>> = {
  "/gateway.do": (response) => response.setHeader("trace_id", "21a4").end(signed(member, rawOf({ code: "10000" }))),
  "/redirect": (response) => response.writeHead(307, { location: "/gateway.do" }).end(),
  "/cut": (response) => {
    response.writeHead(200, { "content-length": "100" }).write("{")
    response.socket?.destroySoon()
  },
  "/endless": (response) => {
    const more = () => void (response.destroyed || response.write(Buffer.alloc(4_194_304, 0x20), more))
    more()
  },
  "/never": () => void server.emit("never")
}

const server = Http.createServer(async (request, response) => {
  const aborted = once(response, "close")
  let body = ""
  for await (const chunk of request) body += chunk
  seen.push({ port: request.socket.remotePort, body, aborted })
  answers[request.url?.split("?")[0] ?? ""]?.(response)
})
let origin = ""

beforeAll(async () => {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close().closeAllConnections())

const call = (path: string, at = origin, timeout: Duration.Input = "2 seconds") =>
  OpenPlatform.use((platform) => platform.execute("alipay.trade.query", { subject: "晴天" }, { timeout })).pipe(
    Effect.provide(
      OpenPlatform.layer.pipe(
        Layer.provide(Layer.succeed(AlipayConfig, { ...config, gateway: `${at}${path}` })),
        Layer.provide(GatewayHttpClient.layer)
      )
    )
  )

const told = (path: string, at?: string, timeout?: Duration.Input) =>
  Effect.match(call(path, at, timeout), {
    onSuccess: () => "ok",
    onFailure: ({ outcome, reason }) => `${reason._tag} ${outcome}`
  })

describe("the gateway's own client", () => {
  it.live("sends what was signed and brings the answer with its headers", () =>
    Effect.gen(function* () {
      assert.deepInclude({ ...(yield* call("/gateway.do")) }, { code: "10000" })
      assert.match(seen.at(-1)!.body, /^biz_content=%7B%22subject%22/)
    })
  )

  it.live("keeps its connections for the next requests", () =>
    Effect.gen(function* () {
      const client = yield* HttpClient
      const from = seen.length
      for (let time = 0; time < 8; time++) {
        const response = yield* client.execute(HttpClientRequest.post(`${origin}/gateway.do`))
        assert.deepStrictEqual([response.status, response.headers["trace_id"]], [200, "21a4"])
        assert.strictEqual(yield* response.text, signed(member, rawOf({ code: "10000" })))
      }
      assert.isAtMost(new Set(seen.slice(from).map(({ port }) => port)).size, 2)
    }).pipe(Effect.provide(GatewayHttpClient.layer))
  )

  it.live("follows no redirect, and tells what broke truly", () =>
    Effect.gen(function* () {
      const from = seen.length
      assert.strictEqual(yield* told("/redirect"), "HttpStatus unknown")
      assert.strictEqual(seen.length, from + 1)
      assert.strictEqual(yield* told("/cut"), "Transport unknown")
      assert.strictEqual(yield* told("/endless", origin, "20 seconds"), "Transport unknown")
      assert.strictEqual(yield* told("/gateway.do", "http://127.0.0.1:1"), "Transport refused")
      assert.strictEqual(yield* told("/gateway.do", "http://nowhere.invalid"), "Transport refused")
    })
  )

  it.live("hangs up on an answer that nobody waits for any more", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* told("/never", origin, "200 millis"), "Timeout unknown")
      const client = yield* HttpClient
      const from = seen.length
      yield* Effect.timeoutOption(client.execute(HttpClientRequest.post(`${origin}/never`)), "200 millis")
      yield* Effect.promise(() => seen[from]!.aborted)
    }).pipe(Effect.provide(GatewayHttpClient.layer))
  )

  it.live("closes every connection at its end, also those in use, beside who writes on the errors of sockets", () =>
    Effect.gen(function* () {
      // As urllib does, which is in every process with `alipay-sdk`.
      const { destroy } = Socket.prototype
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          Socket.prototype.destroy = function (error) {
            if (error !== undefined && error !== null) Object.defineProperty(error, "socket", { value: this })
            return destroy.call(this, error)
          }
        }),
        () => Effect.sync(() => (Socket.prototype.destroy = destroy))
      )
      const client = Context.get(yield* Layer.build(GatewayHttpClient.layer), HttpClient)
      const post = (path: string) => client.execute(HttpClientRequest.post(`${origin}${path}`))
      yield* Effect.all([post("/gateway.do"), post("/gateway.do"), post("/gateway.do")], { concurrency: 3 })
      const arrived = once(server, "never")
      const waiting = yield* Effect.forkDetach(Effect.flip(post("/never")))
      yield* Effect.promise(() => arrived)
      return waiting
    }).pipe(
      Effect.scoped,
      Effect.flatMap(Fiber.join),
      Effect.map(({ reason }) => assert.strictEqual(reason._tag, "TransportError"))
    )
  )
})
