/** What a merchant is told moves nothing by itself: it is verified, answered, and makes the host ask. */
import { assert, describe, it } from "@effect/vitest"
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import { AlipayNotifications, type Received } from "@paylayer/alipay/AlipayNotifications"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import * as NotificationRoute from "@paylayer/alipay/NotificationRoute"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import { onThisThread, SignatureEngine } from "@paylayer/alipay/SignatureEngine"
import { TokenSignature } from "@paylayer/alipay/TokenSignature"
import * as Trade from "@paylayer/alipay/Trade"
import { Ledger } from "@paylayer/core/Ledger"
import { Paywall } from "@paylayer/core/Paywall"
import { AlipaySdk } from "alipay-sdk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import type { Scope } from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as FastCheck from "fast-check"
import * as Http from "node:http"
import * as Jws from "../conformance/jws.ts"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import { type Deliver, Delivery } from "../src/Delivery.ts"
import * as SandboxConfig from "../src/SandboxConfig.ts"
import { drive, quiet } from "./trust/drive.ts"
import { buy, shop } from "./trust/shop.ts"
import { fault, issue, noon, platform } from "./trust/world.ts"

const Pay = "alipay.trade.agent.delegation.pay"
const notifyUrl = "http://127.0.0.1/alipay/notify"

/** What is posted, and who answers it. */
class Post extends Context.Service<Post, { deliver: Deliver; readonly forms: Array<string> }>()("test/Post") {}

const worldAt = (url: string) =>
  shop.pipe(
    Layer.provideMerge(AlipayTrust.layer),
    Layer.provideMerge(OpenPlatform.layer),
    Layer.provideMerge(
      Layer.effect(
        AlipayConfig,
        Effect.map(AlipayConfig, (own) => ({ ...own, notifyUrl: url }))
      ).pipe(Layer.provide(SandboxConfig.layer))
    ),
    Layer.provideMerge(platform),
    Layer.provideMerge(
      Layer.effect(
        Delivery,
        Effect.map(Post, (post): Deliver => (to, form) => {
          post.forms.push(form)
          return post.deliver(to, form)
        })
      )
    ),
    Layer.provideMerge(Layer.sync(Post, () => ({ deliver: () => Effect.succeed("failure"), forms: [] }))),
    Layer.provideMerge(Layer.effectDiscard(TestClock.setTime(noon))),
    Layer.provideMerge(Layer.succeed(SignatureEngine, onThisThread)),
    Layer.provideMerge(Layer.succeed(TokenSignature, Jws.over(onThisThread)))
  )

type World = Layer.Success<ReturnType<typeof worldAt>>

const inWorld = <A, E>(effect: Effect.Effect<A, E, World | Scope>, url = notifyUrl) =>
  Effect.provide(Effect.scoped(effect), Layer.merge(worldAt(url), Logger.layer([])))

/** A host that takes notifications at its route; what it took is told. */
const host = Effect.gen(function* () {
  const taken: Array<Received> = []
  const routes = NotificationRoute.layer("/alipay/notify", {
    observe: (one) => Effect.sync(() => void taken.push(one))
  })
  const app = yield* HttpRouter.toHttpEffect(routes.pipe(Layer.provide(AlipayNotifications.layer)))
  const post = yield* Post
  const send = (body: string, headers: Record<string, string> = {}) =>
    Effect.gen(function* () {
      const type = { "content-type": "application/x-www-form-urlencoded;charset=utf-8", ...headers }
      const request = new Request(notifyUrl, { method: "POST", headers: type, body })
      const answer = yield* app.pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(request)),
        Effect.scoped,
        Effect.orDie
      )
      const text = yield* Effect.promise(() => HttpServerResponse.toWeb(answer).text())
      return { status: answer.status, text }
    })
  post.deliver = (_, form) => Effect.map(send(form), ({ text }) => text)
  return { send, taken, forms: post.forms }
})

const notices = AlipaySandbox.use((sandbox) => sandbox.notices)
const states = Effect.map(notices, (all) => all.map(({ state, trade_status }) => `${trade_status} ${state}`))
const onlyCharge = Ledger.use((ledger) => Effect.map(ledger.list(), (all) => all[0]!))
const bought = Effect.flatMap(issue(), ({ token }) => drive(buy(token)))

/** A charge whose outcome nobody knows: the payment went through, its answer and everything asked about it is lost. */
const unknown = Effect.gen(function* () {
  yield* fault({ fault: "hang-after-commit", method: Pay })
  yield* fault({ fault: "http-500", method: "alipay.trade.query", times: 50 })
  const { code } = yield* bought
  assert.strictEqual(code, "outcome_unknown")
  yield* AlipaySandbox.use((sandbox) => sandbox.clearFaults)
  const { charge, state } = yield* onlyCharge
  assert.strictEqual(state, "unknown")
  return charge
})

describe("a notification", () => {
  it.effect("of a charge that is settled is answered success, and asks nobody", () =>
    inWorld(
      Effect.gen(function* () {
        const { taken } = yield* host
        const { code, receipt } = yield* bought
        yield* drive(quiet)
        assert.strictEqual(code, "ok")
        const [notice] = yield* notices
        assert.deepInclude(notice, { state: "taken", notify_url: notifyUrl, trade_no: receipt?.reference ?? "" })
        assert.deepStrictEqual(
          notice?.deliveries.map(({ answer }) => answer),
          ["success"]
        )
        const [received] = taken
        assert.deepInclude(received, { repeated: false })
        assert.deepInclude(received?.notification, { _tag: "TradePaid", outTradeNo: receipt?.chargeId ?? "" })
        assert.strictEqual(received?.entry?.state, "settled")
      })
    )
  )

  it.effect("makes the host ask about a charge whose outcome it does not know, and Alipay's answer decides", () =>
    inWorld(
      Effect.gen(function* () {
        const { taken } = yield* host
        yield* fault({ fault: "notify-late", delay_ms: 120_000 })
        const charge = yield* unknown
        yield* TestClock.adjust("2 minutes")
        yield* drive(quiet)
        assert.deepStrictEqual(yield* states, ["TRADE_SUCCESS taken"])
        assert.deepInclude(yield* onlyCharge, { state: "settled" })
        assert.strictEqual(taken[0]?.entry?.receipt?.chargeId, charge.id)
      })
    )
  )

  it.effect("that comes while Alipay cannot be asked is delivered again until it can", () =>
    inWorld(
      Effect.gen(function* () {
        yield* host
        yield* fault({ fault: "notify-late", delay_ms: 120_000 })
        yield* unknown
        yield* fault({ fault: "http-500", method: "alipay.trade.query", times: 50 })
        yield* TestClock.adjust("2 minutes")
        yield* drive(quiet)
        assert.deepInclude(yield* onlyCharge, { state: "unknown" })
        yield* AlipaySandbox.use((sandbox) => sandbox.clearFaults)
        yield* TestClock.adjust("4 minutes")
        yield* drive(quiet)
        const [notice] = yield* notices
        assert.deepStrictEqual(
          notice?.deliveries.map(({ answer }) => answer),
          ["failure", "success"]
        )
        assert.deepInclude(yield* onlyCharge, { state: "settled" })
      })
    )
  )

  it.effect(
    "of a payment that never was settles nothing, though Alipay signed it: its word counts when it is asked",
    () =>
      inWorld(
        Effect.gen(function* () {
          const { forms, send } = yield* host
          yield* bought
          yield* fault({ fault: "paying", method: Pay })
          yield* bought
          const all = yield* Ledger.use((ledger) => ledger.list())
          const second = all[1]!
          assert.notStrictEqual(second.state, "settled")
          // The genuine form of the first, for the second charge: no signature is over that.
          const forged = forms[0]!.replace(all[0]!.charge.id, second.charge.id)
          assert.deepStrictEqual(yield* drive(send(forged)), { status: 403, text: "failure" })
          assert.notStrictEqual((yield* Ledger.use((ledger) => ledger.find(second.charge.id)))?.state, "settled")
        })
      )
  )

  it.effect("that is repeated a hundred times asks Alipay once a minute at most, and is answered alike", () =>
    inWorld(
      Effect.gen(function* () {
        const { forms, send } = yield* host
        yield* fault({ fault: "notify-late", delay_ms: 120_000 })
        yield* unknown
        yield* fault({ fault: "http-500", method: "alipay.trade.query", times: 1_000 })
        yield* TestClock.adjust("2 minutes")
        yield* drive(quiet)
        const left = Effect.map(
          AlipaySandbox.use((sandbox) => sandbox.faults),
          (armed) => armed[0]?.times ?? 0
        )
        const before = yield* left
        for (let time = 0; time < 100; time++) {
          assert.deepStrictEqual(yield* send(forms[0]!), { status: 503, text: "failure" })
        }
        assert.strictEqual(yield* left, before)
      })
    )
  )

  it.effect("is refused in each forgery, with another status for each reason, and nothing moves", () =>
    inWorld(
      Effect.gen(function* () {
        const { forms, send, taken } = yield* host
        const { receipt } = yield* bought
        yield* drive(quiet)
        const [form] = forms as [string]
        const entry = yield* onlyCharge
        const count = taken.length
        for (const [name, value] of new URLSearchParams(form)) {
          const changed = new URLSearchParams(form)
          changed.set(name, `${value}0`)
          const { status, text } = yield* send(changed.toString())
          assert.deepStrictEqual([text, [400, 403].includes(status)], ["failure", true], name)
        }
        for (const [body, headers, status] of [
          [`${form}&subject=a`, {}, 400],
          [`${form}&a=%`, {}, 400],
          [`${form}&a=${"x".repeat(70_000)}`, {}, 413],
          [form, { "content-type": "application/json" }, 400],
          ["", {}, 400]
        ] as const) {
          assert.deepStrictEqual(yield* send(body, headers), { status, text: "failure" })
        }
        assert.strictEqual(taken.length, count)
        assert.deepStrictEqual(yield* onlyCharge, entry)
        assert.strictEqual(entry.receipt?.reference, receipt?.reference)
      })
    )
  )

  it.effect("of an order that is none of the ledger's, or that the ledger has with another amount, is refused", () =>
    inWorld(
      Effect.gen(function* () {
        const { send } = yield* host
        const post = yield* Post
        const answers: Array<number> = []
        post.deliver = (_, form) =>
          Effect.map(send(form), ({ status, text }) => {
            answers.push(status)
            return text
          })
        const order = { out_trade_no: "foreign_1", total: { currency: "CNY", minor: 100n }, subject: "a" } as const
        yield* Trade.prepay(order, { notifyUrl })
        yield* Trade.close({ out_trade_no: "foreign_1" })
        yield* drive(quiet)
        assert.deepStrictEqual(answers, [404])
        // A charge of the ledger whose order was opened with another amount, behind its back.
        yield* fault({ fault: "declined", method: "alipay.trade.order.prepay" })
        yield* bought
        const { charge } = yield* onlyCharge
        yield* Trade.prepay({ ...order, out_trade_no: charge.id }, { notifyUrl })
        yield* Trade.close({ out_trade_no: charge.id })
        yield* drive(quiet)
        assert.deepStrictEqual(answers, [404, 409])
      })
    )
  )
})

describe("the sandbox delivers", () => {
  it.effect("eight times within 25 hours, and then gives up", () =>
    inWorld(
      Effect.gen(function* () {
        yield* bought
        const begun = noon
        for (let hour = 0; hour < 30; hour++) {
          yield* TestClock.adjust("1 hour")
          yield* quiet
        }
        const [notice] = yield* notices
        assert.strictEqual(notice?.state, "given-up")
        const minutes = notice?.deliveries.map(({ at }) => Math.round((Date.parse(at) - begun) / 60_000))
        assert.deepStrictEqual(minutes, [0, 4, 14, 24, 84, 204, 564, 1464])
      })
    )
  )

  it.effect("forgeries that are refused, copies that change nothing, and overtaken ones", () =>
    inWorld(
      Effect.gen(function* () {
        const { taken } = yield* host
        for (const name of ["notify-forged", "notify-duplicated"] as const) {
          yield* fault({ fault: name })
          assert.strictEqual((yield* bought).code, "ok")
          yield* drive(quiet)
        }
        const [forged, twice] = yield* notices
        assert.deepStrictEqual(
          forged?.deliveries.map(({ answer, forged }) => `${forged} ${answer}`),
          ["true failure", "false success"]
        )
        assert.deepStrictEqual(
          twice?.deliveries.map(({ answer }) => answer),
          ["success", "success"]
        )
        assert.deepStrictEqual(
          taken.map(({ repeated }) => repeated),
          [false, false, true]
        )
        const settled = yield* Ledger.use((ledger) => ledger.list())
        assert.deepStrictEqual(
          settled.map(({ state }) => state),
          ["settled", "settled"]
        )

        yield* fault({ fault: "notify-reordered" })
        yield* bought
        yield* bought
        yield* drive(quiet)
        const [third, fourth] = taken.slice(3).map(({ entry }) => entry?.charge.id)
        const ids = (yield* Ledger.use((ledger) => ledger.list())).slice(2).map(({ charge }) => charge.id)
        assert.deepStrictEqual([fourth, third], ids)
      })
    )
  )

  it.effect("nothing to another machine", () =>
    Effect.gen(function* () {
      for (const url of ["https://shop.example/alipay", "http://127.0.0.1.example/", "http://10.0.0.1/", "file:///a"]) {
        yield* inWorld(
          Effect.gen(function* () {
            const { forms } = yield* Post
            assert.strictEqual((yield* bought).code, "ok")
            yield* drive(quiet)
            assert.deepStrictEqual([forms, yield* states], [[], ["TRADE_SUCCESS refused"]])
          }),
          url
        )
      }
    })
  )

  it.effect("what alipay-sdk's checkNotifySignV2 believes: paid, refunded in part and whole, closed", () =>
    inWorld(
      Effect.gen(function* () {
        const { taken } = yield* host
        const post = yield* Post
        const { config } = yield* AlipaySandbox
        const { execute } = yield* OpenPlatform
        const { receipt } = yield* bought
        const out_trade_no = receipt?.chargeId ?? ""
        yield* execute("alipay.trade.refund", { out_trade_no, refund_amount: "5.00", out_request_no: "refund_1" })
        yield* execute("alipay.trade.refund", { out_trade_no, refund_amount: "10.00", out_request_no: "refund_2" })
        yield* Trade.prepay(
          { out_trade_no: "closed_1", total: { currency: "CNY", minor: 1n }, subject: "晴天 ☀ 100%" },
          { notifyUrl, api: "v3" }
        )
        yield* Trade.close({ out_trade_no: "closed_1" })
        yield* drive(quiet)
        assert.deepStrictEqual(
          (yield* notices).map(({ trade_status }) => trade_status),
          ["TRADE_SUCCESS", "TRADE_SUCCESS", "TRADE_CLOSED", "TRADE_CLOSED"]
        )
        assert.deepStrictEqual(
          taken.map(({ notification }) => notification._tag),
          ["TradePaid", "TradeRefunded", "TradeRefunded"]
        )
        const sdk = new AlipaySdk({
          appId: config.app_id,
          privateKey: Redacted.value(config.application_private_key),
          keyType: "PKCS8",
          alipayPublicKey: config.alipay_public_key
        })
        assert.strictEqual(post.forms.length, 4)
        for (const form of post.forms) {
          const fields = Object.fromEntries(new URLSearchParams(form))
          assert.isTrue(sdk.checkNotifySignV2(fields))
          assert.isFalse(sdk.checkNotifySignV2({ ...fields, total_amount: "0.02" }))
        }
      })
    )
  )
})

it.live("over a socket: the merchant's words, no further than the first of them, and nowhere else", () =>
  Effect.gen(function* () {
    const seen: Array<string> = []
    const server = Http.createServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers["content-type"]}`)
      if (request.url === "/moved") return void response.writeHead(307, { location: "/taken" }).end()
      if (request.url === "/broken") return void response.writeHead(500).end("success")
      response.end(request.url === "/taken" ? "success" : "x".repeat(1_000_000))
    })
    yield* Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
    const { port } = server.address() as { readonly port: number }
    const deliver = yield* Delivery
    const to = (path: string) => deliver(`http://127.0.0.1:${port}${path}`, "a=1")
    assert.strictEqual(yield* to("/taken"), "success")
    assert.strictEqual(yield* to("/broken"), "HTTP 500")
    assert.strictEqual(yield* to("/long"), "x".repeat(64))
    assert.strictEqual(yield* to("/moved"), "HTTP 307")
    assert.deepStrictEqual(
      seen,
      ["/taken", "/broken", "/long", "/moved"].map(
        (path) => `POST ${path} application/x-www-form-urlencoded;charset=utf-8`
      )
    )
    yield* Effect.promise(() => new Promise((resolve) => server.close(resolve)))
    assert.strictEqual(yield* to("/taken"), "no answer")
  })
)

it("in whatever order, how often and how late they come, and with forgeries between, what moved is what the ledger says", () =>
  FastCheck.assert(
    FastCheck.asyncProperty(
      FastCheck.array(
        FastCheck.record({
          loss: FastCheck.option(FastCheck.constantFrom("hang-after-commit", "hang", "reset-after-commit" as const), {
            nil: undefined
          }),
          notice: FastCheck.constantFrom(
            "notify-duplicated",
            "notify-reordered",
            "notify-forged",
            "notify-late" as const
          )
        }),
        { minLength: 1, maxLength: 3 }
      ),
      (sales) =>
        Effect.runPromise(
          inWorld(
            Effect.gen(function* () {
              yield* host
              for (const { loss, notice } of sales) {
                yield* fault({ fault: notice })
                if (loss !== undefined) {
                  yield* fault({ fault: loss, method: Pay })
                  yield* fault({ fault: "http-500", method: "alipay.trade.query", times: 3 })
                }
                yield* bought
                yield* AlipaySandbox.use((sandbox) => sandbox.clearFaults)
              }
              for (let minute = 0; minute < 6; minute++) {
                yield* TestClock.adjust("1 minute")
                yield* drive(quiet)
              }
              yield* Paywall.use((paywall) => drive(Effect.orDie(paywall.recover())))
              const moved = yield* AlipaySandbox.use((sandbox) => sandbox.movements)
              const entries = yield* Ledger.use((ledger) => ledger.list({ states: ["settled"] }))
              assert.deepStrictEqual(
                moved.map(({ out_trade_no }) => out_trade_no).toSorted(),
                entries.map(({ charge }) => charge.id).toSorted()
              )
              const taken = (yield* notices).filter(({ trade_status }) => trade_status === "TRADE_SUCCESS")
              assert.isTrue(taken.every(({ state }) => state === "taken"))
            })
          ).pipe(Effect.provide(TestClock.layer()))
        )
    ),
    { numRuns: 6 }
  ))
