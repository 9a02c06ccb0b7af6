import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Money from "@paylayer/core/Money"
import * as Ticket from "../protocols/Ticket.ts"
import { inShop, inTime, onlyEntry, price, refused, saleOf, verdict, type Asked, type Shop } from "../shop.ts"

/** Asks unpaid, pays what is asked, and returns what has to be sent. */
const pay = (shop: Shop, asked: Asked = {}, id?: string) =>
  Effect.map(refused(shop.sell(saleOf({}, asked))), ({ offers }) => {
    const offer = offers.find(({ protocol }) => protocol.id === "ticket")
    return Ticket.buy(shop.office, { binding: String(offer?.details["binding"]), money: price[0] }, id)
  })

const settles = (shop: Shop) => shop.office.calls.filter((call) => call.startsWith("settle")).length

describe("a ticket that was paid for", () => {
  it.effect("buys its request once; a second use gets the first answer", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const ticket = yield* pay(shop)
        const first = yield* shop.sell(saleOf(ticket))
        assert.deepEqual(first.receipt?.money, price[0])
        const second = yield* shop.sell(saleOf(ticket, { key: "whatever" }))
        assert.deepEqual(second, { ...first, replayed: true })
        assert.strictEqual(shop.state.runs, 1)
        assert.strictEqual((yield* onlyEntry(shop)).state, "settled")
      })
    )
  )

  for (const [what, asked] of [
    ["resource", { resource: "/other" }],
    ["method", { method: "PUT" }],
    ["body", { body: `{"amount":9007199254740993}` }],
    ["merchant", { merchant: "other" }],
    ["amount", { price: [Money.of("CNY", 1_501n)] }]
  ] as const) {
    it.effect(`buys nothing on another ${what}`, () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          const ticket = yield* pay(shop, { body: `{"amount":9007199254740992}` })
          assert.deepEqual(yield* verdict(shop.sell(saleOf(ticket, asked))), ["binding_mismatch", "yes", 409])
          assert.strictEqual(shop.state.runs, 0)
        })
      )
    )
  }

  it.effect("buys nothing when nobody paid for it", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const ticket = yield* pay(shop)
        shop.office.paid.clear()
        assert.deepEqual(yield* verdict(shop.sell(saleOf(ticket))), ["credential_revoked", "no", 402])
        assert.strictEqual(shop.state.runs, 0)
      })
    )
  )

  it.effect("still buys its request after the handler failed", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const ticket = yield* pay(shop)
        assert.strictEqual(yield* Effect.flip(shop.sell(saleOf(ticket), () => Effect.fail("sad" as const))), "sad")
        assert.strictEqual(settles(shop), 0)
        assert.strictEqual((yield* shop.sell(saleOf(ticket))).value, "report 1")
      })
    )
  )

  it.effect("is not called unpaid when the office does not answer", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const ticket = yield* pay(shop)
        shop.office.faults.set("verify", "hang")
        assert.deepEqual(yield* inTime(verdict(shop.sell(saleOf(ticket)))), ["provider_unavailable", "unknown", 503])
        assert.strictEqual((yield* shop.sell(saleOf(ticket))).value, "report 1")
      })
    )
  )

  it.effect("runs the handler once for twenty at once", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const ticket = yield* pay(shop)
        const selling = shop.sell(saleOf(ticket), () => Effect.delay(shop.work, 100))
        const exits = yield* inTime(
          Effect.forEach(Array.from({ length: 20 }), () => Effect.exit(selling), { concurrency: "unbounded" })
        )
        assert.strictEqual(exits.filter(Exit.isSuccess).length, 1)
        assert.strictEqual(shop.state.runs, 1)
        assert.strictEqual(shop.office.movements.size, 1)
      })
    )
  )
})

describe("a confirmation that fails", () => {
  it.effect("delivers without a receipt in two seconds, and is made up for in the background", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const ticket = yield* pay(shop)
        shop.office.faults.set("settle", "busy", "hang", "die", "throw")
        const sold = yield* inTime(shop.sell(saleOf(ticket)), 2_000)
        assert.deepEqual([sold.value, sold.receipt], ["report 1", undefined])
        // Meanwhile a repetition gets the answer, and the handler does not run again.
        const again = yield* shop.sell(saleOf(ticket))
        assert.deepEqual([again.value, again.receipt, again.replayed], ["report 1", undefined, true])
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* onlyEntry(shop)).state, "settled")
        assert.deepEqual((yield* shop.sell(saleOf(ticket))).receipt, [...shop.office.movements.values()][0])
        assert.strictEqual(shop.state.runs, 1)
      })
    )
  )

  for (const fault of ["decline", "hang", "die", "lost", "late", "garbage", "interrupt"] as const) {
    it.effect(`again and again (${fault}) is taken up when the request is repeated`, () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          const ticket = yield* pay(shop)
          shop.office.faults.always("settle", fault)
          const sold = yield* inTime(shop.sell(saleOf(ticket)))
          assert.deepEqual([sold.value, sold.receipt], ["report 1", undefined])
          yield* TestClock.adjust("2 minutes")
          assert.strictEqual((yield* onlyEntry(shop)).state, "unknown")
          shop.office.faults.set("settle")
          const sales = Effect.forEach(Array.from({ length: 20 }), () => shop.sell(saleOf(ticket)), {
            concurrency: "unbounded"
          })
          shop.office.latency = 10
          const before = settles(shop)
          for (const again of yield* sales) assert.deepEqual([again.value, again.replayed], ["report 1", true])
          yield* TestClock.adjust("1 minute")
          assert.strictEqual((yield* onlyEntry(shop)).state, "settled")
          assert.isAtMost(settles(shop) - before, 1)
          assert.strictEqual(shop.state.runs, 1)
        })
      )
    )
  }

  it.effect("that was cut off by the end of its process is taken up by the next one", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const ticket = yield* pay(shop)
        shop.office.faults.always("settle", "hang")
        const sold = yield* inTime(shop.sell(saleOf(ticket)))
        assert.deepEqual([sold.value, sold.receipt], ["report 1", undefined])
        yield* inTime(Scope.close(shop.scope, Exit.void))
        assert.strictEqual((yield* onlyEntry(shop)).state, "settling")
        shop.office.faults.set("settle")
        const { sell } = yield* shop.process
        yield* TestClock.adjust("3 minutes")
        const again = yield* sell(saleOf(ticket))
        assert.deepEqual([again.value, again.replayed], ["report 1", true])
        assert.strictEqual((yield* onlyEntry(shop)).state, "settled")
      })
    )
  )

  it.effect("is not torn by a client that goes away", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const ticket = yield* pay(shop)
        shop.office.faults.set("settle", "hang")
        const fiber = yield* Effect.forkChild(shop.sell(saleOf(ticket)), { startImmediately: true })
        yield* Fiber.interrupt(fiber)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* onlyEntry(shop)).state, "settled")
      })
    )
  )
})
