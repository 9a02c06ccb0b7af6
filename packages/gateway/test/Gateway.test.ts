import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as ConfigFile from "../src/ConfigFile.ts"
import { Gateway } from "../src/Gateway.ts"
import * as tools from "./tools.ts"
import { configOf, developers, gateway, mint, tool, until } from "./world.ts"

const upstreamOf = (url: string) => ({ url, allowPrivate: true })

/** A tool that answers when it is told to. */
const patient = async (words: string) => {
  const waiting: Array<() => void> = []
  const up = await tools.http((_, response) => void waiting.push(() => response.end(words)))
  return { up, waiting, [Symbol.asyncDispose]: () => up[Symbol.asyncDispose]() }
}

const directory = () => {
  const path = mkdtempSync(join(tmpdir(), "gateway-"))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) }
}

describe("a gateway that gets a new configuration", () => {
  it("ends the calls that are under way on the old one, and begins new ones with the new one", async () => {
    await using old = await patient("old")
    await using next = await tools.http((_, response) => response.end("new"))
    await using world = await gateway(configOf([{ ...tool, upstream: upstreamOf(old.up.url) }]))
    const under = world.ask("/api/proxy/report", { headers: mint() })
    await until(() => old.waiting.length === 1)
    const config = configOf([{ ...tool, price: { CNY: "2.00" }, upstream: upstreamOf(next.url) }])
    await world.run(Effect.flatMap(Gateway, ({ reload }) => reload(config)))
    assert.strictEqual((await world.ask("/api/proxy/report", { headers: mint() })).body, "new")
    old.waiting[0]!()
    assert.strictEqual((await under).body, "old")
    assert.deepStrictEqual(
      [...world.bank.movements.values()].map(({ money }) => money.minor).toSorted(),
      [1500n, 200n].toSorted()
    )
  })

  it("sells what it is given, and no longer what it is not", async () => {
    await using up = await tools.http((_, response) => response.end("growing"))
    await using world = await gateway(configOf([{ ...tool, upstream: upstreamOf(up.url) }]))
    const config = configOf([{ ...tool, slug: "other", upstream: upstreamOf(up.url) }])
    await world.run(Effect.flatMap(Gateway, ({ reload }) => reload(config)))
    assert.strictEqual((await world.ask("/api/proxy/report", { headers: mint() })).code, "tool_not_found")
    assert.strictEqual((await world.ask("/api/proxy/other", { headers: mint() })).status, 200)
  })

  it("keeps a tool's concurrency across the two", async () => {
    await using up = await patient("growing")
    const config = configOf([{ ...tool, upstream: { ...upstreamOf(up.up.url), concurrency: 1 } }])
    await using world = await gateway(config)
    const under = world.ask("/api/proxy/report", { headers: mint() })
    await until(() => up.waiting.length === 1)
    await world.run(Effect.flatMap(Gateway, ({ reload }) => reload(config)))
    assert.strictEqual((await world.ask("/api/proxy/report", { headers: mint() })).code, "tool_busy")
    up.waiting[0]!()
    assert.strictEqual((await under).status, 200)
  })
})

describe("a configuration file", () => {
  const written = (price: string) => ({
    developers,
    listen: { port: 0 },
    tools: [{ ...tool, price: { CNY: price }, upstream: "https://acme.example" }]
  })

  it.effect("is JSON, of which no name may occur twice", () =>
    Effect.gen(function* () {
      using own = directory()
      const file = join(own.path, "gateway.json")
      writeFileSync(file, JSON.stringify(written("1.00")))
      assert.strictEqual((yield* ConfigFile.load(file)).tools.size, 1)
      writeFileSync(file, '{"tools": [], "tools": [], "developers": []}')
      const { message } = yield* Effect.flip(ConfigFile.load(file))
      assert.include(message, "tools: ")
      assert.include(message, "twice")
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("is TypeScript, and is read as it is now", () =>
    Effect.gen(function* () {
      using own = directory()
      const file = join(own.path, "gateway.ts")
      const text = (price: string) =>
        `const price: string = "${price}"\nexport default ${JSON.stringify(written("1.00")).replace('"1.00"', "price")}\n`
      for (const price of ["1.00", "12.00"]) {
        writeFileSync(file, text(price))
        const read = (yield* ConfigFile.load(file)).tools.get("report")!.price
        assert.strictEqual(read._tag === "Fixed" ? read.price[0].minor : 0n, BigInt(price.replace(".", "")))
      }
      writeFileSync(file, "export const config = 1")
      assert.include((yield* Effect.flip(ConfigFile.load(file))).message, "no default export")
      assert.include((yield* Effect.flip(ConfigFile.load(join(own.path, "none.ts")))).message, "cannot be read")
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it("that becomes wrong changes nothing, and the log says what is wrong with it", async () => {
    using own = directory()
    await using up = await tools.http((_, response) => response.end("growing"))
    await using world = await gateway(configOf([{ ...tool, upstream: upstreamOf(up.url) }]))
    const file = join(own.path, "gateway.json")
    const good = { ...written("3.00"), tools: [{ ...tool, price: { CNY: "3.00" }, upstream: upstreamOf(up.url) }] }
    const told = Effect.runSync(Queue.unbounded<void>())
    await world.run(
      Effect.scoped(
        Effect.gen(function* () {
          yield* Effect.forkScoped(
            ConfigFile.follow(file, {}, Stream.fromQueue(told)).pipe(Effect.provide(NodeServices.layer))
          )
          writeFileSync(file, JSON.stringify({ ...good, tools: [{ ...good.tools[0], price: { CNY: "3.005" } }] }))
          yield* Queue.offer(told, undefined)
          yield* Effect.promise(() => until(() => world.logged.length > 0))
          const { price } = (yield* Effect.flatMap(Gateway, ({ config }) => config)).tools.get("report")!
          assert.strictEqual(price._tag === "Fixed" ? price.price[0].minor : 0n, 1500n)
          writeFileSync(file, JSON.stringify(good))
          yield* Queue.offer(told, undefined)
          yield* Effect.promise(() => until(() => world.logged.length > 1))
        })
      )
    )
    assert.include(world.logged[0], "the old configuration stays")
    assert.include(world.logged[0], "tools[0].price.CNY: CNY has 2 decimals")
    assert.strictEqual((await world.ask("/api/proxy/report", { headers: mint() })).status, 200)
    assert.strictEqual([...world.bank.movements.values()][0]?.money.minor, 300n)
  })

  it.live("is read again when it changed, and on SIGHUP", () =>
    Effect.gen(function* () {
      using own = directory()
      const file = join(own.path, "gateway.json")
      writeFileSync(file, "1")
      const seen = yield* Effect.forkChild(Stream.runHead(ConfigFile.changes(file)))
      yield* Effect.yieldNow
      yield* Effect.promise(() => until(() => process.listenerCount("SIGHUP") > 0))
      process.emit("SIGHUP")
      yield* Fiber.join(seen)
      assert.strictEqual(process.listenerCount("SIGHUP"), 0)
    }).pipe(Effect.provide(NodeServices.layer))
  )
})

describe("a gateway that is told to end", () => {
  it("says so to balancers, takes calls while it may, and lets those under way end", async () => {
    await using up = await patient("growing")
    const world = await gateway(
      configOf([{ ...tool, upstream: upstreamOf(up.up.url) }], { drain: { notice: "150 millis", calls: "5 seconds" } })
    )
    const ready = () => world.ask("/health/ready", { method: "GET" })
    assert.strictEqual((await ready()).body, '{"status":"ready"}')
    const under = world.ask("/api/proxy/report", { headers: mint() })
    await until(() => up.waiting.length === 1)
    const ended = world[Symbol.asyncDispose]()
    await until(async () => (await ready()).body === '{"status":"draining"}')
    const late = world.ask("/api/proxy/report", { headers: mint() })
    await until(() => up.waiting.length === 2)
    await until(() =>
      ready().then(
        () => false,
        () => true
      )
    )
    for (const answer of up.waiting) answer()
    for (const { body, headers, status } of await Promise.all([under, late]))
      assert.deepStrictEqual([status, body, headers.connection], [200, "growing", "close"])
    await ended
    assert.strictEqual(world.bank.movements.size, 2)
  })
})

describe("what a tool takes", () => {
  it("is told in its offers, and anything else does not pay for it", async () => {
    await using up = await tools.http((_, response) => response.end("growing"))
    await using world = await gateway(configOf([{ ...tool, protocols: ["coin"], upstream: upstreamOf(up.url) }]))
    const refused = await world.ask("/api/proxy/report", { headers: mint() })
    const { accepts } = JSON.parse(refused.body) as { readonly accepts: ReadonlyArray<{ readonly protocol: string }> }
    assert.deepStrictEqual([refused.status, accepts.map(({ protocol }) => protocol)], [402, ["coin"]])
    assert.strictEqual((await world.ask("/api/proxy/report", { headers: { "x-coin": "ok:alice" } })).status, 200)
    assert.strictEqual(up.seen.length, 1)
  })

  it("is installed, or the gateway does not start", async () => {
    const config = configOf([{ ...tool, protocols: ["coin", "cowries"], upstream: "https://acme.example" }])
    const started = await gateway(config).then(() => "started", String)
    assert.include(started, 'report: the protocol "cowries" is not installed')
  })

  it("ends at its limits, and those of the gateway, together for all tools that have them", async () => {
    await using up = await tools.http((_, response) => response.end("growing"))
    const limits = [{ per: "agent", amount: { CNY: "30.00" }, window: "total" }]
    const own = [{ per: "agent", amount: { CNY: "15.00" }, window: "total" }]
    await using world = await gateway(
      configOf(
        [
          { ...tool, slug: "one", limits: own, upstream: upstreamOf(up.url) },
          { ...tool, slug: "two", upstream: upstreamOf(up.url) }
        ],
        { limits }
      )
    )
    const told = async (slug: string) => {
      const { code, status } = await world.ask(`/api/proxy/${slug}`, { headers: mint() })
      return code ?? status
    }
    assert.deepStrictEqual(
      [await told("one"), await told("one"), await told("two"), await told("two")],
      [200, "spending_limit_reached", 200, "spending_limit_reached"]
    )
  })
})
