import { assert, describe, it } from "@effect/vitest"
import * as Digest from "@paylayer/core/Digest"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Voucher from "../protocols/Voucher.ts"
import { inShop, inTime, onlyEntry, refused, saleOf, verdict, type Asked, type Shop } from "../shop.ts"

const headers = Voucher.mint()
const ask = (shop: Shop, asked: Asked = {}) => shop.sell(saleOf(headers, { key: "k", ...asked }))

describe("the same key", () => {
  it.effect("moves money once and gives the answer again, however the body is spelled", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const first = yield* ask(shop, { body: `{"a":1,"b":"é"}` })
        const second = yield* ask(shop, { body: `{ "b": "\\u00e9", "a": 1.0 }` })
        assert.deepEqual(second, { ...first, replayed: true })
        assert.strictEqual(shop.bank.movements.size, 1)
        assert.strictEqual(shop.state.runs, 1)
      })
    )
  )

  it.effect("is known to the protocol by its digest", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        yield* ask(shop)
        yield* shop.sell(saleOf(Voucher.mint()))
        const [keyed, without] = yield* shop.ledger.list()
        assert.strictEqual(keyed?.charge.key, Digest.sha256("k"))
        assert.notProperty(without?.charge, "key")
      })
    )
  )

  it.effect("is a conflict for another body, resource or method", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        yield* ask(shop)
        for (const other of [{ body: `{"a":1}` }, { resource: "/other" }, { method: "PUT" }]) {
          assert.deepEqual(yield* verdict(ask(shop, other)), ["idempotency_conflict", "no", 409])
        }
        assert.strictEqual(shop.bank.movements.size, 1)
        assert.strictEqual(shop.state.runs, 1)
      })
    )
  )

  it.effect("is another one for another payer or merchant", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        yield* ask(shop)
        assert.isFalse((yield* ask(shop, { merchant: "other" })).replayed)
        const sold = yield* shop.sell(saleOf(Voucher.mint({ payer: "payer-2" }), { key: "k" }))
        assert.isFalse(sold.replayed)
      })
    )
  )

  it.effect("in flight is answered 409 with a time to come back", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const sale = saleOf(headers, { key: "k" })
        const fiber = yield* Effect.forkChild(shop.sell(sale, () => Effect.delay(shop.work, "1 minute")))
        yield* TestClock.adjust("1 second")
        const { error } = yield* refused(ask(shop))
        assert.deepEqual([error.code, error.moved, error.status, error.retryAfter], ["charge_in_flight", "no", 409, 1])
        yield* TestClock.adjust("1 minute")
        assert.isFalse((yield* Fiber.join(fiber)).replayed)
        assert.isTrue((yield* ask(shop)).replayed)
      })
    )
  )

  it.effect("gets the receipt where the answer was not kept", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const unkept = {
          keep: {
            encode: () => {
              throw new Error("no")
            },
            decode: String
          }
        }
        for (const [key, asked] of [
          ["nothing", { keep: "nothing" }],
          ["thrown", unkept]
        ] as const) {
          const first = yield* ask(shop, { ...asked, key })
          const { error, receipt } = yield* refused(ask(shop, { ...asked, key }))
          assert.deepEqual([error.code, error.moved, error.status], ["already_settled", "yes", 409])
          assert.deepEqual(receipt, first.receipt)
        }
      })
    )
  )

  it.effect("that cannot come, because no key was sent, leaves no answer in the ledger", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        yield* shop.sell(saleOf(Voucher.mint()))
        yield* shop.sell(saleOf(Voucher.mint(), { key: "k" }))
        const answers = (yield* shop.entries).map(({ answer }) => answer)
        assert.deepStrictEqual(answers, [undefined, "report 2"])
      })
    )
  )

  it.effect("gets the receipt where the kept answer cannot be read any more", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const first = yield* ask(shop)
        const decode = () => {
          throw new Error("no")
        }
        const { error, receipt } = yield* refused(ask(shop, { keep: { encode: String, decode } }))
        assert.strictEqual(error.code, "already_settled")
        assert.deepEqual(receipt, first.receipt)
      })
    )
  )

  it.effect("of a refunded charge buys nothing again", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        yield* ask(shop)
        const { charge } = yield* onlyEntry(shop)
        yield* shop.ledger.advance(charge.id, { to: "refunded" })
        shop.bank.movements.clear()
        assert.deepEqual(yield* verdict(ask(shop)), ["already_settled", "no", 409])
      })
    )
  )

  it.effect("under another mandate of the same payer is another request", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        yield* ask(shop)
        const other = shop.sell(saleOf(Voucher.mint({ id: "m-2" }), { key: "k" }))
        assert.deepEqual(yield* verdict(other), ["idempotency_conflict", "no", 409])
      })
    )
  )

  it.effect("is asked for where a sale needs one, of credentials that may be used many times", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        const needed = { ...saleOf(headers), keyRequired: true }
        assert.deepEqual(yield* verdict(shop.sell(needed)), ["idempotency_key_invalid", "no", 400])
        assert.deepEqual(shop.bank.calls, [])
        yield* shop.sell({ ...saleOf(headers, { key: "k" }), keyRequired: true })
      })
    )
  )

  it.effect("must be one readable key", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        for (const key of ["", "ключ", "k".repeat(256), "a b"]) {
          assert.deepEqual(yield* verdict(ask(shop, { key })), ["idempotency_key_invalid", "no", 400])
        }
        assert.deepEqual(shop.bank.calls, [])
      })
    )
  )

  it.effect("is picked up where a settlement was left behind by a process that is gone", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.faults.set("settle", "late")
        shop.bank.faults.always("lookup", "hang")
        yield* Effect.forkChild(Effect.exit(ask(shop)), { startImmediately: true })
        yield* inTime(Scope.close(shop.scope, Exit.void))
        assert.strictEqual((yield* onlyEntry(shop)).state, "settling")
        shop.bank.faults.set("lookup")
        const { sell } = yield* shop.process
        const again = sell(saleOf(headers, { key: "k" }))
        assert.deepEqual(yield* verdict(again), ["charge_in_flight", "unknown", 409])
        yield* TestClock.adjust("3 minutes")
        const sold = yield* again
        assert.deepEqual([sold.value, sold.replayed], ["report 1", true])
        assert.strictEqual((yield* onlyEntry(shop)).state, "settled")
        assert.strictEqual(shop.state.runs, 1)
      })
    )
  )
})

describe("twenty at once", () => {
  const twenty = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.forEach(Array.from({ length: 20 }), () => Effect.exit(effect), { concurrency: "unbounded" })

  it.effect("with one key run the handler once and move the money once", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.latency = 10
        const exits = yield* inTime(twenty(ask(shop)))
        assert.strictEqual(exits.filter(Exit.isSuccess).length, 1)
        assert.strictEqual(shop.state.runs, 1)
        assert.strictEqual(shop.bank.movements.size, 1)
      })
    )
  )

  for (const known of ["settled", "not settled", "unknown"] as const) {
    it.effect(`after an unknown outcome that is ${known} tell one story and record it once`, () =>
      inShop({}, (shop) =>
        Effect.gen(function* () {
          shop.bank.faults.set("settle", known === "settled" ? "late" : "hang")
          shop.bank.faults.always("lookup", "unsure")
          assert.deepEqual(yield* inTime(verdict(ask(shop))), ["outcome_unknown", "unknown", 503])
          if (known !== "unknown") shop.bank.faults.set("lookup")
          shop.bank.latency = 10
          const outcomes = yield* inTime(
            twenty(
              Effect.matchEffect(ask(shop), { onSuccess: Effect.succeed, onFailure: ({ error }) => Effect.fail(error) })
            )
          )
          const told = outcomes.map((exit) =>
            Exit.isSuccess(exit)
              ? exit.value.value
              : Exit.findErrorOption(exit).pipe((error) => error._tag === "Some" && error.value.code)
          )
          const expected = { settled: "report 1", "not settled": "provider_unavailable", unknown: "outcome_unknown" }
          assert.deepEqual(new Set(told), new Set([expected[known]]))
          const { charge, journal, state } = yield* onlyEntry(shop)
          assert.strictEqual(state, { settled: "settled", "not settled": "released", unknown: "unknown" }[known])
          assert.strictEqual(journal.filter((line) => line.state === state).length, 1)
          assert.deepEqual(shop.bank.releases, known === "not settled" ? [charge.id] : [])
          assert.strictEqual(shop.state.runs, 1)
          shop.bank.holds.clear()
        })
      )
    )
  }

  it.effect("on a budget for seven run the handler seven times and move seven times", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.latency = 10
        const sale = saleOf(Voucher.mint({ budget: [Money.of("CNY", 7n * 1_500n)] }))
        const exits = yield* inTime(twenty(shop.sell(sale)))
        assert.strictEqual(exits.filter(Exit.isSuccess).length, 7)
        assert.strictEqual(shop.state.runs, 7)
        assert.strictEqual(shop.bank.movements.size, 7)
        const [refusal] = exits.filter(Exit.isFailure).map(Exit.findErrorOption)
        assert.isTrue(refusal?._tag === "Some" && refusal.value.error.code === "budget_exceeded")
      })
    )
  )

  it.effect("on seven uses run the handler seven times", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.latency = 10
        yield* inTime(twenty(shop.sell(saleOf(Voucher.mint({ uses: 7 })))))
        assert.strictEqual(shop.state.runs, 7)
        assert.strictEqual(shop.bank.movements.size, 7)
      })
    )
  )

  it.effect("on a budget that only the bank knows run the handler seven times", () =>
    inShop({}, (shop) =>
      Effect.gen(function* () {
        shop.bank.latency = 10
        shop.bank.budgets.set("m-1", 7n * 1_500n)
        yield* inTime(twenty(shop.sell(saleOf(headers))))
        assert.strictEqual(shop.state.runs, 7)
        assert.strictEqual(shop.bank.movements.size, 7)
      })
    )
  )
})
