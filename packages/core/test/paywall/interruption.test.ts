import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Ticket from "../protocols/Ticket.ts"
import * as Voucher from "../protocols/Voucher.ts"
import { inShop, inTime, onlyEntry, price, saleOf, type Setup, type Shop } from "../shop.ts"

const budget = { budget: [Money.of("CNY", 1_500n)] }
const sale = saleOf(Voucher.mint(budget), { key: "k" })

/** Runs an effect and interrupts it at the k-th step that it or any of its fibers takes. */
const interruptedAt = <A, E, R>(k: number, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const parent = yield* Scheduler.Scheduler
    const state: { steps: number; target: Fiber.Fiber<A, E> | undefined } = { steps: 0, target: undefined }
    const counting: Scheduler.Scheduler = {
      executionMode: parent.executionMode,
      makeDispatcher: () => parent.makeDispatcher(),
      shouldYield: (fiber) => {
        if (state.target !== undefined && (state.steps += 1) === k) state.target.interruptUnsafe()
        return parent.shouldYield(fiber)
      }
    }
    const fiber = yield* Effect.forkChild(
      Effect.provideService(Effect.andThen(Effect.yieldNow, effect), Scheduler.Scheduler, counting)
    )
    state.target = fiber
    const exit = yield* inTime(Fiber.await(fiber))
    return { exit, reached: state.steps >= k }
  })

/** Interrupts a sale at every step it takes, each time in a new shop; afterwards nobody may be owed anything. */
const atEveryStep = <E>(
  setup: Setup,
  work: (shop: Shop) => Effect.Effect<unknown, E>,
  after: (shop: Shop) => Effect.Effect<void>
) =>
  Effect.gen(function* () {
    for (let k = 1; ; k++) {
      const reached = yield* inShop(setup, (shop) =>
        Effect.gen(function* () {
          const { reached } = yield* interruptedAt(k, work(shop))
          yield* TestClock.adjust("5 minutes")
          yield* after(shop)
          return reached
        })
      )
      if (!reached) {
        assert.isAbove(k, 100)
        break
      }
    }
  })

describe("a sale that is interrupted at any of its steps", () => {
  for (const latency of [0, 10]) {
    it.effect(
      `has moved money exactly if the ledger says settled, and keeps no hold, key or budget otherwise (latency ${latency})`,
      () =>
        atEveryStep(
          {},
          (shop) => {
            shop.bank.latency = latency
            return shop.sell(sale)
          },
          (shop) =>
            Effect.gen(function* () {
              const entries = yield* shop.entries
              for (const { state } of entries) assert.include(["settled", "declined", "released"], state)
              assert.strictEqual(shop.bank.movements.size, entries.filter(({ state }) => state === "settled").length)
              assert.strictEqual(shop.bank.holds.size, 0)
              assert.strictEqual(new Set(shop.bank.releases).size, shop.bank.releases.length)
              // The budget is for one charge: it is there again, or it was spent and this is the answer.
              shop.bank.latency = 0
              yield* Effect.orDie(shop.sell(sale))
              assert.strictEqual(shop.bank.movements.size, 1)
            })
        ),
      60_000
    )
  }

  it.effect(
    "loses no settlement that went unanswered",
    () =>
      atEveryStep(
        { protocolTimeout: "1 second" },
        (shop) => {
          shop.bank.faults.set("settle", "late")
          shop.bank.faults.set("lookup", "hang")
          return shop.sell(sale)
        },
        (shop) =>
          Effect.gen(function* () {
            for (const { state } of yield* shop.entries) assert.include(["settled", "declined", "released"], state)
            assert.strictEqual(shop.bank.holds.size, 0)
            assert.isAtMost(shop.bank.movements.size, 1)
          })
      ),
    60_000
  )

  it.effect(
    "leaves a ticket that was paid for with its right to one delivery",
    () =>
      atEveryStep(
        {},
        (shop) =>
          Effect.flatMap(shop.paywall.offers(saleOf({})), (offers) => {
            const binding = String(offers.find(({ protocol }) => protocol.id === "ticket")?.details["binding"])
            return shop.sell(saleOf(Ticket.buy(shop.office, { binding, money: price[0] })))
          }),
        (shop) =>
          Effect.gen(function* () {
            for (const { state } of yield* shop.entries) assert.include(["settled", "declined", "released"], state)
            assert.strictEqual(
              shop.office.movements.size,
              (yield* shop.entries).filter(({ state }) => state === "settled").length
            )
          })
      ),
    60_000
  )
})

describe("a client that goes away", () => {
  it.effect("while the handler works stops it, under the policy cancel", () =>
    inShop({ disconnect: "cancel" }, (shop) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(
          shop.sell(sale, () => Effect.delay(shop.work, 1_000)),
          { startImmediately: true }
        )
        yield* Fiber.interrupt(fiber)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(shop.state.runs, 0)
        assert.strictEqual((yield* onlyEntry(shop)).state, "released")
      })
    )
  )

  it.effect("while the handler works finds its answer later, under the policy finish", () =>
    inShop({ disconnect: "finish" }, (shop) =>
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(
          shop.sell(sale, () => Effect.delay(shop.work, 1_000)),
          { startImmediately: true }
        )
        yield* Fiber.interrupt(fiber)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* onlyEntry(shop)).state, "settled")
        const sold = yield* shop.sell(sale)
        assert.deepEqual([sold.value, sold.replayed], ["report 1", true])
      })
    )
  )

  for (const disconnect of ["cancel", "finish"] as const) {
    it.effect(`while the money moves changes nothing (${disconnect})`, () =>
      inShop({ disconnect }, (shop) =>
        Effect.gen(function* () {
          shop.bank.latency = 100
          const fiber = yield* Effect.forkChild(shop.sell(sale), { startImmediately: true })
          yield* TestClock.adjust(150)
          assert.strictEqual((yield* onlyEntry(shop)).state, "settling")
          yield* Fiber.interrupt(fiber)
          yield* TestClock.adjust("1 minute")
          assert.strictEqual((yield* onlyEntry(shop)).state, "settled")
        })
      )
    )
  }
})

describe("a paywall that closes", () => {
  it.effect("lets a settlement that has begun end", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.latency = 5_000
        const fiber = yield* Effect.forkChild(shop.sell(sale), { startImmediately: true })
        yield* TestClock.adjust(6_000)
        assert.strictEqual((yield* onlyEntry(shop)).state, "settling")
        yield* inTime(Scope.close(shop.scope, Exit.void))
        assert.strictEqual((yield* Fiber.join(fiber)).value, "report 1")
        assert.strictEqual((yield* onlyEntry(shop)).state, "settled")
      })
    )
  )

  it.effect("gives up on one that does not, which then is nowhere called unpaid", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.faults.set("settle", "late")
        shop.bank.faults.always("lookup", "hang")
        const fiber = yield* Effect.forkChild(Effect.flip(shop.sell(sale)), { startImmediately: true })
        yield* inTime(Scope.close(shop.scope, Exit.void), 30_000)
        const { error } = (yield* Fiber.join(fiber)) as {
          readonly error: { readonly code: string; readonly moved: string }
        }
        assert.deepEqual([error.code, error.moved], ["outcome_unknown", "unknown"])
        assert.strictEqual((yield* onlyEntry(shop)).state, "settling")
      })
    )
  )
})
