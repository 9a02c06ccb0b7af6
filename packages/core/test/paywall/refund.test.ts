import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import type { PaymentError } from "@paylayer/core/PaymentError"
import * as PaidRequest from "@paylayer/core/PaidRequest"
import { Paywall } from "@paylayer/core/Paywall"
import * as Recovery from "@paylayer/core/Recovery"
import * as Refund from "@paylayer/core/Refund"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import type { Fault } from "../protocols/faults.ts"
import * as Ticket from "../protocols/Ticket.ts"
import * as Voucher from "../protocols/Voucher.ts"
import { inShop, inTime, onlyEntry, price, saleOf, type Shop } from "../shop.ts"

const cny = (minor: bigint) => Money.of("CNY", minor)

/** A charge of CNY 15.00 that was settled, and how to give it back. */
const sold = Effect.fnUntraced(function* (shop: Shop) {
  const { receipt } = yield* shop.sell(saleOf(Voucher.mint(), { key: "k" }))
  const chargeId = receipt!.chargeId
  const refund = (refundId: string, minor?: bigint, paywall = shop.paywall) =>
    paywall.refund({ chargeId, refundId, ...(minor === undefined ? {} : { amount: cny(minor) }) })
  const refunds = Effect.map(onlyEntry(shop), (entry) =>
    Refund.of(entry).map(({ cause, id, money, state }) =>
      [id, money.minor, state, ...(cause === undefined ? [] : [cause])].join(" ")
    )
  )
  const back = () => [...shop.bank.refunds.values()].map(({ money }) => money.minor)
  return { back, chargeId, receipt: receipt!, refund, refunds }
})

const verdict = <A, R>(refund: Effect.Effect<A, PaymentError, R>) =>
  Effect.map(Effect.flip(refund), ({ code, moved, status }) => [code, moved, status])

describe("a refund", () => {
  it.effect("gives back what it was told to, and its receipt is evidence of that", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const { back, receipt, refund, refunds } = yield* sold(shop)
        const part = yield* refund("r-1", 500n)
        assert.deepEqual(part, { ...receipt, money: cny(500n), reference: "back-1" })
        assert.deepEqual([back(), yield* refunds], [[500n], ["r-1 500 refunded"]])
        assert.strictEqual((yield* onlyEntry(shop)).state, "settled")
      })
    )
  )

  it.effect("of no amount gives back all that is left; then the charge is refunded, and buys nothing again", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const { back, refund } = yield* sold(shop)
        yield* refund("r-1", 500n)
        assert.deepEqual((yield* refund("r-2")).money, cny(1_000n))
        assert.deepEqual(back(), [500n, 1_000n])
        assert.strictEqual((yield* onlyEntry(shop)).state, "refunded")
        const again = yield* Effect.flip(shop.sell(saleOf(Voucher.mint(), { key: "k" })))
        assert.deepEqual([again.error.code, again.error.moved], ["already_settled", "no"])
        assert.deepEqual(yield* verdict(refund("r-3")), ["refund_refused", "no", 409])
      })
    )
  )

  it.effect("asked for again under its id gets the same answer, and nothing more goes back", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const { back, refund } = yield* sold(shop)
        const first = yield* refund("r-1", 500n)
        assert.deepEqual(yield* refund("r-1", 500n), first)
        assert.deepEqual(yield* refund("r-1"), first)
        assert.deepEqual(yield* verdict(refund("r-1", 501n)), ["idempotency_conflict", "no", 409])
        assert.deepEqual(back(), [500n])
        assert.strictEqual(shop.bank.calls.filter((call) => call.startsWith("refund")).length, 1)
      })
    )
  )

  it.effect(
    "of more than was taken, of nothing, in another currency or under a strange id is refused, and nobody is asked",
    () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          const { chargeId, refund } = yield* sold(shop)
          const refused = ["refund_refused", "no", 409]
          assert.deepEqual(yield* verdict(refund("r-1", 1_501n)), refused)
          assert.deepEqual(yield* verdict(refund("r-1", 0n)), refused)
          const dollars = { chargeId, refundId: "r-1", amount: Money.of("USD", 1n) }
          assert.deepEqual(yield* verdict(shop.paywall.refund(dollars)), refused)
          for (const id of ["", "a b", "é", "x".repeat(65)]) assert.deepEqual(yield* verdict(refund(id, 1n)), refused)
          assert.deepEqual(yield* verdict(shop.paywall.refund({ chargeId: "ch_other", refundId: "r-1" })), [
            "charge_not_found",
            "no",
            404
          ])
          assert.deepEqual(
            shop.bank.calls.filter((call) => call.startsWith("refund")),
            []
          )
          assert.strictEqual((yield* onlyEntry(shop)).journal.at(-1)?.state, "settled")
        })
      )
  )

  it.effect("of a charge that was not settled is refused", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.faults.set("settle", "decline")
        yield* Effect.exit(shop.sell(saleOf(Voucher.mint())))
        const { charge } = yield* onlyEntry(shop)
        const refund = shop.paywall.refund({ chargeId: charge.id, refundId: "r-1" })
        assert.deepEqual(yield* verdict(refund), ["refund_refused", "no", 409])
      })
    )
  )

  it.effect("by a protocol that cannot give back, or is not installed, touches nothing", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const binding = PaidRequest.binding(saleOf({}).request, "merchant")
        const { receipt } = yield* shop.sell(saleOf(Ticket.buy(shop.office, { binding, money: price[0] })))
        const before = yield* shop.entries
        const refund = { chargeId: receipt!.chargeId, refundId: "r-1" }
        assert.deepEqual(yield* verdict(shop.paywall.refund(refund)), ["capability_missing", "no", 501])
        assert.deepEqual(yield* shop.entries, before)
      })
    )
  )

  it.effect("is made by the instance of the charge's merchant", () =>
    Effect.gen(function* () {
      const banks = { hangzhou: Voucher.makeBank(), macau: Voucher.makeBank() }
      const instance = (merchant: keyof typeof banks) =>
        Effect.provideService(Voucher.make(merchant), Voucher.VoucherBank, banks[merchant])
      const context = yield* Layer.build(
        Paywall.layer([instance("hangzhou"), instance("macau")]).pipe(Layer.provide(LedgerMemory.layerSilent))
      )
      const paywall = yield* Effect.provide(Paywall, context)
      const sale = saleOf(Voucher.mint(), { merchant: "macau" })
      const { receipt } = yield* paywall.sell(sale, () => Effect.succeed("done"))
      yield* paywall.refund({ chargeId: receipt!.chargeId, refundId: "r-1" })
      assert.deepEqual([banks.hangzhou.refunds.size, banks.macau.refunds.size], [0, 1])
    })
  )

  it.effect("restores no limit of the host", () =>
    inShop({ limits: [{ per: "host", amount: cny(1_500n), window: "day" }] }, (shop) =>
      Effect.gen(function* () {
        const { refund } = yield* sold(shop)
        yield* refund("r-1")
        const { error } = yield* Effect.flip(shop.sell(saleOf(Voucher.mint())))
        assert.strictEqual(error.code, "spending_limit_reached")
      })
    )
  )

  it.effect("is made once, whoever asks at once, and is not torn in two by one that goes away", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const { back, refund } = yield* sold(shop)
        shop.bank.latency = 1_000
        const other = yield* Effect.flatMap(LedgerMemory.host(shop.store), shop.processOver)
        const asking = yield* Effect.forEach(
          Array.from({ length: 20 }, (_, turn) => turn),
          (turn) =>
            Effect.forkChild(Effect.result(refund("r-1", 500n, turn % 2 === 0 ? shop.paywall : other.paywall)), {
              startImmediately: true
            })
        )
        yield* TestClock.adjust(500)
        yield* Fiber.interrupt(asking[0]!)
        yield* TestClock.adjust(1_000)
        const heard = yield* Effect.forEach(asking.slice(1), Fiber.join)
        for (const result of heard) {
          assert.isTrue(result._tag === "Failure" && result.failure.code === "charge_in_flight")
          assert.isTrue(result._tag === "Failure" && result.failure.moved === "unknown")
        }
        assert.deepEqual(back(), [500n])
        assert.deepEqual((yield* refund("r-1")).money, cny(500n))
      })
    )
  )
})

describe("a provider that", () => {
  const says = (
    fault: Fault,
    said: ReadonlyArray<unknown>,
    recorded: string,
    returned: ReadonlyArray<bigint>,
    then: ReadonlyArray<bigint> = [500n]
  ) =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const { back, refund, refunds } = yield* sold(shop)
        shop.bank.faults.set("refund", fault)
        assert.deepEqual(yield* verdict(inTime(refund("r-1", 500n))), said)
        assert.deepEqual([yield* refunds, back()], [[recorded], returned])
        assert.deepEqual((yield* refund("r-1", 500n)).money, cny(500n))
        assert.deepEqual([yield* refunds, back()], [["r-1 500 refunded"], then])
      })
    )

  for (const [fault, code] of [
    ["hang", "provider_unavailable"],
    ["late", "provider_unavailable"],
    ["unsure", "outcome_unknown"],
    ["lost", "outcome_unknown"],
    ["die", "protocol_defect"],
    ["throw", "protocol_defect"],
    ["untyped", "protocol_defect"],
    ["interrupt", "protocol_defect"],
    ["garbage", "receipt_mismatch"],
    ["other-charge", "receipt_mismatch"],
    ["other-money", "receipt_mismatch"],
    ["nothing", "receipt_mismatch"],
    ["half", "receipt_mismatch"]
  ] as const) {
    const committed = code === "receipt_mismatch" || fault === "late" || fault === "lost"
    it.effect(`is ${fault}: unknown, until the same id is asked for again`, () =>
      says(fault, ["refund_unknown", "unknown", 503], `r-1 500 unknown ${code}`, committed ? [500n] : [])
    )
  }

  it.effect("says no: nothing went back, and the same id may be asked for again", () =>
    says("decline", ["refund_declined", "no", 409], "r-1 500 declined payment_declined", [])
  )

  it.effect("is busy before it did anything: nothing went back, and what was claimed is free", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const { refund } = yield* sold(shop)
        shop.bank.faults.set("refund", "busy")
        assert.deepEqual(yield* verdict(refund("r-1")), ["provider_unavailable", "no", 503])
        yield* refund("r-2")
        assert.deepEqual(yield* verdict(refund("r-1")), ["refund_refused", "no", 409])
      })
    )
  )

  it.effect("does not answer keeps what it may have given back from being given back again", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const { back, refund } = yield* sold(shop)
        shop.bank.faults.set("refund", "late")
        yield* inTime(Effect.exit(refund("r-1", 1_000n)))
        assert.deepEqual(yield* verdict(refund("r-2", 501n)), ["refund_refused", "no", 409])
        yield* refund("r-3", 500n)
        assert.deepEqual(back(), [1_000n, 500n])
      })
    )
  )
})

describe("a ledger that fails", () => {
  const failing =
    (down: { on: "claimRefund" | "advanceRefund" | undefined }) =>
    (inner: Ledger.Ledger["Service"]): Ledger.Ledger["Service"] => {
      const fail = Effect.fail(new Ledger.LedgerError({ message: "down" }))
      return {
        ...inner,
        claimRefund: (id, claim) => (down.on === "claimRefund" ? fail : inner.claimRefund(id, claim)),
        advanceRefund: (id, refundId, step) =>
          down.on === "advanceRefund" ? fail : inner.advanceRefund(id, refundId, step)
      }
    }

  it.effect("before the claim: the provider is not asked", () => {
    const down: Parameters<typeof failing>[0] = { on: "claimRefund" }
    return inShop({ ledger: failing(down) }, (shop) =>
      Effect.gen(function* () {
        const { back, refund } = yield* sold(shop)
        assert.deepEqual(yield* verdict(refund("r-1")), ["ledger_unavailable", "unknown", 503])
        assert.deepEqual(back(), [])
      })
    )
  })

  it.effect("after the provider's word: it says that the money went back, and finds it again", () => {
    const down: Parameters<typeof failing>[0] = { on: "advanceRefund" }
    return inShop({ ledger: failing(down) }, (shop) =>
      Effect.gen(function* () {
        const { back, refund, refunds } = yield* sold(shop)
        assert.deepEqual(yield* verdict(inTime(refund("r-1"))), ["ledger_unavailable", "yes", 503])
        down.on = undefined
        assert.deepEqual(yield* verdict(refund("r-1")), ["charge_in_flight", "unknown", 409])
        yield* TestClock.adjust("5 minutes")
        assert.deepEqual((yield* refund("r-1")).money, cny(1_500n))
        assert.deepEqual([back(), yield* refunds], [[1_500n], ["r-1 1500 refunded"]])
      })
    )
  })
})

/** A process that dies at its k-th write about a refund, before or after it is made. */
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
    claimRefund: (id, claim) => write(host.claimRefund(id, claim)),
    advanceRefund: (id, refundId, step) => write(host.advanceRefund(id, refundId, step))
  })
  return { ...process, state, end: Scope.close(scope, Exit.void) }
})

describe.each(["before", "after"] as const)("a host that dies %s any of its writes about a refund", (when) => {
  for (const fault of [undefined, "unsure", "late", "decline"] as const) {
    it.effect(`leaves what another brings to its end, by itself or when it is asked (${fault ?? "all is well"})`, () =>
      Effect.gen(function* () {
        for (const bring of ["recovery", "repetition"] as const) {
          for (let k = 1; k <= 2; k++) {
            yield* inShop({}, (shop) =>
              Effect.gen(function* () {
                const { back, refund, refunds } = yield* sold(shop)
                const process = yield* dying(shop, when, k)
                if (fault !== undefined) shop.bank.faults.set("refund", fault)
                yield* Effect.forkScoped(Effect.exit(refund("r-1", 500n, process.paywall)), { startImmediately: true })
                yield* TestClock.adjust("5 minutes")
                yield* process.end
                assert.isTrue(process.state.dead)
                shop.bank.faults.set("refund")
                if (bring === "repetition") yield* inTime(refund("r-1", 500n))
                else yield* inTime(shop.paywall.recover())
                const nobodyKnows = bring === "recovery" && when === "before" && k === 1
                const isDeclined = bring === "recovery" && when === "after" && k === 2 && fault === "decline"
                const went = !nobodyKnows && !isDeclined
                assert.deepEqual(back(), went ? [500n] : [])
                assert.deepEqual(
                  yield* refunds,
                  nobodyKnows ? [] : [went ? "r-1 500 refunded" : "r-1 500 declined payment_declined"]
                )
                assert.deepEqual(yield* shop.ledger.audit, [])
              })
            )
          }
        }
      })
    )
  }
})

describe("recovery", () => {
  it.effect("asks for an unknown refund later and later, says so once, and counts what came to its end", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const { refund, refunds } = yield* sold(shop)
        shop.bank.faults.always("refund", "unsure")
        yield* Effect.exit(refund("r-1", 500n))
        const lines: Array<string> = []
        const logger = Logger.layer([Logger.make(({ message }) => lines.push(String(message)))])
        yield* Layer.build(
          Recovery.layer({ every: "10 seconds", attempts: 4 }).pipe(
            Layer.provide(Layer.succeed(Paywall, shop.paywall)),
            Layer.provideMerge(logger)
          )
        )
        yield* TestClock.adjust("1 hour")
        assert.strictEqual(shop.bank.calls.filter((call) => call.startsWith("refund")).length, 0)
        const warned = lines.filter((line) => line.includes("refund r-1 unknown"))
        assert.strictEqual(warned.length, 1)
        assert.deepEqual(yield* refunds, ["r-1 500 unknown outcome_unknown"])
        const { unresolved } = yield* shop.paywall.recover({ attempts: 4 })
        assert.strictEqual(unresolved.length, 1)
        const asked = (yield* onlyEntry(shop)).journal.filter(({ refund }) => refund?.to === "claimed").length
        assert.strictEqual(asked, 4)
        shop.bank.faults.set("refund")
        assert.deepInclude(yield* shop.paywall.recover(), { returned: 1, unresolved: [] })
        assert.deepEqual(yield* refunds, ["r-1 500 refunded"])
      })
    )
  )

  it.effect("leaves alone what a living host is asking for", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const { back, refund } = yield* sold(shop)
        const other = yield* Effect.flatMap(LedgerMemory.host(shop.store), shop.processOver)
        shop.bank.latency = 5_000
        const asking = yield* Effect.forkChild(refund("r-1", 500n, other.paywall), { startImmediately: true })
        yield* TestClock.adjust("1 second")
        assert.deepInclude(yield* shop.paywall.recover(), { returned: 0, unresolved: [] })
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(asking)
        assert.deepEqual(back(), [500n])
      })
    )
  )
})

const unanswered = ["unsure", "late", "lost", "other-money", "die"] as const
const host = fc.nat({ max: 1 })
const step = fc.oneof(
  fc.record({
    do: fc.constant("refund" as const),
    id: fc.nat({ max: 3 }),
    minor: fc.option(fc.bigInt(0n, 900n), { nil: undefined }),
    fault: fc.constantFrom<Fault | undefined>(undefined, "decline", "busy", ...unanswered),
    host
  }),
  fc.record({
    do: fc.constant("recover" as const),
    fault: fc.constantFrom<Fault | undefined>(undefined, ...unanswered),
    host
  }),
  fc.record({ do: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 300 }) })
)

it.effect("whatever happens, ledger and provider agree on what went back, and every answer was true", () =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) =>
      Effect.runPromiseWith(context)(
        Effect.scoped(
          inShop({ protocolTimeout: "1 second" }, (shop) =>
            Effect.gen(function* () {
              const { back, chargeId, refund, refunds } = yield* sold(shop)
              const other = yield* Effect.flatMap(LedgerMemory.host(shop.store), shop.processOver)
              const paywalls = [shop.paywall, other.paywall]
              for (const one of steps) {
                if (one.do === "wait") {
                  yield* TestClock.adjust(one.seconds * 1_000)
                  continue
                }
                if (one.do === "recover") {
                  shop.bank.faults.set("refund", one.fault)
                  yield* inTime(paywalls[one.host]!.recover())
                  continue
                }
                const before = shop.bank.refunds.get(`${chargeId} r-${one.id}`)
                // A provider does not say no to what it has done already.
                const isNo = one.fault === "decline" || one.fault === "busy"
                shop.bank.faults.set("refund", isNo && before !== undefined ? undefined : one.fault)
                const result = yield* inTime(Effect.result(refund(`r-${one.id}`, one.minor, paywalls[one.host])))
                const went = shop.bank.refunds.get(`${chargeId} r-${one.id}`)
                if (result._tag === "Success") assert.deepEqual(went, result.success)
                else if (result.failure.moved === "no") {
                  assert.deepEqual(went, result.failure.code === "idempotency_conflict" ? before : undefined)
                }
              }
              shop.bank.faults.set("refund")
              yield* TestClock.adjust("5 hours")
              yield* inTime(shop.paywall.recover())
              const standing = yield* refunds
              for (const line of standing) assert.match(line, / (?:refunded|declined)\b/)
              assert.strictEqual(standing.filter((line) => line.includes("refunded")).length, back().length)
              assert.deepEqual(yield* shop.ledger.audit, [])
            })
          )
        )
      )
    )
    const details = yield* Effect.promise(() => Promise.resolve(fc.check(property, { numRuns: 60, seed: 11 })))
    assert.isFalse(details.failed, `${String(details.errorInstance)} ${fc.stringify(details.counterexample)}`)
  })
)
