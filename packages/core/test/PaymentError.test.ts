import { assert, describe, it } from "@effect/vitest"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Schema from "effect/Schema"

const tags = Object.keys(PaymentError.catalogue) as ReadonlyArray<PaymentError.Reason["_tag"]>
const reasonOf = (tag: PaymentError.Reason["_tag"]): PaymentError.Reason =>
  Schema.decodeUnknownSync(PaymentError.PaymentError.fields.reason)({
    _tag: tag,
    detail: "what happened",
    found: ["a", "b"]
  })
const everyMoved = ["no", "unknown", "yes"] as const
const codec = Schema.fromJsonString(PaymentError.PaymentError)

describe("every reason", () => {
  it("has a class, and a row of its own in the catalogue", () => {
    const exported = Object.entries(PaymentError)
      .filter(([name, value]) => typeof value === "function" && /^[A-Z]/.test(name) && name !== "PaymentError")
      .map(([name]) => name)
    assert.deepEqual(exported.toSorted(), [...tags].toSorted())
    const codes = tags.map((tag) => PaymentError.catalogue[tag].code)
    assert.strictEqual(new Set(codes).size, codes.length)
    for (const tag of tags) {
      const { act, code, hint, title } = PaymentError.catalogue[tag]
      assert.strictEqual(code, tag.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase())
      assert.match(title, /^[A-Z].*[^.]$/)
      assert.match(hint, /^[A-Z].*\.$/)
      if (act !== undefined) assert.match(act, /^ACT-A402-[A-Z_]+$/)
    }
  })

  it("comes back from JSON as it went", () => {
    for (const tag of tags) {
      for (const moved of everyMoved) {
        const error = PaymentError.make(reasonOf(tag), { moved, chargeId: "ch_1", retryAfter: 5 })
        const back = Schema.decodeSync(codec)(Schema.encodeSync(codec)(error))
        assert.isTrue(PaymentError.isPaymentError(back))
        assert.strictEqual(back.reason._tag, tag)
        assert.deepEqual(
          [back.reason.detail, back.moved, back.chargeId, back.retryAfter, back.message],
          [error.reason.detail, moved, "ch_1", 5, error.message]
        )
        const { chargeId, retryAfter } = Schema.decodeSync(codec)(
          Schema.encodeSync(codec)(PaymentError.make(reasonOf(tag)))
        )
        assert.deepEqual([chargeId, retryAfter], [undefined, undefined])
      }
    }
  })

  it("is known when it is an error of the contract, and not when it only looks like one", () => {
    const [tag] = tags
    const made = PaymentError.make(reasonOf(tag!))
    assert.isTrue(PaymentError.isPaymentError(made))
    assert.isFalse(PaymentError.isPaymentError({ _tag: "PaymentError", reason: made.reason, moved: "no" }))
    const strange = Object.assign(new Error("a reason of its own"), { _tag: "PaymentError", moved: "no" })
    assert.isFalse(PaymentError.isPaymentError(strange))
    assert.isFalse(PaymentError.isPaymentError(Object.assign(strange, { reason: { _tag: "InsufficientFunds" } })))
    assert.isFalse(PaymentError.isPaymentError(Object.assign(strange, { reason: { _tag: "constructor" } })))
    assert.isFalse(PaymentError.isPaymentError(undefined))
  })

  it("explains itself", () => {
    for (const tag of tags) {
      const { message } = PaymentError.make(reasonOf(tag))
      assert.include(message, "what happened")
      assert.include(message, PaymentError.catalogue[tag].hint)
      assert.notInclude(message, "undefined")
    }
  })
})

describe("the status", () => {
  it("never asks for a second payment while the first may have gone through", () => {
    for (const tag of tags) {
      const { status } = PaymentError.catalogue[tag]
      assert.notStrictEqual(PaymentError.make(reasonOf(tag), { moved: "unknown" }).status, 402, tag)
      assert.strictEqual(PaymentError.make(reasonOf(tag)).status, status, tag)
      assert.strictEqual(PaymentError.make(reasonOf(tag), { moved: "yes" }).status, status, tag)
    }
    assert.strictEqual(PaymentError.catalogue.OutcomeUnknown.status, 503)
  })

  it("fits what it says about a retry", () => {
    for (const tag of tags) {
      const { retry, status } = PaymentError.catalogue[tag]
      if (status === 503) assert.include(["retryable", "query-first"], retry, tag)
      if (status === 402) assert.include(["after-authorization", "after-correction", "retryable"], retry, tag)
      if (status === 400 || status === 413) assert.strictEqual(retry, "after-correction", tag)
      assert.include([400, 402, 404, 409, 413, 500, 501, 503], status, tag)
    }
  })
})
