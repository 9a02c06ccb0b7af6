import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as PaidRequest from "@paylayer/core/PaidRequest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { Refusal } from "@paylayer/core/Refusal"
import * as Ticket from "../protocols/Ticket.ts"
import * as Voucher from "../protocols/Voucher.ts"
import { inShop, inTime, price, saleOf, type Setup, type Shop } from "../shop.ts"

/** `before` records nothing, `after` records and loses the reply, `dies` and `hangs` likewise. */
type How = "before" | "after" | "dies" | "hangs" | "hangs after"

const down = new Ledger.LedgerError({ message: "the store is down" })

const spoil =
  (how: How) =>
  <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E | Ledger.LedgerError> => {
    switch (how) {
      case "before":
        return Effect.fail(down)
      case "after":
        return Effect.andThen(call, Effect.fail(down))
      case "dies":
        return Effect.die(new Error("boom"))
      case "hangs":
        return Effect.never
      case "hangs after":
        return Effect.andThen(call, Effect.never)
    }
  }

/** A ledger that fails on the calls from `first` to `last`, counted from 1. */
const failing = (how: How, first: number, last = first) => {
  const state = { calls: 0, over: false }
  const wrap = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E | Ledger.LedgerError> =>
    Effect.suspend(() => (!state.over && (state.calls += 1) >= first && state.calls <= last ? spoil(how)(call) : call))
  const ledger: NonNullable<Setup["ledger"]> = (inner) => ({
    ...inner,
    open: (opening) => wrap(inner.open(opening)),
    advance: (id, ...steps) => wrap(inner.advance(id, ...steps)),
    find: (id) => wrap(inner.find(id)),
    adopt: (id) => wrap(inner.adopt(id))
  })
  return { ledger, state }
}

/** What is said of the money is what the providers know, and nobody is served whose charge is not on the books. */
const isTruthful = (shop: Shop, exit: Exit.Exit<unknown, Refusal>) => {
  if (Exit.isSuccess(exit)) return
  const refusal = Option.getOrUndefined(Exit.findErrorOption(exit))
  assert.instanceOf(refusal, Refusal)
  const { moved, status } = refusal.error
  if (moved === "no") assert.strictEqual(shop.bank.movements.size, 0)
  if (moved === "yes") assert.isAbove(shop.bank.movements.size, 0)
  assert.isAtLeast(status, 500)
}

describe.each(["before", "after", "dies", "hangs", "hangs after"] as const)("a ledger that fails (%s)", (how) => {
  for (const last of ["once", "from then on"] as const) {
    it.effect(`at any step, ${last}, is a typed error that is true about the money`, () =>
      Effect.gen(function* () {
        for (let k = 1; ; k++) {
          const { ledger, state } = failing(how, k, last === "once" ? k : Infinity)
          yield* inShop({ ledger, protocolTimeout: "1 second" }, (shop) =>
            Effect.gen(function* () {
              const exit = yield* inTime(Effect.exit(shop.sell(saleOf(Voucher.mint(), { key: "k" }))))
              isTruthful(shop, exit)
              if (last === "from then on" && state.calls >= k) assert.isTrue(Exit.isFailure(exit))
              // A single failure leaves nothing behind that keeps the key.
              if (last === "once") {
                state.over = true
                const again = yield* Effect.exit(shop.sell(saleOf(Voucher.mint(), { key: "k" })))
                assert.isTrue(Exit.isSuccess(again), `call ${k}: ${String(again)}`)
                assert.strictEqual(shop.bank.movements.size, 1)
              }
              assert.strictEqual(shop.bank.holds.size, 0)
            })
          )
          if (state.calls < k) break
          assert.isBelow(k, 50)
        }
      })
    )
  }
})

it.effect("what an agent has paid for is never called unpaid when the ledger fails", () =>
  Effect.gen(function* () {
    for (let k = 1; ; k++) {
      const { ledger, state } = failing("before", k, Infinity)
      yield* inShop({ ledger }, (shop) =>
        Effect.gen(function* () {
          const [offer] = (yield* shop.paywall.offers(saleOf({}))).filter(({ protocol }) => protocol.id === "ticket")
          const ticket = Ticket.buy(shop.office, { binding: String(offer?.details["binding"]), money: price[0] })
          const exit = yield* inTime(Effect.exit(shop.sell(saleOf(ticket))))
          const failure = Exit.findErrorOption(exit)
          if (failure._tag === "Some") assert.notStrictEqual(failure.value.error.moved, "no")
        })
      )
      if (state.calls < k) break
    }
  })
)

describe("a charge", () => {
  const calls = (sale: (shop: Shop) => ReturnType<typeof saleOf>) =>
    Effect.suspend(() => {
      let count = 0
      const counted = <A, E>(call: Effect.Effect<A, E>) =>
        Effect.suspend(() => {
          count += 1
          return call
        })
      const ledger: NonNullable<Setup["ledger"]> = (inner) => ({
        ...inner,
        open: (opening) => counted(inner.open(opening)),
        advance: (id, ...steps) => counted(inner.advance(id, ...steps)),
        find: (id) => counted(inner.find(id)),
        adopt: (id) => counted(inner.adopt(id)),
        list: (query) => counted(inner.list(query))
      })
      return inShop({ ledger }, (shop) =>
        Effect.gen(function* () {
          yield* shop.sell(sale(shop))
          assert.strictEqual((yield* shop.entries)[0]?.state, "settled")
          return count
        })
      )
    })

  it.effect(
    "costs three calls of the ledger, and a fourth where the provider holds money that a crash must not forget",
    () =>
      Effect.gen(function* () {
        const ticket = yield* calls(({ office }) => {
          const binding = PaidRequest.binding(saleOf({}).request, "merchant")
          return saleOf(Ticket.buy(office, { binding, money: price[0] }))
        })
        assert.strictEqual(ticket, 3)
        assert.strictEqual(yield* calls(() => saleOf(Voucher.mint())), 4)
      })
  )
})
