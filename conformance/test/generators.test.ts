// Every value that the generators draw is one of the domain: it decodes with its schema.
import type { About } from "@paylayer/conformance/About"
import * as Conformance from "@paylayer/conformance/Conformance"
import * as HeaderGen from "@paylayer/conformance/gen/HeaderGen"
import * as MandateGen from "@paylayer/conformance/gen/MandateGen"
import * as MoneyGen from "@paylayer/conformance/gen/MoneyGen"
import * as Gen from "@paylayer/conformance/Gen"
import * as Reference from "@paylayer/conformance/reference/Reference"
import * as Currency from "@paylayer/core/Currency"
import { Mandate } from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const isMoney = Schema.is(Schema.toType(Money.Money))
const isMandate = Schema.is(Schema.toType(Mandate))

describe("generators draw values of the domain", () => {
  const samples = <A>(gen: Gen.Gen<A>) => Gen.sample(gen, 7, 300)
  const about = (): Promise<About> => Effect.runPromise(Conformance.about(Reference.voucher))

  it("money", () => {
    for (const money of samples(MoneyGen.any(Currency.all))) assert.isTrue(isMoney(money), Money.print(money))
    for (const money of samples(MoneyGen.payable(["CNY", "JPY"]))) assert.isTrue(isMoney(money) && money.minor > 0n)
  })

  it("limits, budgets and terms", async () => {
    const known = await about()
    for (const { budget, charges } of samples(MandateGen.budgetAndCharges(known, { minLength: 1, maxLength: 5 }))) {
      for (const money of [budget, ...charges]) assert.isTrue(isMoney(money) && money.minor > 0n)
    }
    for (const { terms } of samples(MandateGen.terms(known))) {
      assert.isTrue(isMandate({ id: "a", payer: "b", ...terms }), JSON.stringify(Object.keys(terms)))
    }
  })

  it("look-alikes are no currencies, and text that is no decimal is none", () => {
    for (const code of MoneyGen.lookalikes) assert.isFalse(Currency.is(code), code)
    for (const text of MoneyGen.notDecimals) assert.isTrue(Result.isFailure(Money.parse("CNY", text)), text)
  })

  it("near misses miss", () => {
    for (const near of samples(HeaderGen.nearMiss("x-voucher"))) assert.notStrictEqual(near.toLowerCase(), "x-voucher")
  })
})
