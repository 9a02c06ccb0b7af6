import { assert, describe, it } from "@effect/vitest"
import type { Offer } from "@paylayer/core/Refusal"
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import * as WwwAuthenticate from "@paylayer/http/WwwAuthenticate"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { offer } from "./arbitraries.ts"

const parse = (text: string) => Result.getOrThrow(WwwAuthenticate.parse(text))

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/)
const token68 = fc.stringMatching(/^[A-Za-z0-9._~+/-]{1,12}={0,2}$/)
const parameters = fc.array(
  fc.tuple(
    token.map((name) => name.toLowerCase()),
    fc.oneof(fc.string({ unit: "grapheme-ascii", maxLength: 20 }), fc.constantFrom('a", b="c', "\\", "x=y, Basic z"))
  ),
  { maxLength: 4 }
)
const challenge: fc.Arbitrary<WwwAuthenticate.AuthChallenge> = fc.oneof(
  fc.record({ scheme: token, parameters }),
  fc.record({ scheme: token, token68, parameters: fc.constant([]) })
)

describe("WWW-Authenticate", () => {
  it("is read back as it was printed, with challenges of any schemes in it", () => {
    fc.assert(
      fc.property(fc.array(challenge, { maxLength: 5 }), (challenges) => {
        assert.deepStrictEqual(parse(WwwAuthenticate.print(challenges)), challenges)
      })
    )
  })

  it.each([
    // The examples of RFC 9110, 11.6.1, and of RFC 4559.
    [
      'Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""',
      [
        { scheme: "Basic", parameters: [["realm", "simple"]] },
        {
          scheme: "Newauth",
          parameters: [
            ["realm", "apps"],
            ["type", "1"],
            ["title", 'Login to "apps"']
          ]
        }
      ]
    ],
    ["Negotiate YIIJvwYGKw==", [{ scheme: "Negotiate", token68: "YIIJvwYGKw==", parameters: [] }]],
    // Empty elements, space around the equals sign, a scheme alone, a parameter that looks like a scheme.
    [
      ', Negotiate ,, Basic\trealm = "a" , ,Digest  , DPoP algs="ES256, PS256",',
      [
        { scheme: "Negotiate", parameters: [] },
        { scheme: "Basic", parameters: [["realm", "a"]] },
        { scheme: "Digest", parameters: [] },
        { scheme: "DPoP", parameters: [["algs", "ES256, PS256"]] }
      ]
    ],
    ["", []],
    [" , ", []]
  ])("%s is read as the grammar has it", (text, challenges) => {
    assert.deepStrictEqual(parse(text), challenges as never)
  })

  it.each(['Basic realm="open', "Basic re!lm", 'Basic realm="a" b="c"', "Basic a==b", '"quoted"', "Basic a=b; c=d"])(
    "%s is refused",
    (text) => {
      assert.isTrue(Result.isFailure(WwwAuthenticate.parse(text)))
    }
  )

  it("is never an exception, and never takes long", () => {
    fc.assert(fc.property(fc.string(), (text) => void WwwAuthenticate.parse(text)))
    const commas = `Basic ${" ,".repeat(50_000)}`
    assert.strictEqual(parse(commas).length, 1)
    assert.isTrue(Result.isFailure(WwwAuthenticate.parse(`Basic a="${"\\".repeat(100_001)}`)))
  })

  it("gives the challenges of the Payment scheme, wherever they are among others, and leaves out what is none", () => {
    fc.assert(
      fc.property(fc.array(offer, { maxLength: 4 }), fc.array(challenge, { maxLength: 3 }), (offers, others) => {
        const strangers = others.filter(({ scheme }) => scheme.toLowerCase() !== "payment")
        const issued = offers.map((one: Offer, index) =>
          PaymentChallenge.fromOffer(one, index, { realm: 'a "shop", Basic', nonce: "n" })
        )
        const [before, after] = [strangers.slice(0, 1), strangers.slice(1)].map(WwwAuthenticate.print)
        const printed = issued.map(PaymentChallenge.print)
        const foreign = printed.map((text) => text.replace("Payment", "Other"))
        const line = [before, ...printed, 'payment id="none"', ...foreign, after].join(", ")
        assert.deepStrictEqual(PaymentChallenge.fromHeader(line), issued)
      })
    )
  })
})
