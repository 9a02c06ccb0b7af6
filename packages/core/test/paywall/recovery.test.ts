import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import { Paywall } from "@paylayer/core/Paywall"
import * as PaidRequest from "@paylayer/core/PaidRequest"
import * as Recovery from "@paylayer/core/Recovery"
import type { Sale } from "@paylayer/core/Sale"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Ticket from "../protocols/Ticket.ts"
import * as Voucher from "../protocols/Voucher.ts"
import { inShop, inTime, onlyEntry, price, saleOf, type Shop, verdict } from "../shop.ts"

type OfShop = (shop: Shop) => Sale<string>
const withKey = saleOf(Voucher.mint(), { key: "k" })
const voucher: OfShop = () => withKey
const ticket: OfShop = ({ office }) => {
  const binding = PaidRequest.binding(saleOf({}).request, "merchant")
  return saleOf(Ticket.buy(office, { binding, money: price[0] }))
}

/** A process that dies at its k-th write to the ledger, before or after it is made. The ledger sees the host go. */
const dying = Effect.fnUntraced(function* (shop: Shop, when: "before" | "after", k: number) {
  const scope = yield* Scope.fork(yield* Scope.Scope)
  const host = yield* Effect.provideService(LedgerMemory.host(shop.store), Scope.Scope, scope)
  const state = { writes: 0, dead: false }
  const die = Effect.andThen(
    Effect.sync(() => {
      state.dead = true
    }),
    Effect.never
  )
  const write = <A, E>(call: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      if (state.dead) return Effect.never
      if ((state.writes += 1) !== k) return call
      return when === "before" ? die : Effect.andThen(call, die)
    })
  const process = yield* shop.processOver({
    ...host,
    open: (opening) => write(host.open(opening)),
    advance: (id, ...steps) => write(host.advance(id, ...steps)),
    claimRefund: (id, claim) => write(host.claimRefund(id, claim)),
    advanceRefund: (id, refundId, step) => write(host.advanceRefund(id, refundId, step)),
    adopt: (id) => write(host.adopt(id))
  })
  return { ...process, state, end: Scope.close(scope, Exit.void) }
})

/** Sells in a process that dies at each of its writes in turn, each time in a new shop. */
const atEveryWrite = (
  sale: OfShop,
  when: "before" | "after",
  after: (shop: Shop) => Effect.Effect<void, unknown, Scope.Scope>
) =>
  Effect.gen(function* () {
    for (let k = 1; ; k++) {
      const died = yield* inShop({}, (shop) =>
        Effect.gen(function* () {
          const process = yield* dying(shop, when, k)
          yield* Effect.forkScoped(Effect.exit(process.sell(sale(shop))), { startImmediately: true })
          yield* TestClock.adjust("5 minutes")
          yield* process.end
          if (process.state.dead) yield* after(shop)
          return process.state.dead
        })
      )
      if (!died) return assert.isAtLeast(k, 4)
    }
  })

/** Nothing is open, nothing is held for what is void, and what moved is settled. */
const isAtRest = (shop: Shop) =>
  Effect.gen(function* () {
    const entries = yield* shop.entries
    for (const { state } of entries) assert.isFalse(Ledger.isOpen(state) || state === "unknown", state)
    const settled = entries.filter(({ state }) => state === "settled").map(({ charge }) => charge.id)
    assert.sameMembers([...shop.bank.movements.keys(), ...shop.office.movements.keys()], settled)
    assert.deepEqual(yield* shop.ledger.audit, [])
  })

describe.each(["before", "after"] as const)("a process that dies %s any of its writes to the ledger", (when) => {
  for (const [name, sale] of [
    ["authorize-then-settle", voucher],
    ["prepaid-then-confirm", ticket]
  ] as const) {
    it.effect(`leaves nothing open after a recovery by another (${name})`, () =>
      atEveryWrite(sale, when, (shop) =>
        Effect.gen(function* () {
          const { settled, released, unresolved } = yield* inTime(shop.paywall.recover())
          assert.deepEqual(unresolved, [])
          assert.isAtMost(settled + released, 1)
          yield* isAtRest(shop)
        })
      )
    )

    it.effect(`keeps no repetition from its answer, and is charged once (${name})`, () =>
      atEveryWrite(sale, when, (shop) =>
        Effect.gen(function* () {
          const sold = yield* inTime(shop.sell(sale(shop)))
          assert.match(sold.value, /^report/)
          assert.strictEqual(shop.bank.movements.size + shop.office.movements.size, 1)
          yield* isAtRest(shop)
        })
      )
    )

    it.effect(`is recovered once by two hosts at once (${name})`, () =>
      atEveryWrite(sale, when, (shop) =>
        Effect.gen(function* () {
          const others = yield* Effect.forEach([1, 2], () =>
            Effect.flatMap(LedgerMemory.host(shop.store), shop.processOver)
          )
          yield* inTime(Effect.forEach(others, ({ paywall }) => paywall.recover(), { concurrency: "unbounded" }))
          for (const { journal } of yield* shop.entries) {
            assert.isAtMost(journal.filter(({ cause }) => cause === Ledger.adopted).length, 1)
          }
          yield* isAtRest(shop)
        })
      )
    )
  }
})

describe("a charge that nobody can come back for", () => {
  it.effect("is given back, though its answer was made", () =>
    atEveryWrite(
      () => saleOf(Voucher.mint()),
      "after",
      (shop) =>
        Effect.gen(function* () {
          const { charge, journal } = yield* onlyEntry(shop)
          yield* inTime(shop.paywall.recover())
          const { state } = yield* onlyEntry(shop)
          const moved = shop.bank.movements.has(charge.id)
          assert.strictEqual(state, moved ? "settled" : "released", journal.map((line) => line.state).join(", "))
        })
    )
  )
})

/** Sells in a process that is taken for gone in the middle of a slow call, and goes on when another has recovered its charge. */
const outlived = (shop: Shop, step: "verify" | "settle") =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Scope.Scope)
    const host = yield* Effect.provideService(LedgerMemory.host(shop.store), Scope.Scope, scope)
    const process = yield* shop.processOver(host)
    shop.bank.latency = 1_000
    const selling = yield* Effect.forkChild(verdict(process.sell(withKey)), { startImmediately: true })
    yield* TestClock.adjust(step === "verify" ? 500 : 1_500)
    assert.match(shop.bank.calls.at(-1) ?? "", new RegExp(`^${step}`))
    yield* Scope.close(scope, Exit.void)
    shop.bank.latency = 0
    yield* shop.paywall.recover()
    assert.strictEqual((yield* onlyEntry(shop)).state, "released")
    return yield* inTime(Fiber.join(selling))
  })

describe("a host whose charge another took over and gave up", () => {
  it.effect("does not say that the provider declined what was only closed behind its back", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        assert.deepEqual(yield* outlived(shop, "settle"), ["ledger_unavailable", "no", 503])
        assert.match((yield* shop.sell(withKey)).value, /^report/)
      })
    )
  )

  it.effect("says the same of what was not verified yet", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.budgets.set("m-1", 0n)
        assert.deepEqual(yield* outlived(shop, "verify"), ["ledger_unavailable", "no", 503])
        assert.deepEqual(yield* verdict(shop.sell(withKey)), ["budget_exceeded", "no", 402])
      })
    )
  )
})

describe("resolving one charge", () => {
  it.effect("asks the provider about it, at once and alone, and gives it as it is then", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.faults.always("settle", "hang")
        shop.bank.faults.always("lookup", "unsure")
        for (const key of ["a", "b"]) {
          yield* inTime(Effect.exit(shop.sell(saleOf(Voucher.mint(), { key }))))
        }
        shop.bank.faults.set("lookup")
        const [first, second] = yield* shop.entries
        assert.deepEqual([first?.state, second?.state], ["unknown", "unknown"])
        const resolved = yield* inTime(shop.paywall.resolve(first!.charge.id))
        assert.notStrictEqual(resolved?.state, "unknown")
        const after = yield* shop.entries
        assert.deepEqual(after[0], resolved)
        assert.strictEqual(after[1]?.state, "unknown")
        assert.deepEqual(yield* shop.paywall.resolve(first!.charge.id), resolved)
        assert.isUndefined(yield* shop.paywall.resolve("ch_nobody"))
      })
    )
  )
})

describe("recovery", () => {
  it.effect("leaves the charges of a living host alone", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const other = yield* Effect.flatMap(LedgerMemory.host(shop.store), shop.processOver)
        yield* Effect.forkScoped(
          other.sell(withKey, () => Effect.never),
          { startImmediately: true }
        )
        yield* TestClock.adjust("10 seconds")
        assert.deepEqual(yield* shop.paywall.recover(), { settled: 0, released: 0, returned: 0, unresolved: [] })
        assert.strictEqual((yield* onlyEntry(shop)).state, "authorized")
      })
    )
  )

  it.effect("asks about an unknown outcome later and later, and at last only lists it", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.faults.always("settle", "hang")
        shop.bank.faults.always("lookup", "unsure")
        yield* inTime(Effect.exit(shop.sell(withKey)))
        const unknown = Effect.map(onlyEntry(shop), ({ journal }) => journal.filter((line) => line.state === "unknown"))
        const rounds: Array<number> = []
        for (let minute = 0; minute < 120; minute++) {
          const before = (yield* unknown).length
          const { unresolved } = yield* inTime(shop.paywall.recover({ attempts: 6 }))
          assert.strictEqual(unresolved.length, 1)
          if ((yield* unknown).length > before) rounds.push(minute)
          yield* TestClock.adjust("1 minute")
        }
        assert.strictEqual(rounds.length, 5)
        const pauses = rounds.slice(1).map((minute, index) => minute - rounds[index]!)
        assert.deepEqual(
          pauses,
          pauses.toSorted((a, b) => a - b)
        )
        shop.bank.faults.set("lookup")
        yield* TestClock.adjust("5 hours")
        yield* inTime(shop.paywall.recover({ attempts: 7 }))
        assert.strictEqual((yield* onlyEntry(shop)).state, "released")
      })
    )
  )

  it.effect("takes up what a ledger that was down left open in its own host", () => {
    const ledger: { down: boolean } = { down: false }
    const failing = (inner: Ledger.Ledger["Service"]): Ledger.Ledger["Service"] => ({
      ...inner,
      advance: (id, ...steps) =>
        ledger.down ? Effect.fail(new Ledger.LedgerError({ message: "down" })) : inner.advance(id, ...steps)
    })
    return inShop({ ledger: failing }, (shop) =>
      Effect.gen(function* () {
        yield* inTime(Effect.exit(shop.sell(withKey, () => Effect.sync(() => ((ledger.down = true), "report")))))
        ledger.down = false
        assert.strictEqual((yield* onlyEntry(shop)).state, "authorized")
        assert.deepEqual((yield* shop.paywall.recover()).released, 0)
        yield* TestClock.adjust("20 minutes")
        assert.deepEqual((yield* shop.paywall.recover()).released, 1)
        yield* isAtRest(shop)
      })
    )
  })

  it.effect("lists what no protocol here can end, and does not take it over", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const process = yield* dying(shop, "after", 2)
        yield* Effect.forkScoped(Effect.exit(process.sell(withKey)), { startImmediately: true })
        yield* TestClock.adjust("1 minute")
        yield* process.end
        const bare = Paywall.layer([Ticket.Ticket]).pipe(
          Layer.provide(Ticket.Ticket.layer),
          Layer.provide(Layer.succeed(Ticket.TicketOffice, shop.office)),
          Layer.provide(Layer.succeed(Ledger.Ledger, shop.ledger))
        )
        const { unresolved } = yield* Effect.provide(
          Paywall.use((paywall) => paywall.recover()),
          bare
        )
        assert.deepEqual(
          unresolved.map(({ state }) => state),
          ["authorized"]
        )
        assert.notStrictEqual((yield* onlyEntry(shop)).owner, shop.ledger.owner)
        yield* inTime(shop.paywall.recover())
        yield* isAtRest(shop)
      })
    )
  )

  it.effect("runs at start and then on a schedule, and says what is unresolved once", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const lines: Array<string> = []
        const logger = Logger.layer([Logger.make(({ message }) => lines.push(String(message)))])
        shop.bank.faults.always("settle", "hang")
        shop.bank.faults.always("lookup", "unsure")
        yield* inTime(Effect.exit(shop.sell(withKey)))
        yield* TestClock.adjust("1 minute")
        yield* Layer.build(
          Recovery.layer({ every: "10 seconds" }).pipe(
            Layer.provide(Layer.succeed(Paywall, shop.paywall)),
            Layer.provideMerge(logger)
          )
        )
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual(lines.filter((line) => line.includes("unresolved")).length, 1)
        shop.bank.faults.set("lookup")
        yield* TestClock.adjust("1 hour")
        assert.include(lines.join("\n"), "0 charges settled, 1 released")
        yield* isAtRest(shop)
      })
    )
  )
})
