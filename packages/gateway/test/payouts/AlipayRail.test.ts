/** A developer is paid out of the trades of the developer's tools: each part once, each trade at most its share, what is refused stays owed. */
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import type { Name } from "@paylayer/alipay-sandbox/Fault"
import { assert, it } from "@effect/vitest"
import { Ledger } from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Accrual from "@paylayer/gateway/Accrual"
import { RailError } from "@paylayer/gateway/PayoutRail"
import * as AlipayRail from "@paylayer/gateway/AlipayRail"
import * as Book from "@paylayer/gateway/Book"
import * as Bookkeeper from "@paylayer/gateway/Bookkeeper"
import type { Developer } from "@paylayer/gateway/Developer"
import * as GatewayStore from "@paylayer/gateway/GatewayStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { drive } from "../../../alipay-sandbox/test/trust/drive.ts"
import * as Trust from "../../../alipay-sandbox/test/trust/world.ts"
import { file, sqlite } from "../stores.ts"
import { developer, gateway, owed } from "./payoutWorld.ts"

const Settle = "alipay.trade.order.settle"

const ann = developer("ann", {
  payout: { rail: "alipay", account: { type: "ALIPAY_USER_ID", account: "2088000000000009" } },
  currencies: ["CNY"],
  threshold: {}
})

const store = Layer.unwrap(Effect.map(file, (filename) => Layer.provideMerge(GatewayStore.layer(), sqlite(filename))))

/** Ann's share is nine tenths. */
const books = Bookkeeper.layer({
  developerOf: () => "ann",
  takeRate: () => ({ freeOperations: 0n, tiers: [{ rate: "0.1" }] }),
  every: "1000 days"
}).pipe(
  Layer.provideMerge(Layer.mergeAll(Book.layer, Accrual.layer)),
  Layer.provideMerge(Layer.merge(store, LedgerMemory.layerSilent))
)

/** A call of Ann's tool that was paid through Alipay, as ledger and book know it. */
const sell = Effect.fnUntraced(function* (amount = "15.00", currency: "CNY" | "USD" = "CNY") {
  const ledger = yield* Ledger
  const token = yield* Trust.issue({ currency })
  const asked = { ...Trust.charge(amount, currency), tool: "search" }
  yield* ledger.open({
    charge: asked,
    protocol: "alipay-trust",
    payer: "agent",
    key: `key of ${asked.id}`,
    request: "request",
    reservations: []
  })
  const receipt = yield* Trust.settle(yield* Trust.verify(token.token, asked), asked)
  yield* ledger.advance(asked.id, { to: "authorized" }, { to: "delivered" }, { to: "settling" })
  yield* ledger.advance(asked.id, { to: "settled", receipt })
  yield* Bookkeeper.Bookkeeper.use(({ catchUp }) => catchUp)
})

const hired = (developers: ReadonlyArray<Developer> = [ann], options: AlipayRail.Options = {}) =>
  Effect.gen(function* () {
    const rail = yield* AlipayRail.make(yield* Ledger, options)
    return yield* gateway([rail], { developers: Effect.succeed(developers) })
  })

/** What reached receivers, in fen. */
const reached = AlipaySandbox.use((sandbox) =>
  Effect.map(sandbox.royalties, (all) => all.map(({ amount }) => BigInt(amount.replace(".", ""))))
)
const sum = (all: ReadonlyArray<bigint>) => all.reduce((total, one) => total + one, 0n)

const audit = Book.Book.use((book) => book.audit)

const world = <A, E, R extends Layer.Success<typeof Trust.world> | Layer.Success<typeof books>>(
  effect: Effect.Effect<A, E, R>
) => Trust.inWorld(Effect.provide(effect, books))

const settled = "45 seconds"

it.effect("a payout takes the share of each trade, half a minute after it was paid, and each once", () =>
  world(
    Effect.gen(function* () {
      const { payouts } = yield* hired()
      yield* sell("15.00")
      yield* sell("7.01")
      const early = yield* Effect.flip(payouts.create("ann", "CNY"))
      assert.strictEqual(early._tag === "PayoutError" ? early.reason : "", "nothing")
      yield* TestClock.adjust(settled)
      yield* sell("99.00")
      const made = yield* payouts.create("ann", "CNY")
      assert.deepStrictEqual([made.state, made.money.minor, made.paid], ["paid", 1_981n, 1_981n])
      assert.deepStrictEqual(
        made.parts.map(({ money, number }) => [money.minor, number.replace(made.id, "")]),
        [
          [1_350n, "_1"],
          [631n, "_2"]
        ]
      )
      assert.deepStrictEqual(yield* reached, [1_350n, 631n])
      assert.strictEqual(yield* owed("ann", "CNY"), 8_910n)
      yield* TestClock.adjust(settled)
      assert.strictEqual((yield* payouts.create("ann", "CNY")).paid, 8_910n)
      assert.strictEqual(sum(yield* reached), 10_891n)
      assert.deepStrictEqual(yield* audit, [])
    })
  )
)

it.effect("a threshold asks what is owed, not what one payout can be made of", () =>
  world(
    Effect.gen(function* () {
      const { payouts } = yield* hired([{ ...ann, schedule: "daily", threshold: { CNY: 1_000n } }], { trades: 1 })
      yield* payouts.run
      yield* sell("6.00")
      yield* sell("6.00")
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(
        (yield* payouts.run).map(({ paid, state }) => [state, paid]),
        [["paid", 540n]]
      )
      // What is left is below it, and waits.
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* payouts.run, [])
      assert.strictEqual(yield* owed("ann", "CNY"), 540n)
    })
  )
)

it.effect("a rail that cannot say now what to pay of is asked again on the same day", () =>
  world(
    Effect.gen(function* () {
      const rail = yield* AlipayRail.make(yield* Ledger)
      const broken = new RailError({ reason: "later", moved: "no", message: "the ledger could not be read" })
      let down = true
      const plan: typeof rail.plan = (...asked) => (down ? Effect.fail(broken) : rail.plan(...asked))
      const developers = Effect.succeed([{ ...ann, schedule: "daily" as const }])
      const { payouts } = yield* gateway([{ ...rail, plan }], { developers })
      yield* payouts.run
      yield* sell("6.00")
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* payouts.run, [])
      down = false
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(
        (yield* payouts.run).map(({ paid }) => paid),
        [540n]
      )
      assert.deepStrictEqual(yield* payouts.run, [])
    })
  )
)

it.effect("no more of a trade is taken than the contract allows, and what is left waits", () =>
  world(
    Effect.gen(function* () {
      const { payouts } = yield* hired([ann], { percent: 30n })
      yield* sell("10.01")
      yield* TestClock.adjust(settled)
      assert.strictEqual((yield* payouts.create("ann", "CNY")).paid, 300n)
      assert.strictEqual(yield* owed("ann", "CNY"), 601n)
      const again = yield* Effect.flip(payouts.create("ann", "CNY"))
      assert.strictEqual(again._tag === "PayoutError" ? again.reason : "", "nothing")
    })
  )
)

for (const fault of [
  "hang",
  "hang-after-commit",
  "reset-after-commit",
  "http-500",
  "unknown-after-commit",
  "forged",
  "slow",
  "rate-limited"
] satisfies ReadonlyArray<Name>) {
  it.effect(`a part that meets ${fault} is paid once, and the others do not wait for it`, () =>
    world(
      Effect.gen(function* () {
        const { payouts } = yield* hired()
        for (const amount of ["15.00", "8.00", "4.00"]) yield* sell(amount)
        yield* TestClock.adjust(settled)
        yield* Trust.fault({ fault, method: Settle })
        const made = yield* drive(payouts.create("ann", "CNY"))
        assert.strictEqual(yield* owed("ann", "CNY"), 0n)
        assert.include(["paid", "unknown", "claimed"], made.state)
        assert.isAtLeast(made.parts.filter(({ state }) => state === "paid").length, 2)
        yield* TestClock.adjust("11 minutes")
        const [after = made] = yield* drive(payouts.run)
        assert.deepStrictEqual([after.id, after.state, after.paid], [made.id, "paid", 2_430n])
        assert.deepStrictEqual((yield* reached).toSorted(), [1_350n, 360n, 720n])
        assert.deepStrictEqual(yield* audit, [])
      })
    )
  )
}

it.effect("a part that is refused stays owed, is tried again, and left alone after three times", () =>
  world(
    Effect.gen(function* () {
      const { payouts } = yield* hired()
      yield* sell("15.00")
      yield* sell("8.00")
      yield* TestClock.adjust(settled)
      yield* Trust.fault({ fault: "declined", method: Settle })
      const made = yield* payouts.create("ann", "CNY")
      assert.deepStrictEqual([made.state, made.paid, made.returned], ["paid", 720n, 1_350n])
      assert.strictEqual(yield* owed("ann", "CNY"), 1_350n)
      for (let again = 0; again < 2; again++) {
        yield* Trust.fault({ fault: "declined", method: Settle })
        assert.strictEqual((yield* payouts.create("ann", "CNY")).state, "failed")
      }
      const none = yield* Effect.flip(payouts.create("ann", "CNY"))
      assert.strictEqual(none._tag === "PayoutError" ? none.reason : "", "nothing")
      assert.deepStrictEqual([yield* owed("ann", "CNY"), yield* reached], [1_350n, [720n]])
      assert.deepStrictEqual(yield* audit, [])
    })
  )
)

it.effect("a gateway that dies between any two parts pays each once", () =>
  Effect.forEach([2, 3, 4, 5, 6, 7], (step) =>
    world(
      Effect.gen(function* () {
        for (const amount of ["15.00", "8.00"]) yield* sell(amount)
        yield* TestClock.adjust(settled)
        const first = yield* hired()
        first.dieAt(step, step % 2 === 0 ? "before" : "after")
        yield* Effect.exit(first.payouts.create("ann", "CNY"))
        assert.isTrue(first.isDead())
        yield* TestClock.adjust("11 minutes")
        const { payouts } = yield* hired()
        yield* payouts.run
        const [after] = yield* payouts.list({ limit: 1 })
        assert.deepStrictEqual([after?.state, after?.paid], ["paid", 2_070n])
        assert.deepStrictEqual(yield* reached, [1_350n, 720n])
        assert.strictEqual(yield* owed("ann", "CNY"), 0n)
        assert.deepStrictEqual(yield* audit, [])
      })
    )
  )
)

it.effect("only CNY is settled, and only to an account that settlement knows", () =>
  world(
    Effect.gen(function* () {
      const account = { type: "ALIPAY_OPEN_ID", account: "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5" } as const
      const { payouts } = yield* hired([{ ...ann, currencies: ["CNY", "USD"], payout: { rail: "alipay", account } }])
      yield* sell("15.00", "USD")
      yield* sell("15.00")
      yield* TestClock.adjust(settled)
      const dollars = yield* Effect.flip(payouts.create("ann", "USD"))
      assert.strictEqual(dollars._tag === "PayoutError" ? dollars.reason : "", "currency")
      const made = yield* payouts.create("ann", "CNY")
      assert.deepStrictEqual([made.state, made.returned, yield* reached], ["failed", 1_350n, []])
    })
  )
)
