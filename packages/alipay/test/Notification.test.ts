/** A notification is believed only if Alipay has signed exactly this form, for this application and this seller. */
import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import * as FastCheck from "fast-check"
import * as Certificate from "../src/Certificate.ts"
import * as Notification from "../src/Notification.ts"
import * as Rsa2 from "../src/Rsa2.ts"
import { config, signature } from "./gateway.ts"
import { vector } from "./vectors.ts"

const addressee = { ...config, sellerId: "2088000000000000" }

const bytes = (text: string) => new TextEncoder().encode(text)

type Fields = Readonly<Record<string, string>>

const paid: Fields = {
  app_id: "2021000000000001",
  charset: "utf-8",
  version: "1.0",
  sign_type: "RSA2",
  notify_type: "trade_status_sync",
  notify_id: "2026112200222120000000000000000001",
  notify_time: "2026-11-22 20:00:00",
  trade_no: "2026112222001000000000000000",
  out_trade_no: "ch_00000000000000000000000000000001",
  trade_status: "TRADE_SUCCESS",
  total_amount: "15.00",
  seller_id: "2088000000000000",
  subject: "市场报告 100% a+b&c=d"
}

/** As Alipay's documentation says it is signed, written down once more. */
const signing = (fields: Fields): string =>
  Object.entries(fields)
    .filter(([name]) => name !== "sign" && name !== "sign_type")
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join("&")

const signed = (fields: Fields, key?: string): Fields => ({ ...fields, sign: signature(signing(fields), key) })

const form = (fields: Fields | ReadonlyArray<readonly [string, string]>): Uint8Array => {
  const entries = Array.isArray(fields) ? fields : Object.entries(fields)
  return bytes(entries.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&"))
}

const read = (body: Uint8Array, to: Notification.Addressee = addressee) => Effect.result(Notification.read(to, body))

/** The kind, or why not. */
const outcome = (body: Uint8Array, to?: Notification.Addressee) =>
  Effect.map(read(body, to), (result) =>
    Result.match(result, { onSuccess: ({ _tag }): string => _tag, onFailure: ({ reason }): string => reason })
  )

const told = (fields: Fields) => Effect.flatMap(read(form(signed(fields))), Effect.fromResult)

describe("what OpenSSL signed is believed", () => {
  for (const charset of ["utf8", "gbk"] as const) {
    it.effect(`in ${charset}, with a % in a value and an empty one`, () =>
      Effect.gen(function* () {
        const found = yield* Notification.read(addressee, bytes(vector(`notification-${charset}.form`)))
        assert.deepInclude(found, {
          _tag: "TradePaid",
          outTradeNo: "ch_00000000000000000000000000000001",
          tradeNo: "2026112222001000000000000000",
          total: Money.of("CNY", 1_500n)
        })
        assert.deepInclude(found.fields, { subject: "市场报告 ☆ a", passback_params: "a%3D1%26b+100%", body: "" })
      })
    )
  }
})

describe("a form is refused", () => {
  const whole = Object.entries(signed(paid))

  for (const [name] of whole) {
    it.effect(`when ${name} is missing, empty, another, renamed or there twice`, () =>
      Effect.gen(function* () {
        const changed = (change: (value: string) => ReadonlyArray<readonly [string, string]>) =>
          form(whole.flatMap(([each, value]) => (each === name ? change(value) : [[each, value] as const])))
        const expected = name === "charset" ? ["signature", "charset"] : ["signature"]
        for (const body of [
          changed(() => []),
          changed(() => [[name, ""]]),
          changed((value) => [[name, `${value}0`]]),
          changed((value) => [[name, ` ${value}`]]),
          changed((value) => [[`${name}_`, value]])
        ]) {
          assert.include(expected, yield* outcome(body))
        }
        const twice = (value: string) => [[name, value] as const, [name, value] as const]
        assert.strictEqual(yield* outcome(changed(twice)), "repeated")
      })
    )
  }

  it.effect("when anything is added, an empty value too", () =>
    Effect.gen(function* () {
      for (const more of [
        ["refund_fee", ""],
        ["refund_fee", "15.00"],
        ["zzz", "1"],
        ["a", ""]
      ] as const) {
        assert.strictEqual(yield* outcome(form([...whole, more])), "signature")
      }
    })
  )

  it.effect("when it is signed with another key, or with another algorithm than it may say", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* outcome(form(signed(paid, "strange.pkcs8.pem"))), "signature")
      assert.strictEqual(yield* outcome(form({ ...signed(paid), sign_type: "RSA" })), "signature")
      assert.strictEqual(yield* outcome(form({ ...signed(paid), sign: "AAAA" })), "signature")
    })
  )

  it.effect("when Alipay signed it for another application, or another seller", () =>
    Effect.gen(function* () {
      const to = (fields: Fields) => outcome(form(signed({ ...paid, ...fields })))
      assert.strictEqual(yield* to({ app_id: "2021000000000002" }), "application")
      assert.strictEqual(yield* to({ seller_id: "2088000000000001" }), "seller")
      const anySeller = outcome(form(signed({ ...paid, seller_id: "2088000000000001" })), config)
      assert.strictEqual(yield* anySeller, "TradePaid")
    })
  )

  it.effect("when Alipay signed it and it does not say what it must, or an amount is none", () =>
    Effect.gen(function* () {
      for (const fields of [
        { notify_id: "" },
        { notify_type: "" },
        { trade_no: "" },
        { out_trade_no: "" },
        { out_trade_no: "x".repeat(257) },
        { trade_status: "" },
        { seller_id: "" },
        { total_amount: "" },
        { total_amount: "-1" },
        { total_amount: "15.001" },
        { total_amount: "1e3" },
        { total_amount: "15.00", trans_currency: "XYZ" },
        { refund_fee: "free" }
      ]) {
        assert.strictEqual(yield* outcome(form(signed({ ...paid, ...fields }))), "malformed", JSON.stringify(fields))
      }
    })
  )

  it.effect("when it is huge, no form, badly escaped, or in another charset than it says", () =>
    Effect.gen(function* () {
      const text = new TextDecoder().decode(form(signed(paid)))
      assert.strictEqual(yield* outcome(bytes(`${text}&a=${"x".repeat(Notification.maximumBytes)}`)), "too-large")
      for (const broken of ["", "&", "a", "=a", "a=1&", "a=1&&b=2", "a=%", "a=%2", "a=%zz", "a=ü", "a=a b", "a%00=1"]) {
        assert.strictEqual(yield* outcome(bytes(broken)), "malformed", broken)
      }
      const names = Array.from({ length: 300 }, (_, index) => `a${index}=1`).join("&")
      assert.strictEqual(yield* outcome(bytes(names)), "malformed")
      for (const charset of ["latin1", "utf-16", "__proto__", "GBK2"]) {
        assert.strictEqual(yield* outcome(form({ ...signed(paid), charset })), "charset")
      }
      // GBK's bytes are no UTF-8, whatever is signed.
      const gbk = vector("notification-gbk.form").replace(/&charset=[^&]*/, "&charset=utf-8")
      assert.strictEqual(yield* outcome(bytes(gbk)), "charset")
    })
  )

  it("whatever comes, and never with a defect", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(
        FastCheck.oneof(FastCheck.uint8Array({ maxLength: 400 }), FastCheck.webQueryParameters().map(bytes)),
        async (body) => {
          const result = await Effect.runPromise(read(body))
          assert.isTrue(Result.isFailure(result))
        }
      )
    ))
})

it("every text survives: signed, escaped and read once", () =>
  FastCheck.assert(
    FastCheck.asyncProperty(FastCheck.string({ unit: "grapheme", maxLength: 60 }), async (subject) => {
      const fields = { ...paid, subject: subject.toWellFormed() }
      const found = await Effect.runPromise(Notification.read(addressee, form(signed(fields))))
      assert.strictEqual(found.fields["subject"], fields.subject)
    }),
    { numRuns: 60 }
  ))

describe("what it tells", () => {
  it.effect("of a trade: paid, finished, waiting, closed, refunded in part and whole", () =>
    Effect.gen(function* () {
      const kind = (fields: Fields) => Effect.map(told({ ...paid, ...fields }), ({ _tag }) => _tag)
      assert.strictEqual(yield* kind({}), "TradePaid")
      assert.strictEqual(yield* kind({ trade_status: "TRADE_FINISHED" }), "TradePaid")
      assert.strictEqual(yield* kind({ trade_status: "WAIT_BUYER_PAY" }), "TradeWaiting")
      assert.strictEqual(yield* kind({ trade_status: "TRADE_CLOSED" }), "TradeClosed")
      assert.strictEqual(yield* kind({ trade_status: "TRADE_PENDING" }), "Other")
      for (const trade_status of ["TRADE_SUCCESS", "TRADE_CLOSED"]) {
        const found = yield* told({ ...paid, trade_status, refund_fee: "5.00", out_biz_no: "refund_1" })
        assert.deepInclude(found, { _tag: "TradeRefunded", refunded: Money.of("CNY", 500n), requestNo: "refund_1" })
      }
      const dollars = yield* told({ ...paid, trans_currency: "USD" })
      assert.deepInclude(dollars, { total: Money.of("USD", 1_500n) })
    })
  )

  it.effect("of a delegation: signed, ended, in another state; and what nobody knows is kept as it is", () =>
    Effect.gen(function* () {
      const { app_id, charset, notify_id, sign_type } = paid as Record<
        "app_id" | "charset" | "notify_id" | "sign_type",
        string
      >
      const given = {
        app_id,
        charset,
        notify_id,
        sign_type,
        agreement_no: "2026",
        delegation_id: "7",
        status: "NORMAL"
      }
      for (const [notify_type, _tag] of [
        ["dut_user_sign", "DelegationSigned"],
        ["dut_user_unsign", "DelegationCancelled"],
        ["dut_delegation_status_change", "DelegationChanged"]
      ] as const) {
        const found = yield* told({ ...given, notify_type })
        assert.deepInclude(found, { _tag, agreementNo: "2026", delegationId: "7", status: "NORMAL" })
      }
      for (const notify_type of ["open_app_auth_notify", "constructor"]) {
        assert.deepInclude(yield* told({ ...given, notify_type }), { _tag: "Other", notifyType: notify_type })
      }
    })
  )
})

describe("while keys change", () => {
  const [own, strange] = ["key.spki.pem", "strange.spki.pem"].map((name) =>
    Result.getOrThrow(Rsa2.publicKey(vector(name)))
  ) as [Rsa2.PublicKey, Rsa2.PublicKey]

  it.effect("both keys count, each in its time", () =>
    Effect.gen(function* () {
      const keys = Effect.succeed({
        own: config.privateKey,
        platform: [{ key: strange }, { key: own, notAfter: 1_000 }]
      })
      const to = { ...addressee, keys }
      assert.strictEqual(yield* outcome(form(signed(paid)), to), "TradePaid")
      assert.strictEqual(yield* outcome(form(signed(paid, "strange.pkcs8.pem")), to), "TradePaid")
      yield* TestClock.setTime(1_001)
      assert.strictEqual(yield* outcome(form(signed(paid)), to), "signature")
      assert.strictEqual(yield* outcome(form(signed(paid, "strange.pkcs8.pem")), to), "TradePaid")
    })
  )

  it.effect("a certificate that is named decides which", () =>
    Effect.gen(function* () {
      const [certificate] = Result.getOrThrow(Certificate.read(vector("alipay.crt")))
      const serial = certificate!.serial
      const keys = Effect.succeed({
        own: config.privateKey,
        platform: [{ key: own, serial }],
        certificates: { app: "app", root: "root" }
      })
      const to = { ...addressee, keys }
      assert.strictEqual(yield* outcome(form(signed({ ...paid, alipay_cert_sn: serial })), to), "TradePaid")
      assert.strictEqual(yield* outcome(form(signed({ ...paid, alipay_cert_sn: "other" })), to), "signature")
    })
  )
})
