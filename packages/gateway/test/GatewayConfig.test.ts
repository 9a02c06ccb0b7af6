import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { readFileSync } from "node:fs"
import { text } from "../../../scripts/gateway-schema.ts"
import * as GatewayConfig from "../src/GatewayConfig.ts"

const developer = { id: "acme", name: "ACME Research" }
const tool = { slug: "report", developer: "acme", upstream: "https://acme.example/v1", price: { CNY: "1.10" } }

const provide = (env: Record<string, string>) =>
  Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))

const reading = (input: unknown, env: Record<string, string> = {}, options?: GatewayConfig.Options) =>
  GatewayConfig.read(input, options).pipe(provide(env))

/** What is wrong, as lines. */
const mistakes = (input: unknown, env?: Record<string, string>, options?: GatewayConfig.Options) =>
  Effect.map(Effect.flip(reading(input, env, options)), ({ mistakes }) =>
    mistakes.map(({ message, path }) => `${path}: ${message}`)
  )

const oneTool = (more: object) => ({ developers: [developer], tools: [{ ...tool, ...more }] })

describe("a configuration that is right", () => {
  it.effect("needs no more than a developer, a slug, an address and a price", () =>
    Effect.gen(function* () {
      const config = yield* reading(GatewayConfig.defineGateway({ developers: [developer], tools: [tool] }))
      const read = config.tools.get("report")!
      assert.deepStrictEqual(read.price, { _tag: "Fixed", price: [{ currency: "CNY", minor: 110n }] })
      assert.strictEqual(read.upstream.url.href, "https://acme.example/v1")
      assert.strictEqual(read.upstream.allowPrivate, false)
      assert.strictEqual(Duration.toSeconds(read.upstream.timeout.firstByte), 30)
      assert.deepStrictEqual(read.methods, ["POST"])
      assert.strictEqual(config.takeRate.freeOperations, 50_000n)
    })
  )

  it.effect("keeps prices below a minor unit exact", () =>
    Effect.gen(function* () {
      const price = {
        unit: "token",
        perUnit: { CNY: "0.00000012", JPY: "0.000001" },
        most: { CNY: "2.00", JPY: "30" },
        measure: { json: "/usage/total" }
      } as const
      const { price: read } = (yield* reading(oneTool({ price }))).tools.get("report")!
      assert.deepStrictEqual(read, {
        _tag: "PerUnit",
        unit: "token",
        perUnit: { CNY: 12n, JPY: 1n },
        most: [
          { currency: "CNY", minor: 200n },
          { currency: "JPY", minor: 30n }
        ],
        measure: { _tag: "Json", pointer: "/usage/total" },
        rounding: "down"
      })
    })
  )

  it.effect("counts a tool's limits for that tool, in each currency", () =>
    Effect.gen(function* () {
      const limits = [{ per: "agent", amount: { CNY: "20.00", USD: "3.00" }, window: "day" }]
      const config = yield* reading(oneTool({ limits }))
      assert.deepStrictEqual(config.tools.get("report")!.limits, [
        { per: ["agent", "tool"], amount: { currency: "CNY", minor: 2000n }, window: "day" },
        { per: ["agent", "tool"], amount: { currency: "USD", minor: 300n }, window: "day" }
      ])
    })
  )

  it.effect("takes secrets from the environment, and keeps them redacted", () =>
    Effect.gen(function* () {
      const upstream = { url: "https://acme.example", headers: { Authorization: { env: "ACME_KEY" }, "x-plan": "pro" } }
      const config = yield* reading(oneTool({ upstream }), { ACME_KEY: "Bearer k-1" })
      const { headers } = config.tools.get("report")!.upstream
      assert.strictEqual(Redacted.value(headers["authorization"]!), "Bearer k-1")
      assert.strictEqual(Redacted.value(headers["x-plan"]!), "pro")
      assert.notInclude(JSON.stringify(headers), "k-1")
    })
  )
})

describe("a configuration that is wrong", () => {
  it.effect("is told every mistake at once, each with its path", () =>
    Effect.gen(function* () {
      const told = yield* mistakes(
        {
          developers: [developer, { id: "acme", name: "" }],
          tools: [
            { ...tool, price: { CNY: "1.105" } },
            { ...tool, developer: "nobody", price: { RMB: "1.00", USD: "-1", EUR: 2, JPY: "0" } },
            { ...tool, slug: "Report!", upstream: "http://10.1.2.3/", colour: "red" },
            {
              ...tool,
              slug: "late",
              protocols: ["alipay-trust", "cowries"],
              upstream: { url: "ftp://x", timeout: { total: "soon" } }
            }
          ],
          listen: { port: 70000 }
        },
        {},
        { protocols: ["alipay-trust"] }
      )
      assert.deepStrictEqual(
        told.toSorted(),
        [
          "developers[1].name: a name is a line of 1 to 200 characters",
          'tools[0].price.CNY: CNY has 2 decimals, "1.105" has 3; amounts are never rounded',
          'tools[1].price.RMB: "RMB" is no currency of ISO 4217; codes are written like "CNY"',
          'tools[1].price.USD: "-1" is not a plain decimal such as "15.00"',
          'tools[1].price.EUR: an amount is text such as "15.00": a JSON number is a float to most readers',
          "tools[1].price.JPY: an amount is above zero",
          "tools[2].slug: a slug is 1 to 64 of a to z, 0 to 9 and hyphens, which it neither begins nor ends with",
          "tools[2].colour: there is no such setting",
          "tools[3].upstream.url: an upstream is an address such as https://tool.example/v1",
          'tools[3].upstream.timeout.total: a time is written like "30 seconds" and above zero',
          "listen.port: a port is a whole number from 0 to 65535",
          'developers[1].id: the developer\'s id "acme" is taken by developers[0].id',
          'tools[1].slug: the slug "report" is taken by tools[0].slug',
          'tools[1].developer: there is no developer "nobody"',
          "tools[2].upstream: 10.1.2.3 is not a public address; allowPrivate: true says that it is meant",
          'tools[3].protocols[1]: the protocol "cowries" is not installed; installed are alipay-trust'
        ].toSorted()
      )
    })
  )

  for (const [what, more, told] of [
    [
      "a price of one unit without a most",
      { price: { unit: "row", perUnit: { CNY: "0.001", USD: "0.001" }, most: { CNY: "1.00" }, measure: "bytes" } },
      ["tools[0].price.most: USD is priced by unit and has no most"]
    ],
    [
      "a unit finer than a millionth of a minor unit",
      { price: { unit: "row", perUnit: { CNY: "0.000000001" }, most: { CNY: "1.00" }, measure: "bytes" } },
      ['tools[0].price.perUnit.CNY: CNY has 8 decimals here, a millionth of its minor unit; "0.000000001" has 9']
    ],
    [
      "an MCP server with one price",
      { upstream: { url: "https://mcp.example/mcp", kind: "mcp" } },
      ['tools[0].price: an MCP server is priced by tool: { "tools": { "report": { "CNY": "1.10" } } }']
    ],
    [
      "an HTTP upstream priced by tool",
      { price: { tools: { a: { CNY: "1.00" } } } },
      ['tools[0].price: only an MCP server (kind: "mcp") is priced by tool']
    ],
    [
      "a name of this machine",
      { upstream: "http://localhost:3000" },
      ["tools[0].upstream: localhost is not a public address; allowPrivate: true says that it is meant"]
    ],
    [
      "an address in disguise",
      { upstream: "http://0x7f.1/" },
      ["tools[0].upstream: 127.0.0.1 is not a public address; allowPrivate: true says that it is meant"]
    ],
    [
      "a password in an address",
      { upstream: "https://a:b@acme.example" },
      [
        "tools[0].upstream: an upstream's address holds no user and no password; send them in headers, from the environment"
      ]
    ],
    [
      "a secret that is not there",
      { upstream: { url: "https://acme.example", headers: { authorization: { env: "NOPE" } } } },
      ["tools[0].upstream.headers.authorization: the environment has no NOPE"]
    ],
    [
      "a header of two lines",
      { upstream: { url: "https://acme.example", headers: { a: "b\r\nc: d" } } },
      ["tools[0].upstream.headers.a: a header's value is visible ASCII"]
    ],
    [
      "no price",
      { price: undefined },
      ['tools[0].price: a price is amounts by currency, such as { "CNY": "1.10" }, or "free", or what a unit costs']
    ]
  ] as const) {
    it.effect(`says what is wrong with ${what}`, () =>
      Effect.map(mistakes(oneTool(more)), (found) => assert.deepStrictEqual(found, [...told]))
    )
  }

  it.effect("reads whatever it is given without dying", () =>
    Effect.forEach([null, 1, "x", [], {}, { tools: {} }, { tools: [null, 1], developers: [null] }], (input) =>
      Effect.map(mistakes(input), (found) => assert.isAbove(found.length, 0))
    )
  )
})

describe("the schema of JSON configurations", () => {
  const file = readFileSync(new URL("../schema/gateway-1.0.json", import.meta.url), "utf8")

  it("is fresh: run node scripts/gateway-schema.ts", () => {
    assert.deepStrictEqual(JSON.parse(file), JSON.parse(text()))
  })
})

describe("the example of the operator's guide", () => {
  const example = new URL("../../../docs/examples/gateway/", import.meta.url)
  const written: unknown = JSON.parse(readFileSync(new URL("config/gateway.json", example), "utf8"))
  const compose = readFileSync(new URL("compose.yaml", example), "utf8")
  const named = [...JSON.stringify(written).matchAll(/"env":"(\w+)"/g)].map(([, name = ""]) => name)

  it.effect("is read, and what it names is set where gateways are started", () =>
    Effect.gen(function* () {
      const env = Object.fromEntries(named.map((name) => [name, "Bearer secret"]))
      const { tools } = yield* reading(written, env, { protocols: ["alipay-trust"] })
      assert.deepStrictEqual(
        [...tools.values()].map(({ price }) => price._tag),
        ["Fixed", "PerUnit", "PerTool"]
      )
      assert.isNotEmpty(named)
      for (const name of named) assert.match(compose, new RegExp(`export .*\\b${name}\\b`))
    })
  )

  it.effect("is given the time that it takes to end", () =>
    Effect.gen(function* () {
      const { drain, tools } = yield* reading(written, Object.fromEntries(named.map((name) => [name, "x"])))
      for (const { slug, upstream } of tools.values())
        assert.isAtMost(Duration.toMillis(upstream.timeout.total), Duration.toMillis(drain.calls), slug)
      const [, given] = /&gateway[\s\S]*?stop_grace_period: (\d+)s/.exec(compose) ?? []
      assert.isAbove(Number(given), Duration.toSeconds(drain.notice) + Duration.toSeconds(drain.calls))
    })
  )
})
