/**
 * The wallet in a real browser, with scripts switched off. Starts one Chromium: three seconds, two more on a machine's first
 * run. Screenshots go to `tmp/consent`.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Path from "node:path"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import * as SandboxConfig from "../src/SandboxConfig.ts"
import { SandboxServer } from "../src/SandboxServer.ts"
import { launch } from "./chromium.ts"
import { asking, grantType, verifier } from "./consenting.ts"
import { call, shop } from "./trust/shop.ts"

const sandbox = SandboxServer.layer().pipe(Layer.provideMerge(AlipaySandbox.layer))
const runtime = ManagedRuntime.make(
  shop.pipe(
    Layer.provide(AlipayTrust.layer),
    Layer.provide(OpenPlatform.layer),
    Layer.provide(SandboxConfig.layerServer),
    Layer.provide(FetchHttpClient.layer),
    Layer.provideMerge(sandbox)
  )
)
let url: string
let browser: Browser
/** A page of somebody else's: on another site, as a browser sees it. */
let elsewhere: Http.Server
let page = ""
const shots = Path.join(import.meta.dirname, "../tmp/consent")

beforeAll(async () => {
  url = (await runtime.runPromise(SandboxServer.use(Effect.succeed))).url
  browser = await launch()
  elsewhere = Http.createServer((_, response) => response.setHeader("content-type", "text/html").end(page))
  await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve))
}, 60_000)
afterAll(async () => {
  await browser.close()
  elsewhere.closeAllConnections()
  elsewhere.close()
  await runtime.dispose()
})

const visiting = async (options: BrowserContextOptions, visit: (page: Page) => Promise<void>) => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "en-US", ...options })
  context.setDefaultTimeout(5_000)
  try {
    await visit(await context.newPage())
  } finally {
    await context.close()
  }
}

const form = async (path: string, fields: Record<string, string>) =>
  (await fetch(`${url}${path}`, { method: "POST", body: new URLSearchParams(fields) })).json() as Promise<any>

const terms = {
  delegation_desc: "Market reports on consumer electronics",
  validity_end_time: "2099-01-01T00:00:00Z",
  allowed_payment_methods: ["BALANCE", "HUABEI_INSTALLMENTS"],
  ext: {
    commerce: { max_single_amount: "15.00", allowed_categories: ["7375", "5734"] },
    vendor_private: { times_limit: 5 }
  }
}

const ask = (more: object = {}) => form("/oauth/device_authorization", asking({ ...terms, ...more }))

const fetchToken = (request: { readonly device_code: string }) =>
  form("/oauth/token", {
    grant_type: grantType,
    client_id: "agent_market",
    device_code: request.device_code,
    code_verifier: verifier
  })

const buy = (token: string, amount = "1.10") => runtime.runPromise(call(token, { amount }))

const signIn = (page: Page) => page.getByRole("button", { name: "Li Lei" }).click()
const approve = (page: Page) => page.getByRole("button", { name: "Approve" }).click()
const heading = (page: Page) => page.getByRole("heading", { level: 1 }).innerText()

describe("a principal", () => {
  it("approves less than was asked for; the agent pays within that, and no more; revoked, it pays nothing", () =>
    visiting({}, async (page) => {
      const request = await ask()
      await page.goto(request.verification_uri)
      await signIn(page)
      assert.strictEqual(await heading(page), "Market agent asks to pay for you")
      assert.include(await page.innerText("main"), request.user_code)
      await page.getByText("Allow less").click()
      await page.getByLabel("In total, at most").fill("5.00")
      await page.getByLabel("Each payment, at most").fill("2.00")
      await page.getByLabel("Huabei instalments").uncheck()
      await approve(page)
      assert.strictEqual(await heading(page), "Approved")
      assert.include(await page.innerText("main"), "¥5.00")
      // Reloading is not deciding again.
      await page.reload()
      const { access_token: token, authorization_details } = await fetchToken(request)
      assert.deepInclude(authorization_details[0], { max_total_amount: 5, allowed_payment_methods: ["BALANCE"] })
      assert.strictEqual(await buy(token, "2.01"), "limit_exceeded")
      assert.strictEqual(await buy(token), "ok")

      await page.getByRole("main").getByRole("link", { name: "Your delegations" }).click()
      assert.include(await page.innerText("main"), "¥1.10 of ¥5.00 spent")
      await page.getByRole("button", { name: "Suspend" }).click()
      assert.strictEqual(await buy(token), "credential_revoked")
      await page.getByRole("button", { name: "Resume" }).click()
      assert.strictEqual(await buy(token), "ok")
      await page.getByText("Revoke…").click()
      await page.getByRole("button", { name: "Revoke for good" }).click()
      assert.include(await page.innerText("main"), "Revoked")
      assert.strictEqual(await buy(token), "credential_revoked")
    }))

  it("refuses, and the agent gets nothing", () =>
    visiting({}, async (page) => {
      const request = await ask()
      await page.goto(request.verification_uri)
      await signIn(page)
      await page.getByRole("button", { name: "Refuse" }).click()
      assert.strictEqual(await heading(page), "Refused")
      assert.strictEqual((await fetchToken(request)).error, "access_denied")
    }))

  it("who enters more than was asked for is told so, at the field, and nothing is approved", () =>
    visiting({}, async (page) => {
      const request = await ask()
      await page.goto(request.verification_uri)
      await signIn(page)
      await page.getByText("Allow less").click()
      const total = page.getByLabel("In total, at most")
      await total.fill("50.01")
      await approve(page)
      assert.include(await page.getByRole("alert").innerText(), "this is more than was asked for")
      assert.strictEqual(await total.getAttribute("aria-invalid"), "true")
      assert.strictEqual(await total.inputValue(), "50.01")
      assert.strictEqual((await fetchToken(request)).error, "authorization_pending")
    }))

  it("who answers in a second window finds what was decided in the first", () =>
    visiting({}, async (page) => {
      const request = await ask()
      await page.goto(request.verification_uri)
      await signIn(page)
      const second = await page.context().newPage()
      await second.goto(request.verification_uri)
      await approve(page)
      await second.getByRole("button", { name: "Refuse" }).click()
      assert.strictEqual(await heading(second), "Approved")
      assert.isString((await fetchToken(request)).access_token)
    }))
})

describe("another site", () => {
  const at = () => `http://localhost:${(elsewhere.address() as AddressInfo).port}/`

  it("may link to a request; the principal need not sign in again", () =>
    visiting({}, async (visitor) => {
      await visitor.goto(`${url}/wallet`)
      await signIn(visitor)
      page = `<a href="${(await ask()).verification_uri}">consent</a>`
      await visitor.goto(at())
      await visitor.getByRole("link").click()
      await visitor.getByRole("button", { name: "Approve" }).waitFor()
    }))

  it("can neither frame a page nor send its form", () =>
    visiting({}, async (visitor) => {
      const request = await ask()
      await visitor.goto(request.verification_uri)
      await signIn(visitor)
      const token = await visitor.locator("input[name=form_token]").first().getAttribute("value")
      page = `<iframe src="${request.verification_uri}"></iframe>
        <form method="post" action="${request.verification_uri}"><input name="form_token" value="${token}">
        <input name="decision" value="refuse"><button>win a prize</button></form>`
      await visitor.goto(at())
      const frames = await Promise.all(visitor.frames().map((frame) => frame.content()))
      assert.isFalse(frames.some((html) => html.includes("Sandbox wallet")))
      await visitor.getByRole("button").click()
      assert.strictEqual(await heading(visitor), "Out of date")
      assert.strictEqual((await fetchToken(request)).error, "authorization_pending")
    }))
})

describe("every page", () => {
  const looks = {
    light: { viewport: { width: 1_000, height: 800 } },
    phone: { viewport: { width: 360, height: 740 } },
    "phone-dark-zh": { viewport: { width: 360, height: 740 }, colorScheme: "dark", locale: "zh-CN" }
  } as const satisfies Record<string, BrowserContextOptions>

  const kept = new Set(["consent", "returned", "list"])

  for (const [name, options] of Object.entries(looks)) {
    it(`fits its window, and names each of its fields (${name})`, () =>
      visiting(options, async (page) => {
        const look = async (step: string) => {
          const seen = await page.evaluate(`({
            width: document.documentElement.scrollWidth,
            nameless: [...document.querySelectorAll("input:not([type=hidden])")].filter(({ labels }) => labels.length !== 1).length,
            landmarks: document.querySelectorAll("header, main").length
          })`)
          assert.deepStrictEqual(seen, { width: page.viewportSize()!.width, nameless: 0, landmarks: 2 }, step)
          if (kept.has(step)) await page.screenshot({ path: Path.join(shots, `${name}-${step}.png`), fullPage: true })
        }
        const long = "W".repeat(64)
        const request = await form(
          "/oauth/device_authorization",
          asking({ ...terms, delegation_desc: "长".repeat(200), sid: long }, { client_name: long })
        )
        await page.goto(request.verification_uri)
        await look("sign-in")
        await page.locator("button[name=account]").first().click()
        await look("consent")
        await page.locator("details.less > summary").click()
        await page.locator("[name=max_total_amount]").fill("60")
        await page.locator("button[value=approve]").click()
        await look("returned")
        await page.locator("[name=max_total_amount]").fill("20")
        await page.locator("button[value=approve]").click()
        await look("approved")
        await page.goto(`${url}/wallet`)
        await look("list")
        await page.goto(`${url}/consent/none`)
        await look("unknown")
      }))
  }

  it("leads the keyboard to its content first, and shows where it is", () =>
    visiting({}, async (page) => {
      await page.goto(`${url}/wallet`)
      await page.keyboard.press("Tab")
      const focused = await page.evaluate(`({
        href: document.activeElement.getAttribute("href"),
        outlined: getComputedStyle(document.activeElement).outlineStyle !== "none"
      })`)
      assert.deepStrictEqual(focused, { href: "#content", outlined: true })
    }))
})
