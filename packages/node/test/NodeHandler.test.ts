// What only hosts on Node have: a response written bit by bit, callbacks, raw requests, bodies that parsers have read.
import { createReadStream } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { pipeline } from "node:stream/promises"
import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import { TwoPrices } from "@paylayer/http/TwoPrices"
import * as ExpressHandler from "@paylayer/node/ExpressHandler"
import * as NodeHandler from "@paylayer/node/NodeHandler"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schema from "effect/Schema"
import express, { type Request as Req, type Response as Res } from "express"
import type { RequestListener } from "node:http"
import { coin } from "../../http/test/anyHost.ts"
import { price } from "../../http/test/httpHost.ts"
import { paywall, proof, Provider } from "../../http/test/protocols.ts"
import { listening } from "./hosts.ts"

type Runtime = ReturnType<typeof runtimeOf>
const runtimeOf = (provider: Provider) => ManagedRuntime.make(paywall(provider))

interface Running {
  readonly provider: Provider
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Response>
  readonly post: (body: string, headers?: Readonly<Record<string, string>>) => Promise<Response>
  /** Sends bytes as they are, and gives everything that comes until the server closes. */
  readonly raw: (text: string) => Promise<string>
}

const running = async (listener: (runtime: Runtime) => RequestListener, test: (running: Running) => Promise<void>) => {
  const provider = new Provider()
  const runtime = runtimeOf(provider)
  const { close, fetch, port } = await listening(listener(runtime))
  const ask = (init: RequestInit, path = "/a") => fetch(new Request(`http://localhost${path}`, init))
  try {
    await test({
      provider,
      get: (path, headers = coin("k")) => ask({ headers, redirect: "manual" }, path),
      post: (body, headers = coin("k")) => ask({ method: "POST", headers, body }),
      raw: (bytes) =>
        new Promise((resolve, reject) => {
          const socket = connect(port, "127.0.0.1", () => socket.write(bytes))
          let answer = ""
          socket.setEncoding("latin1").on("data", (data) => (answer += String(data)))
          socket.on("close", () => resolve(answer)).on("error", reject)
        })
    })
  } finally {
    await close()
    await runtime.dispose()
  }
}

const onNode = (handler: NodeHandler.Handler, test: (running: Running) => Promise<void>) =>
  running((runtime) => NodeHandler.make(runtime, { price })(handler), test)

type Routes = (app: express.Express, paid: ReturnType<typeof ExpressHandler.make>) => void

const onExpress = (routes: Routes, test: (running: Running) => Promise<void>) =>
  running((runtime) => {
    const app = express()
    routes(app, ExpressHandler.make(runtime, { price }))
    const failed: express.ErrorRequestHandler = (error: Error & { status?: number }, _req, res, _next) => {
      res.status(error.status ?? 500).send(error.message)
    }
    app.use(failed)
    return app
  }, test)

const head = (method: string, target: string, ...lines: ReadonlyArray<string>) =>
  [`${method} ${target} HTTP/1.1`, "Host: localhost", "Connection: close", ...lines, "", ""].join("\r\n")

describe("a paid node:http handler", () => {
  it("sends what was written in parts as one answer, and calls every callback once it is sent", () => {
    const called: Array<string> = []
    return onNode(
      (_, response) => {
        response.writeHead(201, "Made", { "x-own": "1", "content-length": "999" })
        response.write("one ", () => called.push("one"))
        response.write(Buffer.from("two "), () => called.push("two"))
        response.end("three", () => called.push("end"))
        called.push(`headersSent ${response.headersSent}, ended ${response.writableEnded}`)
      },
      async ({ get }) => {
        const response = await get("/a")
        assert.deepStrictEqual(
          [response.status, response.statusText, response.headers.get("x-own")],
          [201, "Made", "1"]
        )
        assert.strictEqual(await response.text(), "one two three")
        assert.isNotNull(response.headers.get("payment-receipt"))
        assert.deepStrictEqual(called, ["headersSent true, ended true", "one", "two", "end"])
      }
    )
  })

  it("does not let headers change after the answer is made, as Node does not", () =>
    onNode(
      (_, response) => {
        response.end("made")
        assert.throws(() => response.setHeader("x-late", "1"), /after the handler/)
        assert.throws(() => response.writeHead(500), /after the handler/)
        response.end("again")
      },
      async ({ get }) => {
        const response = await get("/a")
        assert.deepStrictEqual([response.status, await response.text()], [200, "made"])
        assert.isNull(response.headers.get("x-late"))
      }
    ))

  it("sends a stream as it comes, after settlement, and makes its source wait until then", async () => {
    const folder = await mkdtemp(join(tmpdir(), "paylayer-node-"))
    try {
      const file = join(folder, "large")
      await writeFile(file, "z".repeat(2_000_000))
      await onNode(
        (_, response) => pipeline(createReadStream(file), response),
        async ({ get, provider }) => {
          const response = await get("/a")
          assert.strictEqual(provider.settled.size, 1)
          assert.strictEqual((await response.text()).length, 2_000_000)
          assert.strictEqual((await get("/a")).status, 409)
        }
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it("sends nothing of a stream that is not paid for, and lets its handler end", () => {
    const handler = { ended: false }
    return onNode(
      async (_, response) => {
        response.setHeader("content-type", "text/event-stream")
        for (let part = 0; part < 50; part++) {
          response.write("data: secret\n\n")
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
        response.end()
        handler.ended = true
      },
      async ({ get, provider }) => {
        provider.settles = "decline"
        const response = await get("/a")
        assert.deepStrictEqual(
          [response.status, response.headers.get("content-type")],
          [402, "application/problem+json"]
        )
        assert.notInclude(await response.text(), "secret")
        while (!handler.ended) await new Promise((resolve) => setTimeout(resolve, 1))
      }
    )
  })

  it("takes back what the handler set when its answer is not paid for, and keeps what was there before it", () =>
    running(
      (runtime) => {
        const paid = NodeHandler.make(runtime, { price })((_, response) => {
          response.setHeader("set-cookie", "secret=1")
          response.removeHeader("x-before")
          response.end("secret")
        })
        return (request, response) => {
          response.setHeader("x-before", "1")
          paid(request, response)
        }
      },
      async ({ get, provider }) => {
        provider.settles = "decline"
        const response = await get("/a")
        assert.deepStrictEqual([response.status, response.headers.get("x-before")], [402, "1"])
        assert.isNull(response.headers.get("set-cookie"))
      }
    ))

  it("lets the handler read the body in whichever way, chunked or not", () =>
    onNode(
      async (request, response) => {
        if (request.url === "/a") {
          response.end((await text(request)).toUpperCase())
          return
        }
        const chunks: Array<string> = []
        request.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk))
        request.on("end", () => response.end(`${request.complete} ${chunks.join("")}`))
      },
      async ({ post, raw }) => {
        assert.strictEqual(await (await post("hello")).text(), "HELLO")
        const large = "y".repeat(600_000)
        assert.strictEqual((await (await post(large, coin("2"))).text()).length, 600_000)
        const chunked = head("POST", "/b", "x-coin: ok:alice", "Transfer-Encoding: chunked")
        assert.include(await raw(`${chunked}5\r\nhello\r\n3\r\n yo\r\n0\r\n\r\n`), "true hello yo")
      }
    ))

  it("refuses a body above the bound, announced or not, and does not run the handler", () =>
    onNode(
      () => assert.fail("it ran"),
      async ({ raw, provider }) => {
        const announced = await raw(head("POST", "/a", "x-coin: ok:alice", "Content-Length: 1048577"))
        assert.match(announced, /^HTTP\/1\.1 413 .*request_too_large/s)
        const chunk = `100000\r\n${"x".repeat(0x100000)}\r\n1\r\ny\r\n0\r\n\r\n`
        const unannounced = await raw(head("POST", "/a", "x-coin: ok:alice", "Transfer-Encoding: chunked") + chunk)
        assert.match(unannounced, /^HTTP\/1\.1 413 /)
        assert.strictEqual(provider.verified, 0)
      }
    ))

  it("sees a header that was sent twice, even where Node keeps the first", () =>
    onNode(
      () => assert.fail("it ran"),
      async ({ raw }) => {
        const twice = head("GET", "/a", "Authorization: coin ok:alice", "Authorization: coin ok:bob")
        assert.match(await raw(twice), /^HTTP\/1\.1 400 .*credential_ambiguous/s)
      }
    ))

  it("answers 500 and charges nothing when the handler rejects, and tells the client nothing of it", () =>
    onNode(
      async () => {
        throw new Error("secret")
      },
      async ({ get, provider }) => {
        const response = await get("/a")
        assert.deepStrictEqual([response.status, response.headers.get("cache-control")], [500, "no-store"])
        assert.notInclude(await response.text(), "secret")
        assert.deepStrictEqual([provider.settleCalls, provider.released], [0, 1])
      }
    ))

  it("is not wrapped by another one, in whichever of the two ways", () => {
    const runtime = ManagedRuntime.make(paywall(new Provider()))
    const paid = NodeHandler.make(runtime, { price })
    const forExpress = ExpressHandler.make(runtime, { price })
    const sold = paid((_, response) => response.end("sold"))
    assert.throws(() => paid(sold), TwoPrices)
    assert.throws(() => forExpress(sold), TwoPrices)
    assert.throws(() => forExpress(forExpress((_, response) => response.end("sold"))), TwoPrices)
  })

  it("sells nothing under two prices that only a request shows", () =>
    running(
      (runtime) => {
        const paid = NodeHandler.make(runtime, { price })
        return paid((request, response) => paid((_, response) => response.end("sold"))(request, response))
      },
      async ({ get, provider }) => {
        const response = await get("/a")
        assert.deepStrictEqual([response.status, provider.settleCalls], [500, 0])
        assert.include(await response.text(), "two prices")
      }
    ))

  it("asks the price of the body that a schema has read, and refuses another body before payment", () =>
    running(
      (runtime) =>
        NodeHandler.make(runtime, {
          body: Schema.Struct({ pages: Schema.Int }),
          price: (_, { pages }) => Effect.succeed([Money.of("CNY", BigInt(pages) * 10n)] as const)
        })((_request, response, { charge }) => response.end(Money.print(charge.money))),
      async ({ post, provider }) => {
        assert.strictEqual(await (await post('{"pages":7}')).text(), "CNY 0.70")
        const settled = provider.verified
        for (const body of ['{"pages":"7"}', "{", "", "\xff"]) {
          const refused = await post(body, coin("2"))
          assert.strictEqual(refused.status, 400)
          assert.include(await refused.text(), "request_invalid")
        }
        assert.include(await (await post('{"pages":0}', coin("3"))).text(), "price_invalid")
        assert.strictEqual(provider.verified, settled)
      }
    ))
})

describe("a paid Express handler", () => {
  it("sends a receipt with res.send, res.json, res.end, res.write, res.redirect, res.sendFile and a pipe", async () => {
    const folder = await mkdtemp(join(tmpdir(), "paylayer-express-"))
    try {
      await writeFile(join(folder, "report.txt"), "filed")
      await onExpress(
        (app, paid) => {
          const routes: Readonly<Record<string, (req: Req, res: Res) => unknown>> = {
            send: (_, res) => res.send("sent"),
            json: (_, res) => res.status(201).json({ sent: true }),
            end: (_, res) => res.end("ended"),
            write: (_, res) => {
              res.write("writ")
              res.write("ten")
              res.end()
            },
            redirect: (_, res) => res.redirect(303, "/there"),
            sendFile: (_, res) => res.sendFile(join(folder, "report.txt")),
            pipe: (_, res) => createReadStream(join(folder, "report.txt")).pipe(res),
            sendStatus: (_, res) => res.sendStatus(202)
          }
          for (const [name, handler] of Object.entries(routes)) app.get(`/${name}`, paid(handler))
        },
        async ({ get, provider }) => {
          const told: Record<string, unknown> = {}
          const names = ["send", "json", "end", "write", "redirect", "sendFile", "pipe", "sendStatus"]
          for (const name of names) {
            const response = await get(`/${name}`, coin(name))
            told[name] = [response.status, await response.text()]
            assert.isNotNull(response.headers.get("payment-receipt"), name)
            assert.strictEqual(response.headers.get("cache-control"), "private, no-store", name)
            const again = await get(`/${name}`, coin(name))
            assert.deepStrictEqual([again.status, await again.text()], told[name], name)
            assert.strictEqual(again.headers.get("idempotency-replayed"), "true", name)
          }
          assert.deepStrictEqual(told, {
            send: [200, "sent"],
            json: [201, '{"sent":true}'],
            end: [200, "ended"],
            write: [200, "written"],
            redirect: [303, "See Other. Redirecting to /there"],
            sendFile: [200, "filed"],
            pipe: [200, "filed"],
            sendStatus: [202, "Accepted"]
          })
          assert.strictEqual(provider.settled.size, names.length)
        }
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it("is not paid where Express answers 304 by itself, because nothing changed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "paylayer-express-"))
    try {
      await writeFile(join(folder, "report.txt"), "filed")
      await onExpress(
        (app, paid) => {
          app.get(
            "/send",
            paid((_: Req, res: Res) => res.send("sent"))
          )
          app.get(
            "/file",
            paid((_: Req, res: Res) => res.sendFile(join(folder, "report.txt")))
          )
        },
        async ({ get, provider, raw }) => {
          const { settled } = provider
          for (const path of ["/send", "/file"]) {
            const bought = settled.size
            const etag = (await get(path, coin(`${path}1`))).headers.get("etag") ?? assert.fail("there is no etag")
            // Not with fetch, whose conditional requests say `no-cache`.
            const asked = (key: string) =>
              raw(head("GET", path, "x-coin: ok:alice", `idempotency-key: ${path}${key}`, `if-none-match: ${etag}`))
            const unchanged = await asked("2")
            assert.match(unchanged, /^HTTP\/1\.1 304 /)
            assert.notMatch(unchanged, /payment-receipt/i)
            assert.strictEqual(settled.size, bought + 1)
            // What was bought before is repeated whole, whatever the client says it has.
            assert.match(await asked("1"), /^HTTP\/1\.1 200 .*idempotency-replayed: true/is)
          }
        }
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it("hands an error to the application's error handlers, thrown, rejected or passed on, and charges nothing", () =>
    onExpress(
      (app, paid) => {
        app.get(
          "/throws",
          paid(() => assert.fail("thrown"))
        )
        app.get(
          "/rejects",
          paid(async () => {
            throw new Error("rejected")
          })
        )
        app.get(
          "/next",
          paid((_req, _res, next) => next(new Error("passed on")))
        )
        app.get(
          "/late",
          paid(async (_req, res: Res) => {
            res.status(404).send("none")
            throw new Error("too late")
          })
        )
      },
      async ({ get, provider }) => {
        const told = []
        for (const path of ["/throws", "/rejects", "/next", "/late"]) {
          const response = await get(path, coin(path))
          assert.isNull(response.headers.get("payment-receipt"))
          told.push(await response.text())
        }
        assert.deepStrictEqual(told, ["thrown", "rejected", "passed on", "none"])
        assert.deepStrictEqual([provider.settleCalls, provider.released], [0, 4])
      }
    ))

  it("runs nothing after a paid handler that passes on: that would be free", () =>
    onExpress(
      (app, paid) => {
        app.get(
          "/a",
          paid((_req, _res, next) => next()),
          (_req, res) => void res.send("free")
        )
      },
      async ({ get, provider }) => {
        const response = await get("/a")
        assert.deepStrictEqual([response.status, provider.settleCalls], [404, 0])
        assert.notInclude(await response.text(), "free")
      }
    ))

  it("pays for what the parsers of the application have read, and for the path before routers shortened it", () =>
    onExpress(
      (app, paid) => {
        const router = express.Router()
        router.post(
          "/a",
          express.json(),
          paid((req: Req, res: Res) => res.json([req.body, req.url]))
        )
        app.use("/v1", router)
      },
      async ({ raw }) => {
        const body = '{"b":1,"a":[2]}'
        const post = (credential: string) =>
          head(
            "POST",
            "/v1/a?x=1",
            `x-stub: ${credential}`,
            "Content-Type: application/json",
            `Content-Length: ${body.length}`
          ) + body
        assert.match(await raw(post(proof("POST", "/a?x=1", body))), /^HTTP\/1\.1 409 .*binding_mismatch/s)
        assert.match(await raw(post(proof("POST", "/v1/a?x=1", '{"a":[2],"b":2}'))), /binding_mismatch/)
        assert.include(await raw(post(proof("POST", "/v1/a?x=1", '{"a":[2], "b":1}'))), '[{"b":1,"a":[2]},"/a?x=1"]')
      }
    ))

  it("refuses to sell a body that was read and thrown away, for it could not be told what is paid for", () =>
    onExpress(
      (app, paid) => {
        app.post(
          "/a",
          (req, _res, next) => void req.resume().on("end", next),
          paid((_req, res: Res) => res.send("sold"))
        )
      },
      async ({ post, provider }) => {
        const response = await post("hello")
        assert.deepStrictEqual([response.status, provider.verified], [500, 0])
        assert.include(await response.text(), "the body was read before the paid handler")
      }
    ))

  it("answers HEAD of a GET route with its price, without running it", () =>
    onExpress(
      (app, paid) =>
        void app.get(
          "/a",
          paid(() => assert.fail("it ran"))
        ),
      async ({ raw, provider }) => {
        assert.match(
          await raw(head("HEAD", "/a", "x-coin: ok:alice")),
          /^HTTP\/1\.1 402 .*www-authenticate: Payment /is
        )
        assert.strictEqual(provider.verified, 0)
      }
    ))

  it("lets no spelling of the path through unpaid", () =>
    onExpress(
      (app, paid) =>
        void app.all(
          "/a",
          paid(() => assert.fail("it ran"))
        ),
      async ({ raw }) => {
        const spellings =
          "/a //a /a/ /A /./a /x/../a /%61 /a;x=1 /a? /a#f http://localhost/a /a%2f /a%00 \\a /a/. /a//".split(" ")
        for (const target of spellings) {
          for (const method of ["GET", "HEAD", "POST", "QUERY"])
            assert.match(await raw(head(method, target)), /^HTTP\/1\.1 4\d\d /, `${method} ${target}`)
        }
      }
    ))
})
