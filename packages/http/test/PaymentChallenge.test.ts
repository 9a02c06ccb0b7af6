import { assert, describe, it } from "@effect/vitest"
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { offer } from "./arbitraries.ts"

const ascii = fc.string({ unit: "grapheme-ascii", maxLength: 40 })

describe("a Payment challenge", () => {
  it("is read back as it was printed", () => {
    fc.assert(
      fc.property(offer, ascii, ascii, fc.option(ascii, { nil: undefined }), (offer, realm, nonce, expires) => {
        const challenge = PaymentChallenge.fromOffer(offer, 0, {
          realm,
          nonce,
          ...(expires === undefined ? {} : { expires })
        })
        const read = Result.getOrThrow(PaymentChallenge.parse(PaymentChallenge.print(challenge)))
        assert.deepStrictEqual(read, challenge)
      })
    )
  })

  // The request of the example in draft-httpauth-payment, 5.1.3.
  it("is read as the draft writes it", () => {
    const text =
      'Payment id="x7Tg2pLqR9mKvNwY3hBcZa", realm="api.example.com", method="example", intent="charge", ' +
      'expires="2025-01-15T12:05:00Z", ' +
      'request="eyJhbW91bnQiOiIxMDAwIiwiY3VycmVuY3kiOiJVU0QiLCJyZWNpcGllbnQiOiJhY2N0XzEyMyJ9"'
    assert.deepStrictEqual(Result.getOrThrow(PaymentChallenge.parse(text)), {
      id: "x7Tg2pLqR9mKvNwY3hBcZa",
      realm: "api.example.com",
      method: "example",
      intent: "charge",
      expires: "2025-01-15T12:05:00Z",
      request: { amount: "1000", currency: "USD", recipient: "acct_123" }
    })
  })

  it("names a method as the draft's grammar has it, and never twice the same id", () => {
    fc.assert(
      fc.property(offer, ascii, (offer, nonce) => {
        const issue = { realm: "api", nonce }
        const [one, two] = [0, 1].map((index) => PaymentChallenge.fromOffer(offer, index, issue))
        assert.match(one!.method, /^[a-z]+(:[a-z0-9-]+)?$/)
        assert.match(one!.id, /^[\w-]{22}$/)
        assert.notStrictEqual(one!.id, two!.id)
      })
    )
  })

  it("is refused when it is none, without an exception", () => {
    for (const text of [
      "",
      "Basic",
      "Payment ",
      'Payment id="a"',
      'Payment id="a", id="b"',
      'Payment id="a" realm="b"'
    ])
      assert.isTrue(Result.isFailure(PaymentChallenge.parse(text)), text)
    fc.assert(fc.property(fc.string(), (text) => void PaymentChallenge.parse(`Payment ${text}`)))
  })
})
