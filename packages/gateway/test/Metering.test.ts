import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Accrual from "../src/Accrual.ts"
import { type Refused, Usage } from "../src/Usage.ts"
import { freshSqlite } from "./stores.ts"
import * as tools from "./tools.ts"
import { configOf, gateway, mint, tool } from "./world.ts"

/** Tables of their own, and what was counted beside the ledger. */
const besides = () => {
  const counted: Array<Refused> = []
  const usage = Layer.succeed(Usage, {
    count: (refused) => Effect.sync(() => void counted.push(refused)),
    calls: () => Effect.succeed([]),
    byDay: () => Effect.succeed([]),
    refusals: () => Effect.succeed([]),
    export: () => Stream.empty
  })
  const accrual = Accrual.layer.pipe(Layer.provide(Effect.runSync(freshSqlite)))
  return { counted, beside: Layer.merge(usage, accrual) }
}

/** Millionths of a minor unit are exact: a row costs CNY 0.001, a tenth of a fen. */
const perRow = (measure: object | string, perUnit = "0.001") => ({
  unit: "row",
  perUnit: { CNY: perUnit },
  most: { CNY: "1.00" },
  measure
})

const metered = (url: string, measure: object | string, perUnit?: string) => {
  const { beside, counted } = besides()
  const config = configOf([{ ...tool, price: perRow(measure, perUnit), upstream: { url, allowPrivate: true } }])
  return gateway(config, { beside }).then((world) => ({ ...world, counted }))
}

describe("a price by unit", () => {
  it("takes whole minor units, and exactly what the calls came to in the end", async () => {
    await using up = await tools.http((_, response) => response.setHeader("x-rows", "7").end("[…]"))
    await using world = await metered(up.url, { header: "X-Rows" })
    const receipts: Array<boolean> = []
    // 0.7 of a fen each: ten calls are 7 fen.
    for (let call = 0; call < 10; call++) {
      const { headers, status } = await world.ask("/api/proxy/report", { headers: mint() })
      assert.strictEqual(status, 200)
      receipts.push(headers["payment-receipt"] !== undefined)
    }
    const moved = [...world.bank.movements.values()].map(({ money }) => money.minor)
    assert.strictEqual(
      moved.reduce((sum, minor) => sum + minor, 0n),
      7n
    )
    assert.deepStrictEqual([receipts[0], receipts[1]], [false, true])
    assert.strictEqual(world.bank.holds.size, 0)
    const usages = (await world.entries()).map(({ usage }) => usage as Readonly<Record<string, unknown>>)
    assert.isTrue(usages.every(({ units }) => units === "7"))
    assert.deepInclude(usages[0]!, { developer: "acme", agent: "agent-1" })
  })

  for (const [what, measure, answer, minor] of [
    ["a place in the answer", { json: "/usage/total" }, '{"usage":{"total":120}}', 12n],
    ["the bytes of the answer", "bytes", "x".repeat(250), 25n],
    ["more than it may cost: what was authorized", { json: "/n" }, '{"n":5000000}', 100n]
  ] as const) {
    it(`is measured by ${what}`, async () => {
      await using up = await tools.http((_, response) => response.end(answer))
      await using world = await metered(up.url, measure)
      assert.strictEqual((await world.ask("/api/proxy/report", { headers: mint() })).status, 200)
      assert.deepStrictEqual(
        [...world.bank.movements.values()].map(({ money }) => money.minor),
        [minor]
      )
    })
  }

  for (const answer of ['{"n":-1}', '{"n":1.5}', '{"n":"many"}', '{"m":1}', "no json", '{"n":9007199254740993000}'])
    it(`of an answer that does not say how much it is, ${answer}, is not charged`, async () => {
      await using up = await tools.http((_, response) => response.end(answer))
      await using world = await metered(up.url, { json: "/n" })
      const told = await world.ask("/api/proxy/report", { headers: mint() })
      assert.deepStrictEqual([told.status, told.code], [502, "upstream_unmeasured"])
      assert.deepStrictEqual([world.bank.movements.size, world.bank.holds.size], [0, 0])
      assert.strictEqual((await world.entries())[0]?.state, "released")
    })

  it("is not asked by a gateway without tables: it does not start", async () => {
    const config = configOf([{ ...tool, price: perRow("bytes"), upstream: "https://acme.example" }])
    const started = await gateway(config).then(() => "started", String)
    assert.include(started, "a price by unit needs the gateway's tables")
  })
})

describe("what was measured of a call", () => {
  it("stands on its charge, whatever it cost", async () => {
    await using up = await tools.http((_, response) => response.end("growing"))
    await using world = await gateway(configOf([{ ...tool, upstream: { url: up.url, allowPrivate: true } }]))
    await world.ask("/api/proxy/report", { headers: mint({ principal: "p-1" }) })
    const usage = (await world.entries())[0]?.usage as Readonly<Record<string, unknown>>
    assert.deepInclude(usage, { developer: "acme", agent: "agent-1", principal: "p-1" })
    assert.isAtLeast(Number(usage["latencyMillis"]), 0)
  })
})

describe("a refused call", () => {
  it("is counted once: beside the ledger without a charge, in the ledger with one", async () => {
    await using up = await tools.http((_, response) => response.writeHead(302, { location: "/" }).end())
    const { beside, counted } = besides()
    const config = configOf([{ ...tool, upstream: { url: up.url, allowPrivate: true } }])
    await using world = await gateway(config, { beside })
    await world.ask("/api/proxy/report")
    await world.ask("/api/proxy/report", { headers: { "x-voucher": "forged" } })
    await world.ask("/api/proxy/report", { method: "DELETE" })
    assert.deepStrictEqual(counted, [
      { tool: "report", protocol: "", code: "payment_required" },
      { tool: "report", protocol: "voucher", code: "credential_malformed" },
      { tool: "report", protocol: "", code: "method_not_allowed" }
    ])
    const redirected = await world.ask("/api/proxy/report", { headers: mint() })
    assert.deepStrictEqual(
      [redirected.code, counted.length, (await world.entries()).length],
      ["upstream_redirected", 3, 1]
    )
    assert.strictEqual(JSON.parse(redirected.body).charge_id, (await world.entries())[0]?.charge.id)
  })
})
