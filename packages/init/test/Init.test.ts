// One call, Promises, and everything that is wrong at once.
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { init, type Options, type Paid } from "@paylayer/init/Init"
import { InitError } from "@paylayer/init/InitError"
import type { BodySchema } from "@paylayer/init/Pricing"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js"
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import express from "express"
import { z } from "zod"
import { listening } from "../../node/test/hosts.ts"

const folder = mkdtempSync(join(tmpdir(), "paylayer-init-"))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

const sold: Options = { tool: "market-research", pricing: { CNY: "1.10", USD: "0.15" } }
const play = (): Options => ({ ...sold, sandbox: true, env: {}, ledger: join(folder, `${files++}.sqlite`) })

const started = async (options: Options, test: (paid: Paid) => Promise<void>) => {
  const paid = await init(options)
  try {
    await test(paid)
  } finally {
    await paid.close()
  }
}

const refused = async (options: unknown): Promise<InitError> => {
  const error = await init(options as Options).then(
    () => assert.fail("it started"),
    (reason: unknown) => reason
  )
  assert.instanceOf(error, InitError)
  return error
}

const ask = (token?: string, body?: string) =>
  new Request("http://localhost/report", {
    method: "POST",
    headers: token === undefined ? {} : { "x-alipay-agent-token": token },
    ...(body === undefined ? {} : { body })
  })

describe("init", () => {
  it("sells to agents with one call: fetch, Express and node:http over one ledger", () =>
    started(play(), async (paid) => {
      const fetched = paid.fetch((request, { charge }) => Response.json([request.method, charge.tool]))
      assert.strictEqual((await fetched(ask())).status, 402)
      const token = await paid.sandbox?.token()
      const response = await fetched(ask(token))
      assert.deepStrictEqual([response.status, await response.json()], [200, ["POST", "market-research"]])
      assert.isNotNull(response.headers.get("payment-receipt"))
      const app = express().get(
        "/",
        paid.express((_req: express.Request, res: express.Response) => res.json("paid"))
      )
      for (const listener of [app, paid.node((_, response) => response.end('"paid"'))]) {
        const { close, fetch } = await listening(listener)
        const asked = await fetch(
          new Request("http://localhost/", { headers: { "x-alipay-agent-token": token ?? "" } })
        )
        assert.deepStrictEqual([asked.status, await asked.json()], [200, "paid"])
        await close()
      }
    }))

  it("sells tools of an MCP server, at a price or by the arguments", () =>
    started(
      { ...play(), pricing: (args) => ({ CNY: `0.0${String((args as { readonly of: string }).of).length}` }) },
      async (paid) => {
        const server = new McpServer({ name: "shop", version: "1.0.0" })
        const byArguments = await paid.mcp(server)
        const fixed = await paid.with({ tool: "fixed", pricing: { CNY: "2.00" } }).mcp(server)
        const inputSchema = { of: z.string() }
        for (const [name, tools] of [
          ["report", byArguments],
          ["fixed", fixed]
        ] as const) {
          tools.registerTool(name, { inputSchema }, ({ of }, { payment }) => ({
            content: [{ type: "text", text: `${of} for ${payment.charge.money.minor}` }]
          }))
        }
        const client = new Client({ name: "agent", version: "1.0.0" })
        const [ours, theirs] = InMemoryTransport.createLinkedPair()
        await Promise.all([server.connect(ours), client.connect(theirs)])
        const call = { arguments: { of: "tea" } }
        const unpaid = await client.callTool({ name: "report", ...call })
        assert.isTrue(unpaid.isError)
        const token = (await paid.sandbox?.token()) ?? ""
        const texts = []
        for (const name of ["report", "fixed"]) {
          const { content } = await client.callTool({ name, ...call, _meta: { "x-alipay-agent-token": token } })
          texts.push((content as ReadonlyArray<{ readonly text: string }>)[0]?.text)
        }
        assert.deepStrictEqual(texts, ["tea for 3", "tea for 200"])
        await client.close()
      }
    ))

  it("prices by the body, and another tool at another price", () =>
    started({ ...play(), pricing: (body) => ({ CNY: `0.0${String(body).length}` }) }, async (paid) => {
      const amount = async (of: Paid, body: string) => {
        const answered = await of.fetch((_, { charge }) => Response.json(charge.money.minor.toString()))(
          ask(await paid.sandbox?.token(), body)
        )
        return answered.status === 200
          ? await answered.json()
          : ((await answered.json()) as { readonly code: string }).code
      }
      assert.strictEqual(await amount(paid, "seven!!"), "7")
      assert.strictEqual(await amount(paid, "more than nine!"), "price_invalid")
      assert.strictEqual(await amount(paid.with({ tool: "other", pricing: { CNY: "2" } }), "x"), "200")
      assert.throws(() => paid.with({ tool: "", pricing: {} }), InitError)
    }))

  it("takes the bodies that a schema takes, zod's or any other, and prices what it made of them", () =>
    started(play(), async (paid) => {
      const said = async (of: Paid, body: string) => {
        const response = await of.fetch((_, { charge }) => Response.json(charge.money.minor.toString()))(
          ask(await paid.sandbox?.token(), body)
        )
        const json = (await response.json()) as string | { readonly code: string; readonly detail: string }
        return typeof json === "string" ? json : [response.status, json.code, json.detail]
      }
      const pages = z.object({ pages: z.coerce.number().int().positive() })
      const metered = paid.with({
        tool: "metered",
        schema: pages,
        pricing: ({ pages }) => ({ CNY: `0.${String(pages * 2).padStart(2, "0")}` })
      })
      assert.strictEqual(await said(metered, '{"pages":"7"}'), "14")
      const [status, code, detail] = await said(metered, '{"pages":"none"}')
      assert.deepStrictEqual([status, code], [400, "request_invalid"])
      assert.match(String(detail), /^pages: /)
      assert.include((await said(metered, "no json"))[1], "request_invalid")
      // At a fixed price too, and where the schema answers later.
      const later: BodySchema<string> = {
        "~standard": {
          version: 1,
          validate: async (value) =>
            typeof value === "string" ? { value } : { issues: [{ message: "it is no text", path: [{ key: "a" }, 0] }] }
        }
      }
      const texts = paid.with({ tool: "texts", schema: later, pricing: { CNY: "2.00" } })
      assert.strictEqual(await said(texts, "a text"), "200")
      assert.deepStrictEqual(await said(texts, "[]"), [400, "request_invalid", "a.0: it is no text"])
      // A schema that fails by itself is no fault of the request.
      const broken: BodySchema<string> = {
        "~standard": {
          version: 1,
          validate: () => {
            throw new Error("oh")
          }
        }
      }
      assert.include(
        await said(paid.with({ tool: "broken", schema: broken, pricing: { CNY: "2" } }), "x"),
        "price_invalid"
      )
    }))

  it("takes Alipay's bills too, where it is told to", () =>
    started({ ...play(), a402: true }, async (paid) => {
      const fetched = paid.fetch((_, { protocol }) => new Response(protocol))
      const unpaid = await fetched(ask())
      const proof = (await paid.sandbox?.pay(unpaid.headers.get("payment-needed") ?? "")) ?? ""
      const paying = new Request("http://localhost/report", { method: "POST", headers: { "payment-proof": proof } })
      const sold = await fetched(paying)
      assert.deepStrictEqual([sold.status, await sold.text()], [200, "alipay-a402"])
      assert.strictEqual(await (await fetched(ask(await paid.sandbox?.token()))).text(), "alipay-trust")
    }))

  it("takes no bills where nobody said so, and says what they lack where somebody did", async () => {
    await started(play(), async (paid) => {
      const unpaid = await paid.fetch(() => new Response("sold"))(ask())
      assert.isNull(unpaid.headers.get("payment-needed"))
    })
    const missing = async (options: Partial<Options>) => {
      const { issues } = await refused({ ...sold, ledger: join(folder, "no.sqlite"), ...options })
      return issues.map(({ where }) => where)
    }
    const variables = ["ALIPAY_SELLER_ID", "ALIPAY_SELLER_NAME", "ALIPAY_SERVICE_ID"]
    assert.includeMembers(await missing({ a402: true, env: {} }), variables)
    const named = await missing({ env: { ALIPAY_SERVICE_ID: "s", ALIPAY_SELLER_ID: "wrong" } })
    assert.deepStrictEqual(
      named.filter((where) => variables.includes(where)),
      ["ALIPAY_SELLER_ID", "ALIPAY_SELLER_NAME"]
    )
    assert.notIncludeMembers(await missing({ a402: false, env: { ALIPAY_SERVICE_ID: "s" } }), variables)
  })

  it("says everything that is wrong at once, with what to do about it, and repeats no value of a variable", async () => {
    const error = await refused({
      tool: " ",
      pricing: { CNY: "1.105", EUR: 3, USD: "0", RMB: "1" },
      ledger: join(folder, "missing", "x.sqlite"),
      env: { ALIPAY_APP_ID: "not digits", ALIPAY_PRIVATE_KEY: "hush" }
    })
    const wrong = error.issues.map(({ where }) => where)
    assert.includeMembers(wrong, [
      "tool",
      "pricing.CNY",
      "pricing.EUR",
      "pricing.USD",
      "pricing.RMB",
      "ALIPAY_APP_ID",
      "ALIPAY_PRIVATE_KEY",
      "ALIPAY_PUBLIC_KEY",
      "sandbox",
      "ledger"
    ])
    assert.match(
      error.message,
      new RegExp(`^Paylayer was not started. ${wrong.length} things are wrong:\n\n {2}1. tool: `)
    )
    assert.notInclude(error.message, "hush")
    for (const { hint } of error.issues) assert.isNotEmpty(hint)
  })

  it("does not sell for play money unless it is asked to, and never in production", async () => {
    assert.include((await refused({ ...sold, env: {}, ledger: join(folder, "no.sqlite") })).message, "sandbox: true")
    const production = await refused({ ...play(), env: { NODE_ENV: "production" } })
    assert.match(production.message, /1 thing is wrong:\n\n {2}1. sandbox: NODE_ENV is production/)
  })
})
