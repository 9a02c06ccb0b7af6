import { assert, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as TakeRate from "@paylayer/gateway/TakeRate"
import * as fc from "fast-check"

const sum = (all: ReadonlyArray<bigint>) => all.reduce((total, minor) => total + minor, 0n)

const takeRate: TakeRate.TakeRate = {
  freeOperations: 2n,
  tiers: [
    { upTo: { CNY: 1_000n, USD: 500n }, rate: "0.1" },
    { upTo: { CNY: 2_000n }, rate: "0.05" },
    { rate: "0.0125" }
  ]
}

const rate = fc.integer({ min: 0, max: 1_000_000 }).map((millionths) => (millionths / 1_000_000).toFixed(6))
const ends = fc
  .uniqueArray(fc.bigInt({ min: 1n, max: 10n ** 8n }), { maxLength: 4 })
  .map((all) => all.toSorted((one, other) => (one < other ? -1 : 1)))
const takeRates = fc
  .record({
    ends,
    rates: fc.array(rate, { minLength: 5, maxLength: 5 }),
    freeOperations: fc.bigInt({ min: 0n, max: 5n })
  })
  .map(({ ends, freeOperations, rates }): TakeRate.TakeRate => ({
    freeOperations,
    tiers: [...ends.map((CNY, index) => ({ upTo: { CNY }, rate: rates[index]! })), { rate: rates[4]! }]
  }))
const takings = fc.array(fc.bigInt({ min: 1n, max: 10n ** 8n }), { maxLength: 40 })

/** The fees of a month's charges, one after another. */
const feesOf = (takeRate: TakeRate.TakeRate, minors: ReadonlyArray<bigint>) => {
  let month: TakeRate.Month = { operations: 0n, volume: 0n }
  return minors.map((minor) => {
    const next = TakeRate.next(takeRate, month, Money.of("CNY", minor))
    month = next.month
    return next.fee
  })
}

it("each tier's rate is for the part of the volume in it", () => {
  const fee = (minor: bigint) => TakeRate.feeOfVolume(takeRate, "CNY", minor)
  assert.deepEqual([0n, 9n, 10n, 1_000n, 1_019n, 1_020n, 2_000n, 2_079n, 2_080n].map(fee), [
    0n,
    0n,
    1n,
    100n,
    100n,
    101n,
    150n,
    150n,
    151n
  ])
  assert.strictEqual(
    TakeRate.feeOfVolume(takeRate, "USD", 1_500n),
    100n,
    "a tier without an end for a currency is its last"
  )
  assert.strictEqual(TakeRate.feeOfVolume(TakeRate.none, "CNY", 10n ** 18n), 0n)
})

it("a month's first operations are free of fees, and count as no volume", () => {
  assert.deepEqual(feesOf(takeRate, [900n, 5_000n, 900n, 200n]), [0n, 0n, 90n, 15n])
})

it("the fees of a month add up to the fee of its volume, and none is more than what was taken", () => {
  fc.assert(
    fc.property(takeRates, takings, (takeRate, minors) => {
      const fees = feesOf(takeRate, minors)
      const volume = sum(minors.slice(Number(takeRate.freeOperations)))
      assert.strictEqual(sum(fees), TakeRate.feeOfVolume(takeRate, "CNY", volume))
      fees.forEach((fee, index) => assert.isTrue(fee >= 0n && fee <= minors[index]!))
    })
  )
})

it("a charge that goes back in parts gives its whole fee back, never more than it has", () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: 1n, max: 10n ** 9n }), { minLength: 1, maxLength: 10 }),
      fc.bigInt({ min: 0n, max: 1_000n }),
      (parts, thousandths) => {
        const minor = sum(parts)
        const fee = (minor * thousandths) / 1_000n
        const backs = parts.map((part, index) => TakeRate.feeBack({ minor, fee }, sum(parts.slice(0, index)), part))
        assert.strictEqual(sum(backs), fee)
        backs.forEach((back, index) => assert.isTrue(back >= 0n && back <= parts[index]!))
      }
    )
  )
})

it("a rate that is none is refused", () => {
  for (const rate of ["1.1", "-0.1", "5%", "", ".5", "0.0000000000001"]) {
    assert.throws(() => TakeRate.feeOfVolume({ freeOperations: 0n, tiers: [{ rate }] }, "CNY", 1n), RangeError)
  }
})
