import { validateHeaderName, validateHeaderValue } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import { type Receipt, toHeader } from "@paylayer/core/Receipt"
import { type Offer, Refusal } from "@paylayer/core/Refusal"
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import * as PaymentHeaders from "@paylayer/http/PaymentHeaders"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { offer, refusal } from "./arbitraries.ts"

const issue = { realm: "api", nonce: "n", expires: "2026-01-01T00:00:00.000Z" }
const required = (offers: ReadonlyArray<Offer>) =>
  new Refusal({ error: PaymentError.make(new PaymentError.PaymentRequired({ detail: "pay" })), offers })

/** The values of a challenge header, as a client takes them apart. */
const challenges = (headers: PaymentHeaders.PaymentHeaders) =>
  (headers["www-authenticate"] ?? "").split(/, (?=Payment )/).filter((text) => text !== "")

describe("the headers of a refusal", () => {
  it("stay within their budget and can always be written, whatever protocols put in them", () => {
    fc.assert(
      fc.property(refusal, (refusal) => {
        const headers = PaymentHeaders.fromRefusal(refusal, issue)
        assert.isAtMost(PaymentHeaders.size(headers), PaymentHeaders.budget)
        for (const [name, value] of Object.entries(headers)) {
          validateHeaderName(name)
          validateHeaderValue(name, value)
        }
        assert.strictEqual(headers["cache-control"], "no-store")
        assert.strictEqual(headers["content-type"], "application/problem+json")
        assert.notProperty(headers, "set-cookie")
        assert.notProperty(headers, "content-length")
      })
    )
  })

  it("name every header that a script may want to read", () => {
    fc.assert(
      fc.property(refusal, (refusal) => {
        const headers = PaymentHeaders.fromRefusal(refusal, issue)
        const exposed = headers["access-control-expose-headers"]?.split(", ") ?? []
        const own = Object.keys(headers).filter(
          (name) => !["cache-control", "content-type", "access-control-expose-headers"].includes(name)
        )
        assert.sameMembers(exposed, own)
      })
    )
  })

  it("carry what the protocol's own specification asks for beside what was sold, and nothing that frames the answer", () => {
    const receipt: Receipt = {
      chargeId: "ch_1",
      protocol: "p",
      merchant: "m",
      resource: "/r",
      money: Money.of("CNY", 1n),
      reference: "t1",
      settledAt: DateTime.makeUnsafe(0),
      headers: {
        "payment-validation": "eyJ9",
        "set-cookie": "a=b",
        "payment-receipt": "forged",
        "cache-control": "public",
        "x y": "z",
        "x-split": "a\r\nset-cookie: a=b"
      }
    }
    const headers = PaymentHeaders.fromSold({ receipt, replayed: false })
    assert.deepEqual(
      { ...headers },
      {
        "cache-control": "private, no-store",
        "payment-receipt": toHeader(receipt),
        "payment-validation": "eyJ9"
      }
    )
  })

  const plain = offer.map((offer) => ({ ...offer, merchant: "m", headers: {} }))

  it("carry a challenge per offer with everything in it, while there is room", () => {
    fc.assert(
      fc.property(
        fc.array(
          plain.map((offer) => ({ ...offer, details: { bill: "1" } })),
          { maxLength: 10 }
        ),
        (offers) => {
          const headers = PaymentHeaders.fromRefusal(required(offers), issue)
          const read = challenges(headers).map((text) => Result.getOrThrow(PaymentChallenge.parse(text)))
          assert.deepStrictEqual(
            read,
            offers.map((offer, index) => PaymentChallenge.fromOffer(offer, index, issue))
          )
        }
      )
    )
  })

  it("lose details before they lose challenges, and keep the first offers", () => {
    const offers = fc
      .sample(plain, { numRuns: 40, seed: 1 })
      .map((offer) => ({ ...offer, details: { bill: "b".repeat(900) } }))
    const headers = PaymentHeaders.fromRefusal(required(offers), issue)
    const read = challenges(headers).map((text) => Result.getOrThrow(PaymentChallenge.parse(text)))
    assert.isAtMost(PaymentHeaders.size(headers), PaymentHeaders.budget)
    assert.isAtLeast(read.length, 15)
    const brief = offers.map((offer, index) =>
      PaymentChallenge.withoutDetails(PaymentChallenge.fromOffer(offer, index, issue))
    )
    assert.deepStrictEqual(read.slice(0, 15), brief.slice(0, 15))
    for (const challenge of read) assert.deepInclude(brief, challenge)
  })

  it("let a protocol with a challenge of its own speak for itself, beside the others", () => {
    const [first, second] = fc.sample(plain, { numRuns: 2, seed: 2 })
    const own = { ...second!, headers: { "WWW-Authenticate": 'Payment id="own"', "payment-needed": "bill" } }
    const headers = PaymentHeaders.fromRefusal(required([first!, own]), issue)
    assert.strictEqual(challenges(headers).length, 2)
    assert.strictEqual(challenges(headers)[1], 'Payment id="own"')
    assert.strictEqual(headers["payment-needed"], "bill")
  })

  it("carry a header by any name that is one", () => {
    const [first] = fc.sample(plain, { numRuns: 1, seed: 4 })
    const headers = PaymentHeaders.fromRefusal(required([{ ...first!, headers: { constructor: "one" } }]), issue)
    assert.strictEqual(headers["constructor"], "one")
  })

  it("take the first of two values of a header that is no list", () => {
    const [first, second] = fc.sample(plain, { numRuns: 2, seed: 3 })
    const headers = PaymentHeaders.fromRefusal(
      required([
        { ...first!, headers: { "payment-needed": "one" } },
        { ...second!, headers: { "payment-needed": "two" } }
      ]),
      issue
    )
    assert.strictEqual(headers["payment-needed"], "one")
  })
})
