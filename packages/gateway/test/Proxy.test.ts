import { assert, describe, it } from "@effect/vitest"
import * as Receipt from "@paylayer/core/Receipt"
import * as Result from "effect/Result"
import { createServer } from "node:net"
import * as tools from "./tools.ts"
import { configOf, gateway, mint, once, tool, until, type World } from "./world.ts"

const near = (url: string, more: object = {}) => ({ url, allowPrivate: true, ...more })

/** What an agent pays with. */
const paying = (key?: string) => ({ ...mint(), ...(key === undefined ? {} : { "idempotency-key": key }) })

const selling = (url: string, upstream: object = {}, more: object = {}) =>
  gateway(configOf([{ ...tool, upstream: near(url, upstream), ...more }]))

/** Nothing was taken, nothing is held, and the books say so. */
const nothingMoved = async ({ bank, entries }: World) => {
  assert.deepStrictEqual([bank.movements.size, bank.holds.size], [0, 0])
  for (const { state } of await entries()) assert.strictEqual(state, "released")
}

describe("a paid call", () => {
  it("reaches the tool as it was sent, and comes back with a receipt", async () => {
    await using up = await tools.http((_, response) => response.setHeader("x-own", "1").end("growing"))
    await using world = await selling(`${up.url}/v1/`)
    const answer = await world.ask("/api/proxy/report/eu/2026?q=a%20b&q=c", {
      headers: { ...paying(), "content-type": "application/json", "x-question": "yes" },
      body: '{"market":"tea"}'
    })
    assert.deepStrictEqual([answer.status, answer.body, answer.headers["x-own"]], [200, "growing", "1"])
    const receipt = Result.getOrThrow(Receipt.fromHeader(answer.headers["payment-receipt"] as string))
    assert.deepStrictEqual(receipt.money, { currency: "CNY", minor: 1500n })
    const [seen] = up.seen
    assert.deepStrictEqual(
      [seen?.method, seen?.url, seen?.body, seen?.headers["x-question"], seen?.headers["paylayer-charge"]],
      ["POST", "/v1/eu/2026?q=a%20b&q=c", '{"market":"tea"}', "yes", receipt.chargeId]
    )
    const [entry] = await world.entries()
    assert.deepStrictEqual([entry?.state, entry?.charge.tool], ["settled", "report"])
  })

  it("is told what it costs without a payment, and the tool is not asked", async () => {
    await using up = await tools.http((_, response) => response.end("growing"))
    await using world = await selling(up.url)
    const answer = await world.ask("/api/proxy/report")
    assert.deepStrictEqual([answer.status, answer.code, up.seen.length], [402, "payment_required", 0])
  })

  it("that is repeated under its key gets the same answer, and the tool is asked once", async () => {
    await using up = await tools.http((_, response) => response.end(`answer ${up.seen.length}`))
    await using world = await selling(up.url)
    const asked = { headers: paying("k-1") }
    const first = await world.ask("/api/proxy/report", asked)
    const again = await world.ask("/api/proxy/report", asked)
    assert.deepStrictEqual(
      [first.body, again.body, again.headers["idempotency-replayed"]],
      ["answer 1", "answer 1", "true"]
    )
    assert.strictEqual(world.bank.movements.size, 1)
  })

  it("keeps its price where a function of the request makes it, which sees no credential", async () => {
    await using up = await tools.http((_, response) => response.end("growing"))
    const asked: Array<unknown> = []
    await using world = await selling(
      up.url,
      {},
      {
        price: (request: { readonly headers: object; readonly body: Uint8Array; readonly path: string }) => {
          asked.push({ ...request.headers, path: request.path })
          return { CNY: `${request.body.length}.00` }
        }
      }
    )
    const answer = await world.ask("/api/proxy/report/x", {
      headers: { ...paying(), "x-plan": "pro" },
      body: "1234567"
    })
    assert.strictEqual(answer.status, 200)
    const [moved] = world.bank.movements.values()
    assert.strictEqual(moved?.money.minor, 700n)
    const [seen] = asked as ReadonlyArray<Record<string, string>>
    assert.deepStrictEqual([seen?.["x-plan"], seen?.["x-voucher"], seen?.["path"]], ["pro", undefined, "/x"])
  })

  it("whose answer is an error is passed on and not charged", async () => {
    await using up = await tools.http((_, response) => response.writeHead(404).end("no such market"))
    await using world = await selling(up.url)
    const answer = await world.ask("/api/proxy/report", { headers: paying() })
    assert.deepStrictEqual([answer.status, answer.body], [404, "no such market"])
    await nothingMoved(world)
  })

  it("whose client leaves stops the tool and is not charged", async () => {
    const left = Promise.withResolvers<void>()
    await using up = await tools.http((_, response) => response.on("close", () => left.resolve()))
    await using world = await selling(up.url)
    const leaving = new AbortController()
    const asking = world.ask("/api/proxy/report", { headers: paying(), signal: leaving.signal }).catch(() => "left")
    await until(() => up.seen.length === 1)
    leaving.abort()
    assert.strictEqual(await asking, "left")
    await left.promise
    await until(async () => (await world.entries())[0]?.state === "released")
    await nothingMoved(world)
  })
})

describe("what a tool never sees", () => {
  it("is a credential, a cookie, or what concerns one connection", async () => {
    await using up = await tools.http((_, response) => response.end("growing"))
    await using world = await selling(up.url)
    const code = mint()["x-voucher"]
    const answer = await world.ask("/api/proxy/report", {
      headers: {
        "x-voucher": code,
        authorization: `Voucher ${code}`,
        "payment-signature": "x402",
        "X-Payment": "x402 too",
        "payment-proof": "proof",
        cookie: "operator=1",
        connection: "keep-alive, x-hop",
        "x-hop": "1",
        "keep-alive": "timeout=5",
        te: "trailers",
        "proxy-authorization": "Basic x",
        "x-http-method-override": "DELETE",
        "paylayer-charge": "forged",
        "if-none-match": '"v1"',
        "x-forwarded-for": "1.2.3.4",
        forwarded: "for=1.2.3.4",
        via: "1.1 client",
        "accept-language": "de"
      }
    })
    assert.strictEqual(answer.status, 200)
    const { headers } = up.seen[0]!
    assert.deepStrictEqual(Object.keys(headers).toSorted(), [
      "accept-language",
      "connection",
      "content-length",
      "forwarded",
      "host",
      "paylayer-charge",
      "via",
      "x-forwarded-for",
      "x-forwarded-host",
      "x-forwarded-proto"
    ])
    assert.notInclude(JSON.stringify(headers), code)
    assert.deepStrictEqual(
      [headers["connection"], headers["via"], headers["x-forwarded-for"], headers["host"]],
      ["keep-alive", "1.1 client, 1.1 paylayer", "127.0.0.1", new URL(up.url).host]
    )
    assert.strictEqual(headers["forwarded"], `for=127.0.0.1;proto=http;host="127.0.0.1:${world.port}"`)
  })

  it("is an authorization that pays; any other is passed on", async () => {
    await using up = await tools.http((_, response) => response.end("growing"))
    await using world = await gateway(configOf([{ ...tool, price: "free", upstream: near(up.url) }]))
    for (const authorization of ["Bearer mine", "Payment e30", `voucher ${mint()["x-voucher"]}`])
      await world.ask("/api/proxy/report", { headers: { authorization } })
    assert.deepStrictEqual(
      up.seen.map(({ headers }) => headers.authorization),
      ["Bearer mine", undefined, undefined]
    )
  })

  it("is a client's word for the gateway's own key", async () => {
    await using up = await tools.http((_, response) => response.end("growing"))
    await using world = await selling(up.url, { headers: { "x-gateway-key": "ours" } })
    await world.ask("/api/proxy/report", { headers: { ...paying(), "X-Gateway-Key": "theirs" } })
    assert.strictEqual(up.seen[0]?.headers["x-gateway-key"], "ours")
  })

  it("is a path above its own", async () => {
    await using up = await tools.http((_, response) => response.end("growing"))
    await using world = await selling(`${up.url}/v1`)
    for (const path of [
      "/../admin",
      "/a/../../admin",
      "/%2e%2e/admin",
      "/..%2fadmin",
      "/.%2E%5cadmin",
      "/%252e%252e/x",
      "/..;/x",
      "/a\\..\\b"
    ]) {
      const { code } = await world.ask(`/api/proxy/report${path}`, { headers: paying() })
      assert.strictEqual(code, "path_invalid", path)
    }
    assert.strictEqual(up.seen.length, 0)
    await nothingMoved(world)
  })
})

describe("what a client never gets", () => {
  it("is a tool's word about payment, or a claim to the gateway's origin", async () => {
    await using up = await tools.http((_, response) => {
      response.writeHead(200, {
        "payment-receipt": "forged",
        "payment-required": "forged",
        "x-payment-response": "forged",
        "www-authenticate": 'Payment id="forged", realm="x"',
        "idempotency-replayed": "true",
        "paylayer-charge": "forged",
        "set-cookie": ["operator=forged", "b=1"],
        "access-control-allow-origin": "*",
        "clear-site-data": '"*"',
        "strict-transport-security": "max-age=1",
        connection: "x-hop, keep-alive",
        "x-hop": "1",
        "content-type": "text/html",
        "x-own": "kept"
      })
      response.end("<script>steal()</script>")
    })
    await using world = await selling(up.url)
    const { headers } = await world.ask("/api/proxy/report", { headers: paying() })
    assert.notInclude(JSON.stringify(headers), "forged")
    for (const name of [
      "set-cookie",
      "www-authenticate",
      "access-control-allow-origin",
      "clear-site-data",
      "x-hop",
      "idempotency-replayed",
      "strict-transport-security"
    ])
      assert.notProperty(headers, name)
    assert.deepStrictEqual(
      [headers["x-own"], headers["content-security-policy"], headers["x-content-type-options"], headers["via"]],
      ["kept", "sandbox", "nosniff", "1.1 paylayer"]
    )
    assert.isTrue(Result.isSuccess(Receipt.fromHeader(headers["payment-receipt"] as string)))
  })
})

const head = "HTTP/1.1 200 OK\r\n"

describe("a tool that misbehaves", () => {
  for (const [what, answer, code, then] of [
    ["announces more than it sends", `${head}content-length: 100\r\n\r\nten bytes.`, "upstream_broken", "end"],
    [
      "breaks off a chunked answer",
      `${head}transfer-encoding: chunked\r\n\r\n5\r\ngrowi\r\n`,
      "upstream_broken",
      "reset"
    ],
    ["announces a gigabyte", `${head}content-length: 1073741824\r\n\r\n`, "upstream_too_large", "keep"],
    ["speaks no HTTP", "SSH-2.0-OpenSSH_9.9\r\n", "upstream_invalid", "keep"],
    ["sends two lengths", `${head}content-length: 4\r\ncontent-length: 5\r\n\r\nabcde`, "upstream_broken", "keep"],
    [
      "sends a length and chunks",
      `${head}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      "upstream_broken",
      "keep"
    ],
    ["breaks a header with a NUL", `${head}x-a: b\0c\r\ncontent-length: 0\r\n\r\n`, "upstream_invalid", "keep"],
    ["sends endless headers", `${head}x-a: ${"a".repeat(40_000)}\r\n\r\n`, "upstream_invalid", "keep"],
    ["has a status of its own", "HTTP/1.1 799 Yes\r\ncontent-length: 0\r\n\r\n", "upstream_invalid", "keep"],
    [
      "redirects",
      "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
      "upstream_redirected",
      "keep"
    ],
    [
      "asks to be paid itself",
      "HTTP/1.1 402 Payment Required\r\ncontent-length: 2\r\n\r\n{}",
      "upstream_asked_payment",
      "keep"
    ],
    ["hangs up without a word", "", "upstream_broken", "end"]
  ] as const) {
    it(`and ${what} is ${code}, and nothing is charged`, async () => {
      await using up = await tools.bytes(answer, (socket) => {
        if (then === "end") socket.end()
        if (then === "reset") socket.destroy()
      })
      await using world = await selling(up.url)
      const told = await world.ask("/api/proxy/report", { headers: paying() })
      assert.deepStrictEqual([told.code, JSON.parse(told.body).moved], [code, "no"])
      assert.isAtLeast(told.status, 502)
      await nothingMoved(world)
    })
  }

  it("and hangs is upstream_timeout, in time, and nothing is charged", async () => {
    await using up = await tools.http(() => {})
    await using world = await selling(up.url, { timeout: { firstByte: "30 millis" } })
    const told = await world.ask("/api/proxy/report", { headers: paying() })
    assert.deepStrictEqual([told.status, told.code], [504, "upstream_timeout"])
    await nothingMoved(world)
  })

  it("and drips for ever is upstream_timeout when its time is over, and nothing is charged", async () => {
    await using up = await tools.http((_, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("a")
      const dripping = setInterval(() => response.write("a"), 5)
      response.on("close", () => clearInterval(dripping))
    })
    await using world = await selling(up.url, { timeout: { total: "60 millis" } })
    const told = await world.ask("/api/proxy/report", { headers: paying() })
    assert.deepStrictEqual([told.status, told.code], [504, "upstream_timeout"])
    await nothingMoved(world)
  })

  it("and is not there is upstream_unreachable", async () => {
    const closed = createServer()
    await once(closed.listen(0, "127.0.0.1"), "listening")
    const address = closed.address()
    await new Promise((resolve) => closed.close(resolve))
    await using world = await selling(`http://127.0.0.1:${(address as { port: number }).port}`)
    const told = await world.ask("/api/proxy/report", { headers: paying() })
    assert.deepStrictEqual([told.status, told.code], [502, "upstream_unreachable"])
    assert.notInclude(told.body, "127.0.0.1")
    await nothingMoved(world)
  })

  it("and answers a gigabyte unannounced is cut, and not charged for what it was", async () => {
    await using up = await tools.http((_, response) => {
      const chunk = Buffer.alloc(64 * 1024)
      const pour = () => {
        while (response.write(chunk)) if (response.destroyed) return
        response.once("drain", pour)
      }
      pour()
    })
    await using world = await selling(up.url, { maxResponse: "200 KiB" })
    const told = await world.ask("/api/proxy/report", { headers: paying() })
    assert.deepStrictEqual([told.status, told.code], [502, "upstream_too_large"])
    await nothingMoved(world)
  })

  it("and sends more than it announced is cut, and the rest reaches nobody", async () => {
    await using up = await tools.bytes(
      `${head}content-length: 4\r\n\r\ngoodHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`
    )
    await using world = await selling(up.url, { concurrency: 1 })
    const bodies: Array<string> = []
    for (const _ of [1, 2]) {
      const { body, code } = await world.ask("/api/proxy/report", { headers: paying() })
      bodies.push(code ?? body)
    }
    assert.notInclude(bodies.join(), "evil")
    assert.strictEqual(bodies[0], "good")
  })
})

describe("a tool at an address that is not public", () => {
  const lookup =
    (...addresses: ReadonlyArray<string>) =>
    (_: string, __: unknown, callback: (error: null, found: unknown) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))
      )

  it("is not called, whatever its name: nothing is sent and nothing is charged", async () => {
    await using up = await tools.http((_, response) => response.end("secret"))
    const { port } = new URL(up.url)
    const config = configOf([{ ...tool, upstream: `http://tool.example:${port}` }])
    for (const address of [
      "127.0.0.1",
      "10.0.0.1",
      "169.254.169.254",
      "::1",
      "::ffff:127.0.0.1",
      "fe80::1",
      "fd00::1"
    ]) {
      await using world = await gateway(config, { lookup: lookup(address) as never })
      const told = await world.ask("/api/proxy/report", { headers: paying() })
      assert.deepStrictEqual([told.status, told.code], [502, "upstream_forbidden"], address)
      await nothingMoved(world)
    }
    assert.strictEqual(up.connections(), 0)
  })

  it("is called where the configuration says that it is meant", async () => {
    await using up = await tools.http((_, response) => response.end("growing"))
    const { port } = new URL(up.url)
    const config = configOf([{ ...tool, upstream: near(`http://tool.example:${port}`) }])
    await using world = await gateway(config, { lookup: lookup("127.0.0.1") as never })
    assert.strictEqual((await world.ask("/api/proxy/report", { headers: paying() })).body, "growing")
  })
})

describe("as many calls as a tool takes", () => {
  it("are let through, the next is 503 with Retry-After and not charged, and the one after them is served", async () => {
    const waiting: Array<() => void> = []
    await using up = await tools.http((_, response) => void waiting.push(() => response.end("growing")))
    await using world = await selling(up.url, { concurrency: 2 })
    const under = [1, 2].map(() => world.ask("/api/proxy/report", { headers: paying() }))
    await until(() => waiting.length === 2)
    const refused = await world.ask("/api/proxy/report", { headers: paying() })
    assert.deepStrictEqual([refused.status, refused.code, refused.headers["retry-after"]], [503, "tool_busy", "1"])
    assert.strictEqual(world.bank.movements.size, 0)
    for (const answer of waiting.splice(0)) answer()
    assert.deepStrictEqual(
      (await Promise.all(under)).map(({ status }) => status),
      [200, 200]
    )
    const next = world.ask("/api/proxy/report", { headers: paying() })
    await until(() => waiting.length === 1)
    waiting[0]!()
    assert.strictEqual((await next).status, 200)
    assert.strictEqual(world.bank.movements.size, 3)
  })
})

describe("a large answer", () => {
  const large = "x".repeat(300 * 1024)

  it("begins once it is paid for, and comes as the tool sends it", async () => {
    let go = () => {}
    await using up = await tools.http((_, response) => {
      response.write(large)
      go = () => response.end("the end")
    })
    await using world = await selling(up.url)
    const response = await world.open("/api/proxy/report", { headers: paying() })
    assert.strictEqual(world.bank.movements.size, 1)
    assert.isString(response.headers["payment-receipt"])
    let size = 0
    for await (const chunk of response) {
      size += (chunk as Buffer).length
      if (size === large.length) go()
    }
    assert.strictEqual(size, large.length + "the end".length)
  })

  it("that breaks off breaks off for the client, and is refunded once", async () => {
    await using up = await tools.http((_, response) => {
      response.write(large)
      setImmediate(() => setImmediate(() => response.destroy()))
    })
    await using world = await selling(up.url)
    const response = await world.open("/api/proxy/report", { headers: paying() })
    const read = async () => {
      for await (const _ of response) continue
    }
    assert.strictEqual(await read().catch(() => "broken off"), "broken off")
    await until(async () => (await world.entries())[0]?.state === "refunded")
    const [refund] = world.bank.refunds.values()
    assert.deepStrictEqual([world.bank.refunds.size, refund?.money.minor], [1, 1500n])
  })

  it("that its client does not want stops the tool, and stays paid", async () => {
    const closed = Promise.withResolvers<void>()
    await using up = await tools.http((_, response) => {
      response.write(large)
      response.on("close", () => closed.resolve())
    })
    await using world = await selling(up.url)
    const response = await world.open("/api/proxy/report", { headers: paying() })
    response.destroy()
    await closed.promise
    assert.deepStrictEqual([(await world.entries())[0]?.state, world.bank.refunds.size], ["settled", 0])
  })

  it("that is larger than the tool may send is cut, and refunded", async () => {
    await using up = await tools.http((_, response) => void response.write(large + large))
    await using world = await selling(up.url, { maxResponse: "400 KiB" })
    const told = await world.ask("/api/proxy/report", { headers: paying() }).catch(() => "broken off")
    if (told === "broken off") await until(async () => (await world.entries())[0]?.state === "refunded")
    else await nothingMoved(world)
  })
})

describe("a free tool", () => {
  it("takes a body as it comes, and answers as it comes", async () => {
    await using up = await tools.http((request, response) => void request.pipe(response), { reads: false })
    await using world = await gateway(configOf([{ ...tool, price: "free", upstream: near(up.url) }]))
    const body = "y".repeat(700 * 1024)
    for (const headers of [{}, { "transfer-encoding": "chunked" }, { expect: "100-continue" }]) {
      const answer = await world.ask("/api/proxy/report/echo", { headers, body })
      assert.deepStrictEqual([answer.status, answer.body === body], [200, true])
    }
    assert.strictEqual((await world.entries()).length, 0)
  })

  it("refuses a body that is larger than it takes, announced or not", async () => {
    await using up = await tools.http((request, response) => void request.pipe(response), { reads: false })
    await using world = await gateway(
      configOf([{ ...tool, price: "free", upstream: near(up.url, { maxRequest: "1 KiB" }) }])
    )
    const body = "y".repeat(1025)
    const announced = await world.ask("/api/proxy/report", { body })
    assert.deepStrictEqual([announced.status, announced.code], [413, "request_too_large"])
    assert.strictEqual(up.seen.length, 0)
    const streamed = await world
      .ask("/api/proxy/report", { body, headers: { "transfer-encoding": "chunked" } })
      .catch(() => undefined)
    assert.isTrue(streamed === undefined || streamed.code === "request_too_large")
  })
})

describe("a request for nothing that is sold", () => {
  it("is told so", async () => {
    await using up = await tools.http((_, response) => response.end("growing"))
    await using world = await selling(up.url, {}, { methods: ["POST"] })
    const told = async (path: string, method: string) => {
      const { code, headers, status } = await world.ask(path, { method, headers: paying() })
      return [status, code, headers["allow"]]
    }
    assert.deepStrictEqual(await told("/api/proxy/nothing", "POST"), [404, "tool_not_found", undefined])
    assert.deepStrictEqual(await told("/api/proxy/", "POST"), [404, "tool_not_found", undefined])
    assert.deepStrictEqual(await told("/api/proxy/report", "DELETE"), [405, "method_not_allowed", "POST"])
    assert.deepStrictEqual(await told("/api/proxy/report", "OPTIONS"), [204, undefined, "POST, OPTIONS"])
    assert.strictEqual((await told("/api/proxy/report", "HEAD"))[0], 402)
    assert.strictEqual(up.seen.length, 0)
    await nothingMoved(world)
  })
})
