/**
 * The dashboard of a running gateway in a real browser, over thousands of charges. Starts one Chromium. Screenshots go to `tmp/dashboard`.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Ledger } from "@paylayer/core/Ledger"
import * as Receipt from "@paylayer/core/Receipt"
import * as Refund from "@paylayer/core/Refund"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Path from "node:path"
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core"
import { launch } from "../../../alipay-sandbox/test/chromium.ts"
import { mint, Voucher } from "../../../core/test/protocols/Voucher.ts"
import { Bookkeeper } from "../../src/Bookkeeper.ts"
import * as Dashboard from "../../src/Dashboard.ts"
import * as Gateway from "../../src/Gateway.ts"
import * as GatewayConfig from "../../src/GatewayConfig.ts"
import { configuration, past, services, token, tools } from "./world.ts"

/** What the gateway's tool is. */
const upstream = createServer((_, response) =>
  response.setHeader("content-type", "application/json").end('{"report":"fine"}')
)
const [research, ...otherTools] = tools

/** The gateway: its tools and its dashboard on one port. */
const serving = Layer.unwrap(
  Effect.gen(function* () {
    yield* Effect.promise(() => once(upstream.listen(0, "127.0.0.1"), "listening"))
    const { port } = upstream.address() as AddressInfo
    const slug = research!.slug
    const url = `http://127.0.0.1:${port}/report`
    const read = yield* GatewayConfig.read({
      developers: [{ id: "acme", name: "ACME" }],
      tools: [{ slug, developer: "acme", upstream: { url, allowPrivate: true }, price: { CNY: "15.00" } }],
      listen: { port: 0 }
    })
    const { upstream: here } = read.tools.get(slug)!
    const config: GatewayConfig.GatewayConfig = {
      ...read,
      ...configuration,
      drain: { notice: Duration.zero, calls: Duration.zero },
      tools: new Map([{ ...research!, upstream: here }, ...otherTools].map((tool) => [tool.slug, tool]))
    }
    const routes = Layer.unwrap(
      Effect.map(Gateway.Gateway, ({ config }) =>
        Dashboard.layer({ operatorToken: Redacted.make(token), configuration: config })
      )
    )
    return Gateway.serve(config, [Voucher], { routes })
  })
).pipe(Layer.provideMerge(services), Layer.provideMerge(Logger.layer([])))
const runtime = ManagedRuntime.make(serving)
const shots = Path.join(import.meta.dirname, "../../tmp/dashboard")
const many = 2_000

let url: string
let browser: Browser

let paidCalls = 0

/** A call of the tool, paid for CNY 15.00; and counted. */
const paid = async (): Promise<string> => {
  const headers = { ...mint({ agent: `caller-${(paidCalls += 1)}` }), "content-type": "application/json" }
  const response = await fetch(new URL("/api/proxy/market-research", url), { method: "POST", headers, body: "{}" })
  assert.strictEqual(response.status, 200)
  const receipt = Result.getOrThrow(Receipt.fromHeader(response.headers.get(Receipt.header)!))
  await runtime.runPromise(Bookkeeper.use(({ catchUp }) => catchUp))
  return receipt.chargeId
}

beforeAll(async () => {
  const filled = Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    yield* past(many, Date.now())
    yield* (yield* Bookkeeper).catchUp
    return `${HttpServer.formatAddress(address)}/dashboard`
  })
  ;[url, browser] = await Promise.all([runtime.runPromise(filled), launch()])
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await runtime.dispose()
  upstream.close()
})

/** Whoever comes first signs in. */
let signedIn: Awaited<ReturnType<BrowserContext["cookies"]>> = []

const visiting = async (
  options: BrowserContextOptions,
  visit: (page: Page, broken: Array<string>) => Promise<void>
) => {
  const context = await browser.newContext({ locale: "en-US", ...options })
  context.setDefaultTimeout(5_000)
  const broken: Array<string> = []
  try {
    const page = await context.newPage()
    // What the policy blocks, what a script throws, what cannot be loaded; a form that is returned is none of these.
    page.on("console", (message) => {
      const isRefusal = message.text().includes("status of 400")
      if (message.type() === "error" && !isRefusal) broken.push(message.text())
    })
    page.on("pageerror", (error) => broken.push(error.message))
    page.on("request", (request) => request.url().startsWith(url) || broken.push(request.url()))
    await context.addCookies(signedIn)
    await page.goto(url)
    if (signedIn.length === 0) {
      await page.locator("input[name=token]").fill(token)
      await page.locator("button.main").click()
      await page.waitForURL(url)
      signedIn = await context.cookies()
    }
    await visit(page, broken)
    assert.deepStrictEqual(broken, [])
  } finally {
    await context.close()
  }
}

const heading = (page: Page) => page.getByRole("heading", { level: 1 }).innerText()

describe("an operator", () => {
  it("sees takings as a picture, and the same figures as a table", () =>
    visiting({}, async (page) => {
      assert.strictEqual(await heading(page), "Overview")
      await page.getByRole("link", { name: "90 days" }).click()
      await page.getByRole("link", { name: "Tool", exact: true }).click()
      const figure = page.locator("figure").first()
      const said = await figure.getByRole("img").getAttribute("aria-label")
      const [, total] = /^CNY: ([\d,.]+) taken in 90 days/.exec(said!)!
      await figure.getByText("The figures").click()
      const cells = await figure.locator("tbody td:last-child").allInnerTexts()
      const cents = (text: string) => Number(text.replaceAll(/[^0-9]/g, ""))
      assert.lengthOf(cells, 90)
      assert.strictEqual(
        cells.reduce((sum, cell) => sum + cents(cell), 0),
        cents(total!)
      )
      const bars = await page.evaluate<number>(
        `[...document.querySelector("figure").querySelectorAll("rect:not(.hit)")].filter((bar) => bar.getBBox().height > 0).length`
      )
      assert.isAbove(bars, 90)
    }))

  it("gives a part back, once, with two clicks on the one button; the charge tells of it", () =>
    visiting({}, async (page) => {
      const id = await paid()
      await page.goto(`${url}/charges?id=${id}`)
      assert.include(await page.innerText("main"), "There is a receipt: the money was taken.")
      await page.getByRole("link", { name: "Refund…" }).click()
      await page.getByLabel("A part").check()
      await page.getByLabel("Amount").fill("15.01")
      await page.getByRole("button", { name: "Review" }).click()
      assert.include(await page.getByRole("alert").innerText(), "at most 15.00")
      await page.getByLabel("Amount").fill("4.00")
      await page.getByLabel("Reason").fill("the report was late")
      await page.getByRole("button", { name: "Review" }).click()
      assert.strictEqual(await heading(page), "Give this back?")
      await page.getByRole("button", { name: "Give back ¥4.00" }).dblclick()
      await page.getByRole("status").waitFor()
      assert.include(await page.innerText("main"), "¥4.00 went back.")
      assert.include(await page.innerText("main"), "“the report was late”")
      const entry = await runtime.runPromise(Effect.flatMap(Ledger, (ledger) => ledger.find(id)))
      assert.deepStrictEqual(
        Refund.of(entry!).map(({ money, state }) => [state, money.minor]),
        [["refunded", 400n]]
      )
    }))

  it("watches calls come in; without the script there is a link for it", async () => {
    await visiting({}, async (page) => {
      await page.goto(`${url}/live`)
      const first = page.locator("tbody tr").first()
      const before = await first.getAttribute("data-id")
      const id = await paid()
      assert.notStrictEqual(before, id)
      await page.locator(`tr[data-id=${id}]`).waitFor()
      await page.getByRole("button", { name: "Pause" }).click()
      await page.getByRole("button", { name: "Resume" }).waitFor()
    })
    await visiting({ javaScriptEnabled: false }, async (page) => {
      await page.getByRole("link", { name: "Live" }).click()
      assert.isFalse(await page.getByRole("button", { name: "Pause" }).isVisible())
      const id = await paid()
      await page.getByRole("link", { name: "Refresh" }).click()
      assert.strictEqual(await page.locator("tbody tr").first().getAttribute("data-id"), id)
    })
  })

  it("finds charges by tool and outcome, page by page", () =>
    visiting({}, async (page) => {
      await page.getByRole("link", { name: "Charges" }).click()
      await page.getByLabel("Tool").selectOption("translate")
      await page.getByLabel("Outcome").selectOption("Paid")
      await page.getByRole("button", { name: "Show" }).click()
      const idsHere = () =>
        page.evaluate<ReadonlyArray<string>>(`[...document.querySelectorAll("tbody tr")].map((row) => row.dataset.id)`)
      const newest = await idsHere()
      await page.getByRole("link", { name: "Older" }).click()
      const older = await idsHere()
      assert.lengthOf(new Set([...newest, ...older]), 100)
      assert.sameMembers([...new Set(await page.locator("tbody td[data-label=Tool]").allInnerTexts())], ["translate"])
    }))
})

describe("every page", () => {
  const looks = {
    desktop: { viewport: { width: 1_280, height: 900 } },
    "phone-dark-zh": { viewport: { width: 360, height: 740 }, colorScheme: "dark", locale: "zh-CN" }
  } as const satisfies Record<string, BrowserContextOptions>

  for (const [name, options] of Object.entries(looks)) {
    it(`fits its window, names its fields, tables and parts, and loads nothing from elsewhere (${name})`, () =>
      visiting(options, async (page) => {
        const id = await paid()
        const look = async (path: string, landmarks = ["header", "main", "nav"]) => {
          await page.goto(`${url}${path}`)
          const seen = await page.evaluate(`({
            width: document.documentElement.scrollWidth,
            nameless: [...document.querySelectorAll("input:not([type=hidden]), select")].filter(({ labels }) => labels.length !== 1).length,
            uncaptioned: [...document.querySelectorAll("table")].filter(({ caption }) => !caption?.textContent.trim()).length,
            doubled: [...document.querySelectorAll("[id]")].filter(({ id }, _, all) => all.filter((one) => one.id === id).length > 1).length,
            dangling: [...document.querySelectorAll("[aria-describedby], [aria-labelledby]")].flatMap((one) =>
              ((one.getAttribute("aria-describedby") ?? "") + " " + (one.getAttribute("aria-labelledby") ?? "")).trim().split(" ")
            ).filter((id) => document.getElementById(id) === null).length,
            landmarks: ["header", "main", "nav"].filter((name) => document.querySelector(name) !== null),
            headings: document.querySelectorAll("h1").length
          })`)
          assert.deepStrictEqual(
            seen,
            {
              width: options.viewport.width,
              nameless: 0,
              uncaptioned: 0,
              doubled: 0,
              dangling: 0,
              landmarks,
              headings: 1
            },
            path
          )
          const file = path === "" ? "overview" : path.split("/").at(-1)!.split("?")[0]!
          await page.screenshot({ path: Path.join(shots, `${name}-${file.startsWith("ch_") ? "charge" : file}.png`) })
        }
        for (const path of ["", "/live", "/charges", `/charges/${id}`, `/charges/${id}/refund`]) await look(path)
        const statement = `/statements?of=CNY+acme&month=${new Date().toISOString().slice(0, 7)}`
        for (const path of ["/refusals", "/budgets", "/payouts", statement, "/reconciliation", "/tools", "/waiting"])
          await look(path)
      }))
  }

  it("leads the keyboard to its content first, and shows where it is", () =>
    visiting({ javaScriptEnabled: false }, async (page) => {
      await page.keyboard.press("Tab")
      const focused = await page.evaluate(`({
        href: document.activeElement.getAttribute("href"),
        outlined: getComputedStyle(document.activeElement).outlineStyle !== "none"
      })`)
      assert.deepStrictEqual(focused, { href: "#content", outlined: true })
    }))
})
