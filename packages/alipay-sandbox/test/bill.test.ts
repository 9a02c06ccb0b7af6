// Bills as the sandbox writes them and `@paylayer/alipay` reads them. About two seconds.
import { assert, describe, it } from "@effect/vitest"
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import * as AlipayStatement from "@paylayer/alipay/AlipayStatement"
import * as DailyBill from "@paylayer/alipay/DailyBill"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import * as TradeBill from "@paylayer/alipay/TradeBill"
import * as Day from "@paylayer/core/Day"
import * as Money from "@paylayer/core/Money"
import * as Zip from "@zip.js/zip.js"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as FastCheck from "fast-check"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import * as BillText from "../src/internal/billText.ts"
import * as Books from "../src/internal/books.ts"
import * as SandboxConfig from "../src/SandboxConfig.ts"
import { ask, pay, platform, reason } from "./merchant.ts"

const Query = "alipay.data.dataservice.bill.downloadurl.query"

const layer = OpenPlatform.layer.pipe(Layer.provideMerge(SandboxConfig.layer), Layer.provideMerge(platform))

const date = "2026-11-21"
const noon = Date.parse("2026-11-21T12:00:00+08:00")
const over = Date.parse("2026-11-22T00:00:00+08:00")

/** A day with a payment, two parts of it given back, and a payment in another currency. */
const trading = Effect.gen(function* () {
  yield* TestClock.setTime(noon)
  const sandbox = yield* AlipaySandbox
  const token = yield* sandbox.issue({ validity_end_time: "2026-12-01T00:00:00Z" })
  yield* pay(token, "a", "15.00")
  const refund = (out_request_no: string, refund_amount: string) =>
    ask("alipay.trade.refund", { out_trade_no: "a", refund_amount, out_request_no })
  yield* TestClock.adjust("1 hour")
  yield* refund("r1", "4.00")
  yield* refund("r2", "1.00")
  yield* pay(token, "b", "0.01", { subject: '5" 屏幕, 两个 €' })
  const foreign = yield* sandbox.issue({ currency: "USD", validity_end_time: "2026-12-01T00:00:00Z" })
  yield* pay(foreign, "usd", "1.00", { trans_currency: "USD" })
  yield* TestClock.setTime(over)
})

/** Answers downloads like this, and everything else as the sandbox does. */
const downloading = (answer: (bytes: Uint8Array) => HttpServerResponse.HttpServerResponse) =>
  Effect.updateService(HttpClient.HttpClient, (client) =>
    HttpClient.make((request) =>
      request.url.includes("downloadBillFile")
        ? Effect.flatMap(client.execute(request), (response) =>
            Effect.map(response.arrayBuffer, (buffer) =>
              HttpServerResponse.toClientResponse(answer(new Uint8Array(buffer)), { request })
            )
          )
        : client.execute(request)
    )
  )

const archiveOf = (files: ReadonlyArray<readonly [string, Uint8Array]>, level = 6) =>
  Effect.promise(async () => {
    const writer = new Zip.ZipWriter(new Zip.Uint8ArrayWriter(), { useWebWorkers: false, level })
    for (const [name, bytes] of files) await writer.add(name, new Zip.Uint8ArrayReader(bytes))
    return await writer.close()
  })

const raw = (bytes: Uint8Array) => HttpServerResponse.uint8Array(bytes)

const refused = <R>(effect: Effect.Effect<unknown, unknown, R>) =>
  Effect.map(Effect.flip(effect), (error) => (error as DailyBill.DailyBillError).reason)

describe("the bill of a day", () => {
  it.effect("tells every movement in yuan, once, with its numbers", () =>
    Effect.gen(function* () {
      yield* trading
      const sandbox = yield* AlipaySandbox
      const bill = yield* DailyBill.download(date)
      assert.deepInclude(bill, { account: "20880000000000000156", date })
      const movements = (yield* sandbox.movements).filter(({ currency }) => currency === "CNY")
      assert.deepStrictEqual(
        bill.lines.map(({ completedAtMillis, kind, out_trade_no, total, trade_no }) => ({
          kind,
          out_trade_no,
          trade_no,
          amount: Money.decimalString(total),
          at: new Date(completedAtMillis).toISOString()
        })),
        movements.map(({ amount, at, kind, out_trade_no, trade_no }) => ({
          kind: kind === "charge" ? "payment" : kind,
          out_trade_no,
          trade_no,
          amount,
          at
        }))
      )
      assert.deepStrictEqual(
        bill.lines.map(({ out_request_no }) => out_request_no),
        [undefined, "r1", "r2", undefined]
      )
    }).pipe(Effect.provide(layer))
  )

  it.effect("is there when the day is over in Beijing, and if anything was traded", () =>
    Effect.gen(function* () {
      yield* trading
      const ask_ = (bill_date: string, bill_type = "trade") => ask(Query, { bill_date, bill_type })
      assert.strictEqual(reason(yield* ask_(date)), "10000")
      assert.strictEqual(reason(yield* ask_("2026-11-20")), "isp.bill_not_exist")
      assert.strictEqual(yield* refused(DailyBill.download("2026-11-20")), "not-ready")
      for (const [when, type] of [["2026-11-22"], ["2026-11"], ["2026-11-31"], [date, "signcustomer"]] as const) {
        assert.strictEqual(reason(yield* ask_(when, type)), "invalid_arguments")
      }
    }).pipe(Effect.provide(layer))
  )

  it.effect("is not given behind an address of another host, after half a minute, or by a redirect", () =>
    Effect.gen(function* () {
      yield* trading
      const url = (yield* ask(Query, { bill_date: date, bill_type: "trade" }))["bill_download_url"] as string
      const get = Effect.flatMap(HttpClient.get(url), ({ headers }) => Effect.succeed(headers["content-type"]))
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(yield* get, "application/octet-stream")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* get, "text/html;charset=GBK")
      const moved = DailyBill.download(date).pipe(
        downloading(() => HttpServerResponse.redirect("http://127.0.0.1/elsewhere"))
      )
      assert.strictEqual(yield* refused(moved), "download")
      const production = Effect.updateService(AlipayConfig, (config) => ({
        ...config,
        gateway: "https://openapi.alipay.com/gateway.do"
      }))
      assert.strictEqual(yield* refused(production(DailyBill.download(date))), "untrusted")
    }).pipe(Effect.provide(layer))
  )

  it.effect("is refused where it is cut, changed, too large, late, or of another day or account", () =>
    Effect.gen(function* () {
      yield* trading
      const sandbox = yield* AlipaySandbox
      const attempt = (answer: (bytes: Uint8Array) => Uint8Array, options?: DailyBill.Options) =>
        refused(DailyBill.download(date, options).pipe(downloading((bytes) => raw(answer(bytes)))))
      assert.strictEqual(yield* attempt((bytes) => bytes.slice(0, -30)), "malformed")
      assert.strictEqual(yield* attempt(() => new TextEncoder().encode("<html></html>")), "malformed")
      const flipped = (bytes: Uint8Array) => {
        bytes[200]! ^= 1
        return bytes
      }
      assert.strictEqual(yield* attempt(flipped), "malformed")
      assert.strictEqual(yield* attempt((bytes) => bytes, { maximumBytes: 1_000 }), "too-large")
      const bomb = yield* archiveOf([["bomb.csv", new Uint8Array(1_000_000)]])
      assert.strictEqual(yield* attempt(() => bomb, { maximumBytes: 100_000 }), "too-large")
      const empty = yield* archiveOf([])
      assert.strictEqual(yield* attempt(() => empty), "malformed")
      const at = { date, nextDate: "2026-11-22", now: over, sellerId: sandbox.config.seller_id }
      const other = yield* archiveOf(BillText.files(Books.make(), { ...at, date: "2026-11-20" }))
      assert.strictEqual(yield* attempt(() => other), "malformed")
      const account = yield* archiveOf(BillText.files(Books.make(), { ...at, sellerId: "2088111111111111" }))
      assert.strictEqual(yield* attempt(() => account), "malformed")
      const right = yield* archiveOf(BillText.files(Books.make(), at))
      const stored = yield* archiveOf(BillText.files(Books.make(), at), 0)
      // 0156 becomes 0157: a change that only the checksum can tell.
      const forged = stored.with(Buffer.from(stored).indexOf("0156]") + 3, "7".charCodeAt(0))
      assert.strictEqual(yield* attempt(() => forged), "malformed")
      const taken = yield* DailyBill.download(date).pipe(downloading(() => raw(right)))
      assert.deepStrictEqual(taken.lines, [])
    }).pipe(Effect.provide(layer))
  )

  it("comes from Alipay's host over https, or from this machine for a gateway on this machine", () => {
    const production = "https://openapi.alipay.com/gateway.do"
    const local = "http://127.0.0.1:8800/gateway.do"
    const hosts = ["dwbillcenter.alipay.com"]
    const from = (address: string, gateway = production) => DailyBill.trusted(address, gateway, hosts)?.href
    const path = "dwbillcenter.alipay.com/downloadBillFile.resource?token=1"
    assert.strictEqual(from(`http://${path}`), `https://${path}`)
    assert.strictEqual(from(`https://${path}`), `https://${path}`)
    assert.strictEqual(from("http://127.0.0.1:1/x", local), "http://127.0.0.1:1/x")
    for (const address of [
      "http://127.0.0.1:1/x",
      "https://evil.example/x",
      "https://dwbillcenter.alipay.com.evil.example/x",
      "https://dwbillcenter.alipay.com:8443/x",
      "https://me@dwbillcenter.alipay.com/x",
      "ftp://dwbillcenter.alipay.com/x",
      "file:///etc/passwd",
      "",
      "dwbillcenter.alipay.com"
    ]) {
      assert.isUndefined(from(address), address)
      if (!address.includes("127")) assert.isUndefined(from(address, local), address)
    }
  })

  it.effect("names the file and the line that cannot be read", () =>
    Effect.gen(function* () {
      yield* trading
      const sandbox = yield* AlipaySandbox
      const [detail] = BillText.files(Books.make(), {
        date,
        nextDate: "2026-11-22",
        now: over,
        sellerId: sandbox.config.seller_id
      })
      const [name, bytes] = detail!
      const text = Buffer.from(bytes)
        .toString("latin1")
        .replace(/\r\n#-+[^-]+-+\r\n#/, "\r\nnonsense$&")
      const archive = yield* archiveOf([[name, Buffer.from(text, "latin1")]])
      const error = yield* Effect.flip(DailyBill.download(date).pipe(downloading(() => raw(archive))))
      assert.deepInclude(error, { _tag: "DailyBillError", reason: "malformed" })
      const [issue] = (error as DailyBill.DailyBillError).issues ?? []
      assert.deepStrictEqual(issue, { line: 6, message: "there are 1 fields, 25 were expected" })
      assert.include((error as DailyBill.DailyBillError).file, "业务明细.csv")
    }).pipe(Effect.provide(layer))
  )

  it("is read as it was written, whatever was sold", () => {
    const text = FastCheck.oneof(
      FastCheck.string({ unit: FastCheck.constantFrom(...'a,"#\t\r\n 市场报告€（）') }),
      FastCheck.string({ unit: "grapheme" })
    )
    const movement = FastCheck.record({
      subject: text,
      minor: FastCheck.bigInt(1n, 10_000_000_000n),
      at: FastCheck.integer({ min: over - 86_400_000, max: over - 1 }),
      refund: FastCheck.boolean()
    })
    FastCheck.assert(
      FastCheck.property(FastCheck.array(movement, { maxLength: 12 }), (drawn) => {
        const books = Books.make()
        for (const [index, { at, minor, refund, subject }] of drawn.entries()) {
          const out_trade_no = `order_${index}`
          books.trades.set(out_trade_no, { subject, refunds: new Map([["r", {}]]) } as any)
          for (const kind of refund ? (["charge", "refund"] as const) : (["charge"] as const)) {
            books.movements.push({
              movement_id: "m",
              kind,
              out_trade_no,
              trade_no: `trade_${index}`,
              delegation_id: "d",
              amount: Money.decimalString(Money.of("CNY", minor)),
              currency: "CNY",
              at: new Date(at).toISOString()
            })
          }
        }
        const [detail] = BillText.files(books, {
          date,
          nextDate: "2026-11-22",
          now: over,
          sellerId: "2088000000000000"
        })
        const { lines } = Result.getOrThrow(TradeBill.fromBytes(detail![1]))
        assert.deepStrictEqual(
          lines.map(({ completedAtMillis, kind, out_trade_no, total }) => [
            kind,
            out_trade_no,
            total,
            completedAtMillis
          ]),
          books.movements.map(({ amount, at, kind, out_trade_no }) => [
            kind === "charge" ? "payment" : "refund",
            out_trade_no,
            Result.getOrThrow(Money.parse("CNY", amount)),
            Math.floor(Date.parse(at) / 1_000) * 1_000
          ])
        )
      }),
      { numRuns: 100 }
    )
  })
})

describe("Alipay's statement", () => {
  const lines = (of: string) =>
    Effect.gen(function* () {
      const statement = yield* AlipayStatement.make()
      const day = Result.getOrThrow(Day.parse(of, statement.zone))
      return yield* Stream.runCollect(statement.day(day))
    })

  it.effect("is the bill; none at noon of the next day means that nothing was traded", () =>
    Effect.gen(function* () {
      yield* trading
      const [first] = yield* lines(date)
      assert.deepInclude(first, { kind: "payment", chargeId: "a", money: Money.of("CNY", 1_500n), atMillis: noon })
      yield* TestClock.setTime(over + 86_400_000 + 12 * 3_600_000 - 1)
      assert.strictEqual((yield* Effect.flip(lines("2026-11-22"))).reason, "not-ready")
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* lines("2026-11-22"), [])
    }).pipe(Effect.provide(layer))
  )

  it.effect("is unavailable where Alipay does not answer, and malformed where the bill is not one", () =>
    Effect.gen(function* () {
      yield* trading
      const sandbox = yield* AlipaySandbox
      yield* sandbox.fault({ method: Query, fault: "http-500" })
      assert.strictEqual((yield* Effect.flip(lines(date))).reason, "unavailable")
      yield* sandbox.fault({ method: Query, fault: "forged" })
      assert.strictEqual((yield* Effect.flip(lines(date))).reason, "unavailable")
      const broken = lines(date).pipe(downloading(() => raw(new Uint8Array(100))))
      assert.strictEqual((yield* Effect.flip(broken)).reason, "malformed")
    }).pipe(Effect.provide(layer))
  )
})
