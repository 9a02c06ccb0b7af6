import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { Fault, Step } from "../protocols/faults.ts"
import * as Voucher from "../protocols/Voucher.ts"
import { inShop, inTime, onlyEntry, refused, saleOf, verdict, type Shop } from "../shop.ts"

const budget = { budget: [Money.of("CNY", 1_500n)] }

/** Nothing moved, the hold went back once, and the same key and the whole budget are there for the next attempt. */
const givenBack = (shop: Shop) =>
  Effect.gen(function* () {
    assert.strictEqual(shop.bank.movements.size, 0)
    assert.strictEqual(shop.bank.holds.size, 0)
    const { charge, state } = yield* onlyEntry(shop)
    assert.include(["declined", "released"], state)
    assert.deepEqual(shop.bank.releases, [charge.id])
    const sold = yield* shop.sell(saleOf(Voucher.mint(budget), { key: "k" }))
    assert.isFalse(sold.replayed)
  })

describe("a handler that does not deliver", () => {
  it.effect("passes its own failure through, and nothing is charged", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const sale = saleOf(Voucher.mint(budget), { key: "k" })
        const failure = yield* Effect.flip(shop.sell(sale, () => Effect.fail({ _tag: "Sad" as const })))
        assert.deepEqual(failure, { _tag: "Sad" })
        yield* givenBack(shop)
      })
    )
  )

  for (const [how, handler] of [
    ["dies", () => Effect.die("boom")],
    [
      "throws",
      () => {
        throw new Error("boom")
      }
    ],
    ["interrupts itself", () => Effect.interrupt],
    ["is not an effect", () => undefined as never]
  ] as const) {
    it.effect(`charges nothing when it ${how}`, () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          const exit = yield* Effect.exit(shop.sell(saleOf(Voucher.mint(budget), { key: "k" }), handler))
          assert.isTrue(Exit.isFailure(exit))
          yield* givenBack(shop)
        })
      )
    )
  }

  it.effect("charges nothing when its client goes away", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const sale = saleOf(Voucher.mint(budget), { key: "k" })
        const fiber = yield* Effect.forkChild(
          shop.sell(sale, () => Effect.never),
          { startImmediately: true }
        )
        yield* Fiber.interrupt(fiber)
        yield* givenBack(shop)
      })
    )
  )

  it.effect("charges nothing when it takes longer than the charge lives", () =>
    inShop({ chargeLifetime: "1 minute" }, (shop) =>
      Effect.gen(function* () {
        const sale = saleOf(Voucher.mint(budget), { key: "k" })
        const asked = shop.sell(sale, () => Effect.delay(shop.work, "1 minute"))
        assert.deepEqual(yield* inTime(verdict(asked)), ["charge_expired", "no", 402])
        yield* givenBack(shop)
      })
    )
  )
})

describe("a settlement", () => {
  const settle = (shop: Shop) => inTime(verdict(shop.sell(saleOf(Voucher.mint(budget), { key: "k" }))))

  it.effect("that is declined withholds the answer and charges nothing", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.faults.set("settle", "decline")
        assert.deepEqual(yield* settle(shop), ["payment_declined", "no", 402])
        assert.strictEqual(shop.state.runs, 1)
        yield* givenBack(shop)
      })
    )
  )

  it.effect("that the provider has no time for says when to come back", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.faults.set("settle", "busy")
        const { error } = yield* refused(shop.sell(saleOf(Voucher.mint(budget), { key: "k" })))
        assert.deepEqual([error.code, error.moved, error.retryAfter], ["provider_unavailable", "no", 3])
        yield* givenBack(shop)
      })
    )
  )

  for (const fault of ["late", "lost"] as const) {
    it.effect(`that went through unheard (${fault}) is found by looking up, and served`, () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          shop.bank.faults.set("settle", fault)
          const sold = yield* inTime(shop.sell(saleOf(Voucher.mint(budget))))
          assert.strictEqual(sold.value, "report 1")
          assert.strictEqual((yield* onlyEntry(shop)).state, "settled")
        })
      )
    )
  }

  for (const fault of ["hang", "stuck", "die", "throw", "interrupt", "untyped", "unsure"] as const) {
    it.effect(`that did not happen (${fault}) is found by looking up, and charges nothing`, () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          shop.bank.faults.set("settle", fault)
          assert.deepEqual(yield* settle(shop), ["provider_unavailable", "no", 503])
          yield* givenBack(shop)
        })
      )
    )

    it.effect(`that may have happened (${fault}) is unknown and withheld until the provider can say`, () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          shop.bank.faults.set("settle", fault)
          shop.bank.faults.always("lookup", fault === "unsure" ? "busy" : fault)
          const [code, moved, status] = yield* settle(shop)
          assert.deepEqual([code, moved, status], ["outcome_unknown", "unknown", 503])
          assert.strictEqual((yield* onlyEntry(shop)).state, "unknown")
          assert.deepEqual(yield* settle(shop), [code, moved, status])
          assert.strictEqual(shop.state.runs, 1)
          shop.bank.faults.set("lookup")
          assert.deepEqual(yield* settle(shop), ["provider_unavailable", "no", 503])
          yield* givenBack(shop)
        })
      )
    )
  }

  for (const [retryPause, millis] of [
    [undefined, 1_400],
    ["1 second", 7_000]
  ] as const) {
    it.effect(`that nobody knows of is asked for three times more, later and later, for ${millis} ms in all`, () =>
      inShop(retryPause === undefined ? {} : { retryPause }, (shop) =>
        Effect.gen(function* () {
          shop.bank.faults.set("settle", "unsure")
          shop.bank.faults.always("lookup", "busy")
          const sale = saleOf(Voucher.mint(budget), { key: "k" })
          const selling = yield* Effect.forkChild(Effect.exit(shop.sell(sale)), { startImmediately: true })
          yield* TestClock.adjust(millis - 1)
          assert.isUndefined(selling.pollUnsafe())
          yield* TestClock.adjust(1)
          assert.isDefined(selling.pollUnsafe())
          yield* inTime(Fiber.join(selling))
        })
      )
    )
  }

  it.effect("that is unknown is served under the same key once the provider says that it went through", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.faults.set("settle", "late")
        shop.bank.faults.always("lookup", "hang")
        assert.deepEqual(yield* settle(shop), ["outcome_unknown", "unknown", 503])
        shop.bank.faults.set("lookup")
        const sold = yield* shop.sell(saleOf(Voucher.mint(budget), { key: "k" }))
        assert.deepEqual([sold.value, sold.replayed], ["report 1", true])
        assert.deepEqual(sold.receipt, [...shop.bank.movements.values()][0])
        assert.strictEqual((yield* onlyEntry(shop)).state, "settled")
        assert.strictEqual(shop.state.runs, 1)
      })
    )
  )

  for (const fault of ["other-charge", "other-money", "garbage", "nothing", "half"] as const) {
    it.effect(`whose receipt is for something else (${fault}) is unknown and withheld`, () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          shop.bank.faults.set("settle", fault)
          assert.deepEqual(yield* settle(shop), ["outcome_unknown", "unknown", 503])
          assert.strictEqual((yield* onlyEntry(shop)).state, "unknown")
          // The same from lookup changes nothing.
          shop.bank.faults.always("lookup", fault)
          assert.deepEqual(yield* settle(shop), ["outcome_unknown", "unknown", 503])
        })
      )
    )
  }
})

describe("a plug-in that breaks its contract", () => {
  const faults: ReadonlyArray<Fault> = ["die", "throw", "interrupt", "untyped", "garbage", "hang", "stuck", "late"]
  for (const step of ["validate", "verify"] as const satisfies ReadonlyArray<Step>) {
    for (const fault of faults) {
      it.effect(`in ${step} (${fault}) is a typed error, and nothing moves or stays claimed`, () =>
        inShop({}, (shop) =>
          Effect.gen(function* () {
            shop.bank.faults.set(step, fault)
            const asked = shop.sell(saleOf(Voucher.mint(budget), { key: "k" }))
            const [code, moved] = yield* inTime(verdict(asked))
            assert.include(["protocol_defect", "provider_unavailable"], code)
            assert.strictEqual(moved, "no")
            assert.strictEqual(shop.state.runs, 0)
            // What a verify held that failed it gives back itself; this bank cannot.
            shop.bank.holds.clear()
            const sold = yield* shop.sell(saleOf(Voucher.mint(budget), { key: "k" }))
            assert.isFalse(sold.replayed)
          })
        )
      )
    }
  }

  it.effect("and does not answer in time is not left running", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.faults.set("verify", "hang")
        yield* inTime(verdict(shop.sell(saleOf(Voucher.mint()))))
        assert.strictEqual(shop.bank.faults.state.interrupted, 1)
      })
    )
  )

  it.effect("and does not answer before its caller goes away is not left running", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.faults.set("validate", "hang")
        const fiber = yield* Effect.forkChild(shop.sell(saleOf(Voucher.mint())), { startImmediately: true })
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(shop.bank.faults.state.interrupted, 1)
        assert.deepEqual(yield* shop.entries, [])
      })
    )
  )

  for (const fault of ["throw", "garbage"] as const) {
    it.effect(`in detect (${fault}) is a typed error`, () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          shop.bank.faults.set("detect", fault)
          assert.deepEqual(yield* verdict(shop.sell(saleOf(Voucher.mint()))), ["protocol_defect", "no", 500])
        })
      )
    )
  }

  for (const fault of ["decline", "hang", "stuck", "die", "throw", "untyped"] as const) {
    it.effect(`in release (${fault}) does not hide what the handler said, and frees the key`, () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          shop.bank.faults.set("release", fault)
          const sale = saleOf(Voucher.mint(budget), { key: "k" })
          const failure = yield* inTime(Effect.flip(shop.sell(sale, () => Effect.fail("sad" as const))))
          assert.strictEqual(failure, "sad")
          assert.strictEqual((yield* onlyEntry(shop)).state, "released")
          shop.bank.holds.clear()
        })
      )
    )
  }

  it.effect("does not hold up a caller who goes away for longer than a call may take", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.faults.set("verify", "stuck")
        const fiber = yield* Effect.forkChild(shop.sell(saleOf(Voucher.mint())), { startImmediately: true })
        const gone = yield* Effect.forkChild(Fiber.interrupt(fiber), { startImmediately: true })
        yield* TestClock.adjust("11 seconds")
        assert.isDefined(gone.pollUnsafe())
        const exit = yield* Fiber.await(fiber)
        assert.isTrue(Exit.isFailure(exit) && Cause.hasInterrupts(exit.cause))
        assert.strictEqual((yield* onlyEntry(shop)).state, "declined")
      })
    )
  )
})
