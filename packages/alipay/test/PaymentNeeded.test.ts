/** A bill: what is signed, how it travels, and what is not taken for one. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import * as PaymentNeeded from "../src/PaymentNeeded.ts"
import * as Rsa2 from "../src/Rsa2.ts"
import { vector } from "./vectors.ts"

const key = Result.getOrThrow(Rsa2.privateKey(Redacted.make(vector("key.pkcs8.pem"))))
const publicKey = Result.getOrThrow(Rsa2.publicKey(vector("key.spki.pem")))
const strange = Result.getOrThrow(Rsa2.publicKey(vector("strange.spki.pem")))

const read = (text: string) => PaymentNeeded.fromHeader(text)
const bill = Result.getOrThrow(read(vector("bill.header")))

type Part = "protocol" | "method"
type Wire = { readonly [P in Part]: { readonly [name: string]: unknown } }

const wire: Wire = JSON.parse(vector("bill.decoded"))
const encoded = (json: unknown) => Buffer.from(JSON.stringify(json)).toString("base64url")
const having = (part: Part, name: string, value: unknown): Wire => ({
  ...wire,
  [part]: { ...wire[part], [name]: value }
})
const places = (["protocol", "method"] as const).flatMap((part) =>
  Object.keys(wire[part]).map((name) => [part, name] as const)
)
const failure = (json: unknown) => {
  const result = read(encoded(json))
  return Result.isFailure(result) ? result.failure : "nothing is wrong"
}

const signedFields = [
  ["protocol", "amount"],
  ["protocol", "currency"],
  ["method", "goods_name"],
  ["protocol", "out_trade_no"],
  ["protocol", "pay_before"],
  ["protocol", "resource_id"],
  ["method", "seller_id"],
  ["method", "service_id"]
] as const

describe("the signature of a bill", () => {
  it.effect("is over the text that OpenSSL signed, and is the signature that it made", () =>
    Effect.gen(function* () {
      assert.strictEqual(PaymentNeeded.signedText(bill), vector("bill.txt"))
      const { goods_name, seller_app_id, seller_id, seller_name, service_id } = bill.method
      const signed = yield* PaymentNeeded.sign(key, {
        protocol: bill.protocol,
        method: { goods_name, seller_app_id, seller_id, seller_name, service_id }
      })
      assert.strictEqual(signed.protocol.seller_signature, vector("bill.sign"))
      assert.deepEqual(signed, bill)
      assert.isTrue(yield* PaymentNeeded.isSigned(publicKey, bill))
      assert.isFalse(yield* PaymentNeeded.isSigned(strange, bill))
    })
  )

  it.effect("covers eight fields, and no other", () =>
    Effect.gen(function* () {
      for (const [part, name] of places) {
        const changed = { ...bill, [part]: { ...bill[part], [name]: `${wire[part][name]}0` } } as typeof bill
        const signed = signedFields.some(([at, field]) => at === part && field === name)
        if (name === "seller_signature") continue
        assert.strictEqual(yield* PaymentNeeded.isSigned(publicKey, changed), !signed, `${part}.${name}`)
      }
    })
  )
})

const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((value) => value.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(value))

const anyBill: fc.Arbitrary<PaymentNeeded.PaymentNeeded> = fc.record({
  protocol: fc.record({
    out_trade_no: fc.stringMatching(/^[A-Za-z0-9_]{1,64}$/),
    amount: fc.tuple(fc.nat(10_000_000), fc.nat(99)).map(([yuan, fen]) => `${yuan}.${String(fen).padStart(2, "0")}`),
    currency: fc.constant("CNY" as const),
    resource_id: text,
    pay_before: fc
      .integer({ min: 0, max: 4_000_000_000 })
      .map((s) => `${new Date(s * 1_000).toISOString().slice(0, 19)}Z`),
    seller_signature: fc
      .uint8Array({ minLength: 256, maxLength: 256 })
      .map((bytes) => Buffer.from(bytes).toString("base64")),
    seller_sign_type: fc.constant("RSA2" as const),
    seller_unique_id: text
  }),
  method: fc.record({
    seller_name: text,
    seller_id: text,
    seller_app_id: text,
    goods_name: text,
    seller_unique_id_key: fc.constant("seller_id" as const),
    service_id: text
  })
})

const bytes = fc.uint8Array({ maxLength: 200 })
const anyText = fc.oneof(
  bytes.map((some) => Buffer.from(some).toString("utf8")),
  bytes.map((some) => Buffer.from(some).toString("base64")),
  fc.jsonValue({ maxDepth: 2 }).map(encoded)
)

describe("the header Payment-Needed", () => {
  it("is Base64URL of the bill's JSON, byte for byte", () => {
    assert.strictEqual(PaymentNeeded.toHeader(bill), vector("bill.header"))
  })

  it("is read back as it was written", () => {
    fc.assert(
      fc.property(anyBill, (one) => assert.deepEqual(Result.getOrThrow(read(PaymentNeeded.toHeader(one))), one))
    )
  })

  it("says the amount and the end of the bill", () => {
    assert.deepEqual(PaymentNeeded.money(bill), { currency: "CNY", minor: 110n })
    assert.strictEqual(PaymentNeeded.endsAt(bill), Date.parse("2026-11-23T00:30:00Z"))
  })

  it("is no bill without any one of its fields, or with one of another type, empty or oversized; the field is named", () => {
    for (const [part, name] of places) {
      const { [name]: _, ...rest } = wire[part]
      for (const other of [
        { ...wire, [part]: rest },
        ...[null, 1, true, [wire[part][name]], {}, "", "x".repeat(2_000)].map((value) => having(part, name, value))
      ]) {
        assert.include(failure(other), `/${part}/${name}`, JSON.stringify(other))
      }
    }
    for (const other of [{}, { method: wire.method }, { protocol: wire.protocol }, [], null, "bill", 1]) {
      assert.notStrictEqual(failure(other), "nothing is wrong")
    }
  })

  it("is no bill in another currency, under another signature scheme, or with an amount that is no plain decimal", () => {
    for (const currency of ["USD", "cny", "RMB"])
      assert.include(failure(having("protocol", "currency", currency)), "currency")
    assert.include(failure(having("protocol", "seller_sign_type", "RSA")), "seller_sign_type")
    for (const amount of ["1,10", "1.105", "-1.10", "+1", "1e2", "０.10", " 1.10", "01.10", ".5"]) {
      assert.include(failure(having("protocol", "amount", amount)), "amount", amount)
    }
    for (const time of ["2026-11-23 08:30:00", "2026-11-23T08:30:00", "2026-02-30T08:30:00Z", "soon"]) {
      assert.include(failure(having("protocol", "pay_before", time)), "pay_before", time)
    }
  })

  it("answers any text without throwing, and in bounded time", () => {
    fc.assert(
      fc.property(anyText, (any) => {
        assert.isTrue(Result.isFailure(read(any)))
      })
    )
    assert.isTrue(Result.isFailure(read("A".repeat(1_000_000))))
    assert.isTrue(Result.isFailure(read(encoded(JSON.parse(`${"[".repeat(500)}${"]".repeat(500)}`)))))
    assert.include(failure({ ...wire, protocol: { ...wire.protocol } }), "nothing is wrong")
    const twice = vector("bill.decoded").replace('"amount":"1.10"', '"amount":"1.10","amount":"0.01"')
    assert.isTrue(Result.isFailure(read(Buffer.from(twice).toString("base64url"))))
  })
})
