import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import { Refusal } from "@paylayer/core/Refusal"
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import * as Problem from "@paylayer/http/Problem"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { offer, refusal } from "./arbitraries.ts"

describe("a problem document", () => {
  it("is read back as it was printed, for every refusal", () => {
    fc.assert(
      fc.property(refusal, (refusal) => {
        const problem = Problem.fromRefusal(refusal)
        assert.deepStrictEqual(Result.getOrThrow(Problem.parse(Problem.print(problem))), problem)
      })
    )
  })

  it("has the members of RFC 9457, and a type per code", () => {
    fc.assert(
      fc.property(refusal, (refusal) => {
        const body = JSON.parse(Problem.print(Problem.fromRefusal(refusal)))
        assert.strictEqual(body.type, `urn:paylayer:problem:${refusal.error.code}`)
        assert.strictEqual(body.status, refusal.error.status)
        assert.isString(body.title)
        assert.strictEqual(body.detail, refusal.error.reason.detail)
        assert.strictEqual(body.accepts.length, refusal.offers.length)
      })
    )
  })

  it("says of every 503 when to come back", () => {
    for (const make of [PaymentError.OutcomeUnknown, PaymentError.ProviderUntrusted, PaymentError.LedgerUnavailable]) {
      const error = PaymentError.make(new make({ detail: "x" }), { moved: "unknown" })
      assert.strictEqual(Problem.retryAfter(new Refusal({ error, offers: [] })), 5)
    }
    const hurried = PaymentError.make(new PaymentError.OutcomeUnknown({ detail: "x" }), { retryAfter: 9 })
    assert.strictEqual(Problem.fromRefusal(new Refusal({ error: hurried, offers: [] })).retry_after, 9)
  })

  it("says by which quote an amount came to be, and nothing of quotes where it is listed", () => {
    const [sample] = fc.sample(offer, 1)
    const { quoted: _, ...listed } = { ...sample!, money: Money.of("USD", 212n) }
    const quote = {
      id: "q-1",
      source: "a bank",
      from: "CNY" as const,
      to: "USD" as const,
      rate: "0.1408",
      rounding: "up" as const,
      quotedAt: DateTime.makeUnsafe(0),
      expiresAt: DateTime.makeUnsafe(600_000)
    }
    const error = PaymentError.make(new PaymentError.QuoteExpired({ detail: "late" }))
    const offers = [listed, { ...listed, quoted: { listed: Money.of("CNY", 1_500n), quote } }]
    const { accepts } = JSON.parse(Problem.print(Problem.fromRefusal(new Refusal({ error, offers }))))
    assert.notProperty(accepts[0], "quote")
    assert.deepStrictEqual(accepts[1].quote, {
      id: "q-1",
      source: "a bank",
      listed_amount: "15.00",
      listed_currency: "CNY",
      rate: "0.1408",
      rounding: "up",
      quoted_at: "1970-01-01T00:00:00.000Z",
      expires_at: "1970-01-01T00:10:00.000Z"
    })
    const until = (expires: string) =>
      offers.map((one, index) => PaymentChallenge.fromOffer(one, index, { realm: "r", nonce: "n", expires }).expires)
    assert.deepStrictEqual(until("1970-01-01T00:12:00.000Z"), ["1970-01-01T00:12:00.000Z", "1970-01-01T00:10:00.000Z"])
    assert.deepStrictEqual(until("1970-01-01T00:05:00.000Z"), ["1970-01-01T00:05:00.000Z", "1970-01-01T00:05:00.000Z"])
  })

  it("keeps names that objects inherit", () => {
    const [sample] = fc.sample(offer, 1)
    const details = JSON.parse('{"__proto__":{"a":1},"constructor":2}')
    const error = PaymentError.make(new PaymentError.PaymentRequired({ detail: "pay" }))
    const problem = Problem.fromRefusal(new Refusal({ error, offers: [{ ...sample!, details }] }))
    const read = Result.getOrThrow(Problem.parse(Problem.print(problem)))
    assert.strictEqual(JSON.stringify(read.accepts[0]?.details), JSON.stringify(details))
  })

  it("refuses what is no problem document", () => {
    for (const text of ["", "{", "null", "[]", "{}", '{"type":"about:blank"}'])
      assert.isTrue(Result.isFailure(Problem.parse(text)), text)
  })
})
