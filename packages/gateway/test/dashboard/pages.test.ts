// The dashboard's pages as a server gives them: who gets them, what stands on them, and what a form does.
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Ledger } from "@paylayer/core/Ledger"
import * as Refund from "@paylayer/core/Refund"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { canary } from "../../../core/test/canary.ts"
import { VoucherBank } from "../../../core/test/protocols/Voucher.ts"
import { Bookkeeper } from "../../src/Bookkeeper.ts"
import * as Dashboard from "../../src/Dashboard.ts"
import { Payouts } from "../../src/Payouts.ts"
import { Usage } from "../../src/Usage.ts"
import { fieldsOf, type Page, visitor } from "./visitor.ts"
import { configuration, past, sell, services, token } from "./world.ts"

const runtime = ManagedRuntime.make(services.pipe(Layer.provideMerge(Logger.layer([]))))

const serving = (options: Partial<Dashboard.Options> = {}) => {
  const operatorToken = Redacted.make(token)
  const app = Dashboard.layer({ operatorToken, configuration: Effect.succeed(configuration), ...options })
  return runtime.runPromise(
    Effect.map(Effect.context<Layer.Success<typeof services>>(), (context) => {
      const provided = app.pipe(Layer.provide(Layer.succeedContext(context)), Layer.provideMerge(Logger.layer([])))
      const { handler } = HttpRouter.toWebHandler(provided, { disableLogger: true })
      return (request: Request) => handler(request)
    })
  )
}

let handler: (request: Request) => Promise<Response>
const month = new Date().toISOString().slice(0, 7)

/** A charge that was paid through the paywall. */
let paid: string
/** A payout to the developer. */
let paidOut: string

beforeAll(async () => {
  handler = await serving()
  await runtime.runPromise(
    Effect.gen(function* () {
      yield* past(120, Date.now())
      const { receipt } = yield* sell("market-research", 4_400n)
      paid = receipt!.chargeId
      const usage = yield* Usage
      yield* usage.count({ tool: "translate", protocol: "voucher", code: "limit_exceeded" })
      yield* (yield* Bookkeeper).catchUp
      paidOut = (yield* (yield* Payouts).create("acme", "USD")).id
    })
  )
}, 30_000)
afterAll(() => runtime.dispose())

const signIn = async (one = visitor(handler)) => {
  assert.strictEqual((await one.post("/dashboard/sign-in", { token })).status, 303)
  return one
}

const refundsOf = (id: string) =>
  runtime.runPromise(
    Effect.map(
      Effect.flatMap(Ledger, (ledger) => ledger.find(id)),
      (entry) => Refund.of(entry!)
    )
  )

const fresh = (minor: bigint) =>
  runtime.runPromise(Effect.map(sell("market-research", minor), ({ receipt }) => receipt!.chargeId))

const paths = () => [
  "/dashboard",
  "/dashboard?by=tool&days=90",
  "/dashboard/live",
  "/dashboard/live/rows",
  "/dashboard/charges",
  `/dashboard/charges/${paid}`,
  `/dashboard/charges/${paid}/refund`,
  "/dashboard/waiting",
  "/dashboard/refusals",
  "/dashboard/budgets",
  "/dashboard/payouts",
  `/dashboard/payouts/${paidOut}`,
  `/dashboard/statements?of=CNY+acme&month=${month}`,
  "/dashboard/reconciliation",
  "/dashboard/tools",
  "/dashboard/nothing"
]

describe("who comes in", () => {
  it("nobody sees a page or has a form done without a session, whatever the cookie says", async () => {
    const stranger = visitor(handler)
    stranger.cookies.set("paylayer-operator", `${"s".repeat(43)}.9999999999999.${"A".repeat(43)}`)
    for (const path of [...paths(), "/dashboard/charges.csv"]) {
      const page = await stranger.get(path)
      assert.strictEqual(page.status, 303, path)
      assert.match(page.headers.get("location")!, /^\/dashboard\/sign-in/)
    }
    const page = await stranger.post(`/dashboard/charges/${paid}/refund`, {
      refund_id: "r-1",
      step: "confirm",
      form_token: ""
    })
    assert.strictEqual(page.status, 403)
    assert.deepStrictEqual(await refundsOf(paid), [])
  })

  it("a wrong token is refused, and after five of them nobody is let in for a while, not with the right one either", async () => {
    const one = visitor(await serving())
    for (const wrong of ["", "wrong", `${token} `, token.slice(1), "x".repeat(1_000)]) {
      assert.strictEqual((await one.post("/dashboard/sign-in", { token: wrong })).status, 401)
    }
    const waiting = await one.post("/dashboard/sign-in", { token })
    assert.strictEqual(waiting.status, 429)
    assert.strictEqual(waiting.headers.get("retry-after"), "1")
    assert.strictEqual(one.cookies.size, 0)
  })

  it("a token that could be guessed serves no dashboard", async () => {
    const app = Dashboard.layer({ operatorToken: Redacted.make("short"), configuration: Effect.succeed(configuration) })
    const built = Layer.build(app).pipe(Effect.provide(HttpRouter.layer), Effect.scoped, Effect.flip)
    const error = await runtime.runPromise(built as Effect.Effect<Dashboard.DashboardError, never, never>)
    assert.strictEqual(error._tag, "DashboardError")
  })

  it("who signs out is out, also with the old cookie", async () => {
    const one = await signIn()
    const old = new Map(one.cookies)
    const page = await one.get("/dashboard/tools")
    await one.post("/dashboard/sign-out", fieldsOf(page, "/dashboard/sign-out"))
    for (const [name, value] of old) one.cookies.set(name, value)
    assert.strictEqual((await one.get("/dashboard/tools")).status, 303)
  })

  it("behind HTTPS, forms come from that origin alone, and the cookie never leaves it", async () => {
    const publicUrl = new URL("https://gateway.example")
    const secured = await serving({ publicUrl })
    const one = visitor(secured, "https://gateway.example")
    const sent = await one.post("/dashboard/sign-in", { token })
    assert.match(
      sent.headers.get("set-cookie")!,
      /^__Host-paylayer-operator=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/
    )
    const other = await visitor(secured).post("/dashboard/sign-in", { token })
    assert.strictEqual(other.status, 403)
  })

  it("a path of two slashes leads to no other host", async () => {
    const one = visitor(handler)
    const asked = await one.get("//dashboard/tools")
    assert.strictEqual(asked.headers.get("location"), "/dashboard/sign-in?next=%2Fdashboard%2Ftools")
    const followed = await one.get("//dashboard/tools", { "sec-fetch-site": "cross-site" })
    assert.strictEqual(followed.headers.get("refresh"), "0; url=/dashboard/tools?followed=1")
  })

  it("a link from elsewhere is followed once more, as a navigation of our own", async () => {
    const page = await visitor(handler).get("/dashboard/tools", { "sec-fetch-site": "cross-site" })
    assert.strictEqual(page.headers.get("refresh"), "0; url=/dashboard/tools?followed=1")
  })
})

describe("what stands on a page", () => {
  const inspect = (path: string, { headers, text }: Page) => {
    assert.include(headers.get("content-security-policy")!, "default-src 'none'", path)
    assert.include(headers.get("content-security-policy")!, "frame-ancestors 'none'", path)
    assert.notInclude(headers.get("content-security-policy")!, "unsafe", path)
    assert.strictEqual(headers.get("cache-control"), "no-store", path)
    assert.notMatch(text, /<script(?! src="\/dashboard\/live-)/, path)
    assert.notMatch(text, /<[^>]*\s(?:on\w+|style)=/, path)
    assert.notMatch(text, /(?:src|href|action)="(?!\/dashboard|#content)/, path)
    assert.notInclude(text, canary, path)
  }

  it("no page holds a secret, runs what is written on it, or loads anything from elsewhere", async () => {
    const one = await signIn()
    for (const language of ["en", "zh"]) {
      for (const path of paths()) {
        const page = await one.get(`${path}${path.includes("?") ? "&" : "?"}lang=${language}`)
        assert.include([200, 404], page.status, path)
        inspect(path, page)
      }
    }
    const csv = await one.get("/dashboard/charges.csv")
    assert.strictEqual(csv.headers.get("content-disposition"), 'attachment; filename="charges.csv"')
    assert.notInclude(csv.text, canary)
  })

  it("a tool's title stays text", async () => {
    const { text } = await (await signIn()).get("/dashboard/tools")
    assert.include(text, "&lt;script&gt;alert(&quot;xxx&quot;)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;")
  })

  it("words are in the language that was chosen, then in the browser's", async () => {
    const one = await signIn()
    const titleOf = async (path: string, accepted: string) =>
      /<h1>([^<]*)/.exec((await one.get(path, { "accept-language": accepted })).text)![1]
    assert.strictEqual(await titleOf("/dashboard/tools", "zh-CN"), "工具")
    assert.strictEqual(await titleOf("/dashboard/tools?lang=en", "zh-CN"), "Tools")
    assert.strictEqual(await titleOf("/dashboard/tools", "zh-CN"), "Tools")
  })

  it("currencies are never added together", async () => {
    const { text } = await (await signIn()).get("/dashboard?days=90")
    const shown = [...text.matchAll(/<dt>Takings in (\w+)<\/dt>\s*<dd class="big">\s*<span[^>]*>([^<]*)/g)]
    const rows = await runtime.runPromise(
      Usage.use((usage) => usage.byDay({ since: Date.now() - 89 * 86_400_000, until: Date.now(), by: [] }))
    )
    const sums = new Map<string, bigint>()
    for (const { currency, minor } of rows) sums.set(currency, (sums.get(currency) ?? 0n) + minor)
    assert.deepStrictEqual(
      shown.map(([, currency, amount]) => [currency, BigInt(amount!.replaceAll(/[^0-9]/g, ""))]),
      [...sums].toSorted()
    )
    assert.lengthOf(shown, 2)
  })

  it("pages of charges go through all of them, once each; a day that is none is said so", async () => {
    const one = await signIn()
    const seen: Array<string> = []
    for (let path: string | undefined = "/dashboard/charges?outcome=paid"; path !== undefined;) {
      const { text } = await one.get(path)
      seen.push(...[...text.matchAll(/<tr role="row" data-id="([^"]+)"/g)].map(([, id]) => id!))
      path = /rel="next"\s+href="([^"]+)"/.exec(text)?.[1]?.replaceAll("&amp;", "&")
    }
    const settled = await runtime.runPromise(Effect.flatMap(Ledger, (ledger) => ledger.list({ states: ["settled"] })))
    const known = settled.map(({ charge }) => charge.id)
    assert.isAbove(known.length, 100)
    assert.sameMembers(
      [...seen],
      known.filter((id) => seen.includes(id))
    )
    assert.lengthOf(new Set(seen), seen.length)
    const wrong = await one.get("/dashboard/charges?since=2026-02-30")
    assert.strictEqual(wrong.status, 400)
    assert.include(wrong.text, 'aria-invalid="true" aria-describedby="since-problem"')
  })

  it("a payout says where it went and what came of it, also after it was looked up", async () => {
    const one = await signIn()
    const path = `/dashboard/payouts/${paidOut}`
    const page = await one.get(path)
    assert.include(page.text, "acct_developer1")
    const looked = await one.post(`${path}/look-up`, fieldsOf(page, `${path}/look-up`))
    assert.strictEqual(looked.headers.get("location"), path)
    const payout = await runtime.runPromise(Payouts.use((payouts) => payouts.find(paidOut)))
    assert.strictEqual(payout?.state, "paid")
    assert.include((await one.get("/dashboard/payouts")).text, path)
    assert.strictEqual((await one.get("/dashboard/payouts/po_none")).status, 404)
  })

  it("a statement adds up on its page and in its file; one that there cannot be leads back", async () => {
    const one = await signIn()
    const { text } = await one.get(`/dashboard/statements?of=CNY+acme&month=${month}`)
    const cents = (shown: string) => BigInt(shown.replaceAll(/[^0-9-]/g, ""))
    const [opening, closing] = [...text.matchAll(/<dd class="big">([^ ]+)/g)].map(([, shown]) => cents(shown!))
    const nets = [...text.matchAll(/data-label="Net">([^<]+)/g)].map(([, shown]) => cents(shown!))
    assert.isAbove(nets.length, 0)
    assert.strictEqual(
      nets.reduce((sum, net) => sum + net, opening!),
      closing
    )
    const file = await one.get(`/dashboard/statements.csv?of=CNY+acme&month=${month}`)
    assert.strictEqual(
      file.headers.get("content-disposition"),
      `attachment; filename="statement-acme-${month}-CNY.csv"`
    )
    assert.include(file.text, paid)
    for (const wrong of ["", "?of=CNY+acme", "?of=XXX+acme&month=2026-11", "?of=CNY+acme&month=2026-13"]) {
      const answer = await one.get(`/dashboard/statements.csv${wrong}`)
      assert.strictEqual(answer.headers.get("location"), "/dashboard/payouts?wrong", wrong)
    }
  })

  it("where nothing can be read it says so, and not why", async () => {
    const broken = await serving({ configuration: Effect.die(`${canary} broke`) })
    const page = await (await signIn(visitor(broken))).get("/dashboard")
    assert.strictEqual(page.status, 503)
    inspect("/dashboard", page)
  })

  it("where no reconciliation is kept, nothing is said to agree, and nothing to come by itself", async () => {
    const one = await signIn()
    const { text } = await one.get("/dashboard/reconciliation")
    assert.include(text, "No result is kept here")
    assert.include(text, "paylayer reconcile --day")
    assert.notInclude(text, "Agrees")
    assert.notMatch(text, /never ran|results appear here\./)
    assert.include((await one.get("/dashboard/reconciliation?lang=zh")).text, "此处没有保存对账结果")
  })
})

describe("a refund", () => {
  const formOf = async (one: ReturnType<typeof visitor>, id: string) => {
    const path = `/dashboard/charges/${id}/refund`
    return { path, fields: fieldsOf(await one.get(path), path) }
  }

  it("is asked once more, and gives back once however often its form is sent", async () => {
    const one = await signIn()
    const id = await fresh(4_400n)
    const { fields, path } = await formOf(one, id)
    const asked = { ...fields, how_much: "part", amount: "4.00", reason: "it was <late>" }
    const review = await one.post(path, asked)
    assert.include(review.text, "it was &lt;late&gt;")
    assert.deepStrictEqual(await refundsOf(id), [])
    const confirm = fieldsOf(review, path)
    const sent = await Promise.all([1, 2, 3].map(() => one.post(path, confirm)))
    assert.includeMembers(
      sent.map(({ status }) => status),
      [303]
    )
    const later = await one.post(path, confirm)
    assert.strictEqual(later.status, 303)
    const [refund, ...others] = await refundsOf(id)
    assert.deepStrictEqual(
      [refund?.state, refund?.money.minor, refund?.reason, others.length],
      ["refunded", 400n, "it was <late>", 0]
    )
    const page = await one.get(later.headers.get("location")!)
    assert.include(page.text, "went back")
  })

  it("is refused by another session's form, by another site's, and above what was taken", async () => {
    const [one, two] = [await signIn(), await signIn()]
    const id = await fresh(4_400n)
    const { fields, path } = await formOf(one, id)
    const confirm: Record<string, string> = { ...fields, step: "confirm", how_much: "part", amount: "4.00" }
    const { form_token: _, ...tokenless } = confirm
    const refused = [
      await two.post(path, confirm),
      await one.post(path, tokenless),
      await one.post(path, { ...confirm, form_token: "" }),
      await one.post(path, confirm, { origin: "https://evil.example" }),
      await one.post(path, confirm, { origin: "null" }),
      await one.post(path, confirm, { "sec-fetch-site": "cross-site" }),
      await one.post(path, { ...confirm, refund_id: "not an id" }),
      await one.post(path, { ...confirm, reason: "x".repeat(20_000) })
    ]
    assert.deepStrictEqual(
      refused.map(({ status }) => status),
      refused.map(() => 403)
    )
    for (const amount of ["44.01", "0", "-1", "1.005", "1e1", ""]) {
      const page = await one.post(path, { ...confirm, amount })
      assert.strictEqual(page.status, 400, amount)
      assert.include(page.text, 'id="amount-problem"')
    }
    assert.deepStrictEqual(await refundsOf(id), [])
  })

  it("whose answer is missing is unknown, and asking again under the same id finds it", async () => {
    const one = await signIn()
    const id = await fresh(4_400n)
    const { fields, path } = await formOf(one, id)
    const bank = await runtime.runPromise(VoucherBank)
    bank.faults.set("refund", "lost")
    const confirm = { ...fields, step: "confirm", how_much: "all" }
    const page = await one.post(path, confirm)
    assert.strictEqual(page.status, 503)
    assert.include(page.text, "Not known yet")
    const again = await one.post(path, fieldsOf(page, path))
    assert.strictEqual(again.status, 303)
    assert.deepStrictEqual(
      (await refundsOf(id)).map(({ state }) => state),
      ["refunded"]
    )
    assert.lengthOf(
      [...bank.refunds.keys()].filter((name) => name.startsWith(id)),
      1
    )
  })
})
