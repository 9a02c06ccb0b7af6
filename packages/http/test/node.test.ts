// A real server on loopback, spoken to through raw sockets: what clients send when no client library cleans it up.
import { once } from "node:events"
import { createServer } from "node:http"
import { connect } from "node:net"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Price from "@paylayer/core/Price"
import { CurrentPayment } from "@paylayer/http/CurrentPayment"
import * as PaidRoute from "@paylayer/http/PaidRoute"
import * as PaymentCors from "@paylayer/http/PaymentCors"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { paywall, proof, Provider } from "./protocols.ts"

const price = Price.make({ CNY: "15.00" })

/** Asks by itself: a service that a price function needs. */
class Tariff extends Context.Service<Tariff, { readonly perByte: bigint }>()("test/Tariff") {}

interface Running {
  readonly provider: Provider
  readonly runs: () => number
  readonly port: number
  /** Sends bytes as they are and gives back everything that comes until the server closes. */
  readonly raw: (text: string) => Promise<string>
}

const running = Effect.gen(function* () {
  const provider = new Provider()
  let runs = 0
  const handler = Effect.gen(function* () {
    runs++
    const request = yield* HttpServerRequest.HttpServerRequest
    const { charge } = yield* CurrentPayment
    const streamed = yield* Stream.mkString(Stream.decodeText(request.stream))
    return HttpServerResponse.text(`${charge.money.minor} ${charge.resource} ${yield* request.text}/${streamed}`)
  })
  const paid = PaidRoute.middleware({ price })
  const Fixed = HttpRouter.addAll([HttpRouter.route("GET", "/a", handler), HttpRouter.route("POST", "/a", handler)])
  const Prefixed = HttpRouter.use((router) => router.prefixed("/p").add("GET", "/a", handler))
  const Metered = HttpRouter.add("POST", "/metered", handler).pipe(
    Layer.provide(
      PaidRoute.middleware({
        price: (request) =>
          Effect.gen(function* () {
            const { perByte } = yield* Tariff
            const { route } = yield* HttpRouter.RouteContext
            assert.strictEqual(route.path, "/metered")
            const text = yield* request.text
            return [{ currency: "CNY" as const, minor: perByte * BigInt(text.length) }] as const
          })
      }).layer
    ),
    Layer.provide(Layer.succeed(Tariff, { perByte: 7n }))
  )
  const Inline = HttpRouter.add("GET", "/inline", PaidRoute.paid({ price })(handler))
  const between = Effect.tap(PaidRoute.paid({ price })(handler), Effect.void)
  const Twice = HttpRouter.add("GET", "/twice", between).pipe(Layer.provide(paid.layer))
  const Broken = HttpRouter.add("GET", "/broken", PaidRoute.paid({ price })(Effect.fail("broken")))
  const App = Layer.mergeAll(
    Broken,
    Twice,
    Layer.mergeAll(Fixed, Prefixed).pipe(Layer.provide(paid.layer)),
    Metered,
    Inline,
    PaymentCors.layer({ allowedOrigins: ["https://shop.example"] })
  )
  const context = yield* Layer.build(
    HttpRouter.serve(App, { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provideMerge(NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })),
      Layer.provideMerge(paywall(provider))
    )
  )
  const { address } = Context.get(context, HttpServer.HttpServer)
  const port = "port" in address ? address.port : assert.fail("no port")
  const raw = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(text))
      let answer = ""
      socket.setEncoding("latin1").on("data", (data) => (answer += String(data)))
      socket.on("close", () => resolve(answer)).on("error", reject)
    })
  const served: Running = { provider, runs: () => runs, port, raw }
  return served
})

const status = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
const head = (method: string, target: string, ...lines: ReadonlyArray<string>) =>
  [`${method} ${target} HTTP/1.1`, "Host: localhost", "Connection: close", ...lines, "", ""].join("\r\n")

const withServer = (promise: string, test: (running: Running) => Promise<void>) =>
  it.live(promise, () => Effect.scoped(Effect.flatMap(running, (served) => Effect.promise(() => test(served)))))

const spellings = [
  "/a",
  "//a",
  "/a/",
  "/A",
  "/./a",
  "/x/../a",
  "/%61",
  "/a;x=1",
  "/a?",
  "/a#f",
  "http://localhost/a",
  "/a%2f",
  "/a%00",
  "/p//a",
  "\\a"
]

describe("a real server", () => {
  withServer("no spelling of a path runs the handler unpaid", async ({ raw, runs, provider }) => {
    for (const target of spellings) {
      for (const method of ["GET", "HEAD", "POST", "get", "QUERY"]) {
        assert.notStrictEqual(status(await raw(head(method, target))), 200, `${method} ${target}`)
      }
    }
    assert.deepStrictEqual([runs(), provider.verified], [0, 0])
  })

  withServer("a proof counts for the spelling that was paid for, and for no other", async ({ raw, runs }) => {
    const header = `x-stub: ${proof("GET", "/a")}`
    for (const target of spellings.filter((target) => !["/a", "http://localhost/a", "/a#f"].includes(target)))
      assert.notStrictEqual(status(await raw(head("GET", target, header))), 200, target)
    assert.strictEqual(runs(), 0)
    assert.strictEqual(status(await raw(head("GET", "/a", header))), 200)
    // An absolute target names the same path and query.
    assert.match(await raw(head("GET", "http://localhost/a", header)), /idempotency-replayed: true/i)
    assert.strictEqual(runs(), 1)
  })

  withServer("two routes under different prefixes are two resources", async ({ raw, runs }) => {
    assert.strictEqual(status(await raw(head("GET", "/p/a", `x-stub: ${proof("GET", "/a")}`))), 409)
    assert.strictEqual(runs(), 0)
    assert.match(await raw(head("GET", "/p/a", `x-stub: ${proof("GET", "/p/a")}`)), /1500 \/p\/a/)
  })

  withServer("a header sent twice is seen twice, even where Node keeps the first", async ({ raw, provider }) => {
    const answer = await raw(head("GET", "/a", "Authorization: coin ok:alice", "Authorization: coin ok:bob"))
    assert.strictEqual(status(answer), 400)
    assert.include(answer, "credential_ambiguous")
    assert.strictEqual(provider.verified, 0)
    assert.strictEqual(status(await raw(head("GET", "/a", "Authorization: coin ok:alice"))), 200)
  })

  withServer("the handler reads the body again, whole and as a stream", async ({ raw }) => {
    const answer = await raw(`${head("POST", "/a", "x-coin: ok:alice", "Content-Length: 5")}hello`)
    assert.include(answer, "1500 /a hello/hello")
    const chunked = await raw(
      `${head("POST", "/a", "x-coin: ok:alice", "Transfer-Encoding: chunked")}5\r\nhello\r\n0\r\n\r\n`
    )
    assert.include(chunked, "1500 /a hello/hello")
  })

  withServer("a price may depend on the body, a service and the route", async ({ raw }) => {
    assert.include(
      await raw(`${head("POST", "/metered", "x-coin: ok:alice", "Content-Length: 5")}hello`),
      "35 /metered"
    )
    assert.include(await raw(`${head("POST", "/metered", "x-coin: ok:alice", "Content-Length: 0")}`), "price_invalid")
  })

  withServer("a plain combinator sells like the middleware", async ({ raw }) => {
    assert.strictEqual(status(await raw(head("GET", "/inline"))), 402)
    assert.include(await raw(head("GET", "/inline", "x-coin: ok:alice")), "1500 /inline")
  })

  withServer("a route with two prices that only a request shows sells nothing", async ({ raw, runs, provider }) => {
    const answer = await raw(head("GET", "/twice", "x-coin: ok:alice"))
    assert.deepStrictEqual([status(answer), runs(), provider.settleCalls], [500, 0, 0])
    assert.include(answer, "two prices")
  })

  withServer("a body above 1 MiB is refused without reading it all", async ({ raw, provider }) => {
    assert.strictEqual(status(await raw(head("POST", "/a", "x-coin: ok:alice", "Content-Length: 1048577"))), 413)
    const chunk = `100000\r\n${"x".repeat(0x100000)}\r\n1\r\ny\r\n0\r\n\r\n`
    assert.strictEqual(
      status(await raw(head("POST", "/a", "x-coin: ok:alice", "Transfer-Encoding: chunked") + chunk)),
      413
    )
    assert.strictEqual(provider.verified, 0)
  })

  withServer("a credential of 20 KB gets a bounded answer", async ({ raw }) => {
    const answer = await raw(head("GET", "/a", `x-coin: ok:${"z".repeat(20_000)}`))
    assert.include([413, 431], status(answer))
    assert.isBelow(answer.length, 1500)
  })

  withServer("a preflight is answered with the headers of payment", async ({ raw, runs }) => {
    const answer = await raw(
      head(
        "OPTIONS",
        "/a",
        "Origin: https://shop.example",
        "Access-Control-Request-Method: GET",
        "Access-Control-Request-Headers: x-coin"
      )
    )
    assert.strictEqual(status(answer), 204)
    assert.match(answer, /access-control-allow-headers: x-coin,\s?authorization,\s?x-stub,\s?idempotency-key/i)
    assert.match(answer, /access-control-allow-origin: https:\/\/shop\.example/i)
    const refused = await raw(head("GET", "/a", "Origin: https://shop.example"))
    assert.match(refused, /access-control-expose-headers: .*www-authenticate/i)
    assert.match(refused, /access-control-allow-origin: https:\/\/shop\.example/i)
    assert.strictEqual(runs(), 0)
  })

  withServer(
    "the answer of a handler that fails is never stored, and nothing is charged",
    async ({ raw, provider }) => {
      const answer = await raw(head("GET", "/broken", "x-coin: ok:alice"))
      assert.strictEqual(status(answer), 500)
      assert.match(answer, /cache-control: no-store/i)
      assert.deepStrictEqual([provider.settled.size, provider.released], [0, 1])
    }
  )

  withServer("a body that breaks off charges nothing and holds up nobody", async ({ raw, port, provider, runs }) => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(`${head("POST", "/a", "x-coin: ok:alice", "Content-Length: 10")}half`)
    )
    await once(socket, "connect")
    assert.strictEqual(status(await raw(head("GET", "/a", "x-coin: ok:alice"))), 200)
    socket.destroy()
    await once(socket, "close")
    assert.strictEqual(status(await raw(head("GET", "/a", "x-coin: ok:alice"))), 200)
    assert.deepStrictEqual([runs(), provider.settled.size], [2, 2])
  })
})
