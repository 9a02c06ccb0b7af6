import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { type Options, Payer } from "../src/Payer.ts"
import { WalletError } from "../src/Wallet.ts"
import { Merchant, origin, payer, problem, Purse, receiptFor, refused } from "./market.ts"

const cny = (minor: bigint) => Money.of("CNY", minor)

/** An agent with one wallet, and the merchant it calls. */
const scene = (protocol: "coin" | "slip" = "coin", options: Partial<Options> = {}) =>
  Effect.gen(function* () {
    const store = yield* LedgerMemory.store
    const merchant = new Merchant()
    merchant.protocols = [protocol]
    const purse = new Purse(protocol)
    const agent = <A, E>(effect: Effect.Effect<A, E, Payer | Ledger.Ledger>) =>
      Effect.provide(effect, payer(store, [purse], options), { local: true })
    const buy = (more = {}) => Payer.use((one) => one.buy(merchant.call(more)))
    const states = () => [...store.entries.values()].map(({ state }) => state)
    const spent = () => [...store.buckets.values()].reduce((sum, { units }) => sum + units, 0n)
    return { agent, buy, merchant, purse, spent, states, store }
  })

const daily = { limits: [{ per: "merchant", amount: cny(300n), window: "day" }] } as const

describe("a call", () => {
  it.effect("that costs nothing is answered, and nothing is recorded", () =>
    Effect.gen(function* () {
      const { agent, buy, states } = yield* scene()
      const send = () => Effect.succeed({ value: "free", outcome: "served" as const })
      assert.deepStrictEqual(yield* agent(buy({ send })), { value: "free" })
      assert.deepStrictEqual(states(), [])
    })
  )

  it.effect("that costs something is paid once, with one key for both requests, and its receipt kept", () =>
    Effect.gen(function* () {
      const { agent, buy, merchant, states } = yield* scene()
      const bought = yield* agent(buy())
      assert.strictEqual(bought.value, "the report")
      assert.deepStrictEqual(bought.receipt, receiptFor(cny(110n)))
      assert.strictEqual(merchant.received.length, 2)
      const [asked, paid] = merchant.received
      assert.strictEqual(asked?.["idempotency-key"], paid?.["idempotency-key"])
      assert.isUndefined(asked?.["x-coin"])
      assert.deepStrictEqual(states(), ["settled"])
    })
  )

  it.effect("made twice on purpose is bought twice", () =>
    Effect.gen(function* () {
      const { agent, buy, merchant, states } = yield* scene()
      yield* agent(Effect.andThen(buy(), buy()))
      const [one, other] = merchant.paid
      assert.notStrictEqual(one?.["idempotency-key"], other?.["idempotency-key"])
      assert.deepStrictEqual(states(), ["settled", "settled"])
    })
  )

  it.effect("of exactly the cap is bought, and one while the same is under way is a call of its own", () =>
    Effect.gen(function* () {
      const { agent, buy, merchant, states } = yield* scene()
      merchant.price = cny(500n)
      merchant.answers = ["hang"]
      yield* agent(
        Effect.gen(function* () {
          const hanging = yield* Effect.forkChild(buy(), { startImmediately: true })
          yield* Effect.yieldNow
          merchant.answers = [{}]
          assert.strictEqual((yield* buy()).value, "the report")
          assert.strictEqual(new Set(merchant.paid.map((headers) => headers["idempotency-key"])).size, 2)
          yield* Fiber.interrupt(hanging)
        })
      )
      assert.deepStrictEqual(states(), ["unknown", "settled"])
    })
  )

  it.effect("whose end was not recorded is taken up by the same process", () =>
    Effect.gen(function* () {
      const { buy, merchant, purse, states, store } = yield* scene("slip")
      let full = true
      const failing = Effect.map(LedgerMemory.host(store), (ledger): Ledger.Ledger["Service"] => ({
        ...ledger,
        advance: (id, ...steps) =>
          full && steps[0].to === "settled"
            ? Effect.fail(new Ledger.LedgerError({ message: "disk full" }))
            : ledger.advance(id, ...steps)
      }))
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* buy()).value, "the report")
        assert.deepStrictEqual(states(), ["settling"])
        full = false
        yield* buy()
      }).pipe(
        Effect.provide(
          Payer.layer([Effect.succeed(purse.wallet)], { perCall: [cny(500n)] }).pipe(
            Layer.provide(Layer.effect(Ledger.Ledger, failing))
          )
        )
      )
      assert.deepStrictEqual([states(), purse.bills.size], [["settled"], 1])
      assert.strictEqual(new Set(merchant.paid.map((headers) => headers["idempotency-key"])).size, 1)
    })
  )

  it.effect(
    "with the caller's key is one purchase, however often it is made; another call under it is a conflict",
    () =>
      Effect.gen(function* () {
        const { agent, buy, merchant, states } = yield* scene()
        yield* agent(
          Effect.gen(function* () {
            const one = yield* buy({ key: "mine" })
            const again = yield* buy({ key: "mine" })
            assert.strictEqual(one.purchase, again.purchase)
            assert.deepStrictEqual(again.receipt, one.receipt)
            const error = yield* Effect.flip(buy({ key: "mine", bodyDigest: "coffee" }))
            assert.deepInclude(error, { reason: "key-conflict", moved: "no" })
          })
        )
        assert.deepStrictEqual([...new Set(merchant.paid.map((headers) => headers["idempotency-key"]))], ["mine"])
        assert.deepStrictEqual(states(), ["settled"])
      })
  )
})

describe("nothing is paid", () => {
  it.effect("above the cap, in a currency without one, for nothing, or where no wallet pays so", () =>
    Effect.gen(function* () {
      const { agent, buy, merchant, purse, states } = yield* scene()
      const refusal = Effect.flip(buy())
      yield* agent(
        Effect.gen(function* () {
          for (const price of [cny(501n), Money.of("USD", 1n), cny(0n)]) {
            merchant.price = price
            const error = yield* refusal
            assert.deepInclude(error, { reason: "above-cap", moved: "no" })
          }
          merchant.price = cny(500n)
          merchant.protocols = ["shell", "bead"]
          const error = yield* refusal
          assert.deepInclude(error, { reason: "no-wallet", moved: "no" })
          assert.match(String(error), /takes shell, bead/)
        })
      )
      assert.deepStrictEqual([purse.presented.length, merchant.paid.length, states()], [0, 0, []])
    })
  )

  it.effect("beyond a merchant's budget, by twenty calls at once: exactly those that fit are bought", () =>
    Effect.gen(function* () {
      const { agent, buy, merchant, spent } = yield* scene("coin", daily)
      const results = yield* agent(
        Effect.all(
          Array.from({ length: 20 }, () => Effect.result(buy())),
          { concurrency: "unbounded" }
        )
      )
      assert.strictEqual(results.filter(({ _tag }) => _tag === "Success").length, 2)
      assert.strictEqual(merchant.paid.length, 2)
      assert.strictEqual(spent(), 220n)
      for (const result of results) {
        if (result._tag === "Failure") assert.deepInclude(result.failure, { reason: "budget-exhausted", moved: "no" })
      }
    })
  )

  it.effect("from one merchant's budget for another, nor from yesterday's", () =>
    Effect.gen(function* () {
      const { agent, buy } = yield* scene("coin", daily)
      yield* agent(
        Effect.gen(function* () {
          yield* buy()
          yield* buy()
          assert.strictEqual((yield* Effect.flip(buy())).toString().includes("budget"), true)
          yield* buy({ merchant: "https://other.example" })
          yield* TestClock.adjust("1 day")
          yield* buy()
        })
      )
    })
  )

  it.effect("where the wallet refuses, and the budget is given back", () =>
    Effect.gen(function* () {
      const { agent, buy, merchant, purse, spent, states } = yield* scene("slip", daily)
      purse.refuses = refused
      const error = yield* agent(Effect.flip(buy()))
      assert.deepInclude(error, { reason: "wallet-refused", moved: "no", message: "the purse is empty" })
      assert.deepStrictEqual([states(), spent(), merchant.paid.length], [["declined"], 0n, 0])
    })
  )

  it.effect("where the ledger does not record it", () =>
    Effect.gen(function* () {
      const { buy, merchant, purse, store } = yield* scene()
      const broken = Effect.map(LedgerMemory.host(store), (ledger) => ({
        ...ledger,
        advance: () => Effect.fail(new Ledger.LedgerError({ message: "disk full" }))
      }))
      const error = yield* Effect.flip(buy()).pipe(
        Effect.provide(
          Payer.layer([Effect.succeed(purse.wallet)], { perCall: [cny(500n)] }).pipe((layer) =>
            Layer.provide(layer, Layer.effect(Ledger.Ledger, broken))
          )
        )
      )
      assert.deepInclude(error, { reason: "ledger-unavailable", moved: "no" })
      assert.strictEqual(merchant.paid.length, 0)
    })
  )
})

describe("what the merchant says decides", () => {
  const refusal = (status: number, code: string, more = {}) => ({
    outcome: status < 500 ? ("caller" as const) : ("merchant" as const),
    problem: problem(status, code, more),
    receipt: undefined as never
  })

  const cases = [
    ["refused, and nothing moved", refusal(402, "budget_exceeded"), "declined", "unknown"],
    ["sold before, with another answer", refusal(409, "already_settled", { moved: "yes" }), "settled", "settled"],
    ["not known", refusal(503, "outcome_unknown", { moved: "unknown" }), "unknown", "unknown"],
    ["the caller's mistake", { outcome: "caller" as const, receipt: undefined as never }, "declined", "unknown"],
    ["broken", { outcome: "merchant" as const, receipt: undefined as never }, "unknown", "unknown"],
    ["served without a receipt", { receipt: undefined as never }, "settled", "settled"],
    ["served, with a receipt for other money", { receipt: receiptFor(cny(999n)) }, "settled", "settled"]
  ] as const

  for (const [what, answer, later, before] of cases) {
    it.effect(`${what}: ${later} where it is paid after, ${before} where it was paid before`, () =>
      Effect.gen(function* () {
        for (const [protocol, state] of [
          ["coin", later],
          ["slip", before]
        ] as const) {
          const { agent, buy, merchant, states } = yield* scene(protocol)
          merchant.answers = [answer]
          const bought = yield* agent(buy())
          assert.strictEqual(bought.value, "the report")
          assert.isUndefined(bought.receipt)
          assert.deepStrictEqual(states(), [state])
        }
      })
    )
  }

  it.effect("an answer that is not ready is asked for again, when the merchant says", () =>
    Effect.gen(function* () {
      const { agent, buy, merchant, states } = yield* scene()
      merchant.answers = [
        refusal(409, "charge_in_flight", { retry: "retryable", retry_after: 7, moved: "unknown" }),
        {}
      ]
      const fiber = yield* Effect.forkChild(agent(buy()))
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual(merchant.paid.length, 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).value, "the report")
      assert.deepStrictEqual(states(), ["settled"])
    })
  )
})

describe("an answer that was lost", () => {
  for (const lost of ["cut", "hang"] as const) {
    it.effect(
      `(${lost}) is asked for again with the same key; then it is unresolved, and the same call pays nothing more`,
      () =>
        Effect.gen(function* () {
          const { agent, buy, merchant, purse, spent, states } = yield* scene("slip", daily)
          merchant.answers = [lost]
          const fiber = yield* Effect.forkChild(agent(Effect.flip(buy())))
          yield* TestClock.adjust("5 minutes")
          const error = yield* Fiber.join(fiber)
          assert.deepInclude(error, { reason: "unresolved", moved: "unknown" })
          assert.strictEqual(merchant.paid.length, 3)
          assert.deepStrictEqual([states(), spent()], [["unknown"], 110n])
          merchant.answers = [{}]
          // Another process of the same agent.
          const bought = yield* agent(buy())
          assert.strictEqual(bought.value, "the report")
          assert.strictEqual(new Set(merchant.paid.map((headers) => headers["idempotency-key"])).size, 1)
          assert.deepStrictEqual([states(), spent(), purse.bills.size], [["settled"], 110n, 1])
        })
    )
  }

  it.effect("by an interruption is unknown, and taken up by the next call, once", () =>
    Effect.gen(function* () {
      const { agent, buy, merchant, states } = yield* scene()
      merchant.answers = ["hang"]
      yield* agent(
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(buy(), { startImmediately: true })
          yield* Effect.yieldNow
          assert.strictEqual(merchant.paid.length, 1)
          yield* Fiber.interrupt(fiber)
          assert.deepStrictEqual(states(), ["unknown"])
          merchant.answers = [{}]
          yield* Effect.all([buy(), buy()], { concurrency: "unbounded" })
        })
      )
      // One of the two took up what was left, the other bought for itself.
      assert.deepStrictEqual(states(), ["settled", "settled"])
      assert.strictEqual(new Set(merchant.paid.map((headers) => headers["idempotency-key"])).size, 2)
    })
  )

  it.effect("by a death of the process is taken up by the next, from whatever step", () =>
    Effect.gen(function* () {
      for (const [at, keys] of [
        ["opened", 2],
        ["settling", 1]
      ] as const) {
        const { agent, buy, merchant, store } = yield* scene()
        merchant.answers = ["hang"]
        // The host is gone, and nobody could close anything.
        const fiber = yield* Effect.forkChild(agent(buy()), { startImmediately: true })
        yield* Effect.yieldNow
        const [entry] = store.entries.values()
        const { authorization, ...bare } = entry!
        const left = at === "opened" ? { ...bare, state: at } : { ...bare, authorization: authorization!, state: at }
        const before = { ...left, journal: entry!.journal.slice(0, at === "opened" ? 1 : undefined) }
        yield* Fiber.interrupt(fiber)
        store.entries.set(entry!.charge.id, before)
        merchant.answers = [{}]
        assert.strictEqual((yield* agent(buy())).value, "the report")
        assert.strictEqual(new Set(merchant.paid.map((headers) => headers["idempotency-key"])).size, keys)
      }
    })
  )

  it.effect("may be closed by a person: paid, or not paid, and then the budget is given back", () =>
    Effect.gen(function* () {
      const { agent, buy, merchant, spent, states } = yield* scene("coin", daily)
      merchant.answers = [{ outcome: "merchant", receipt: undefined as never }]
      yield* agent(
        Effect.gen(function* () {
          const bought = yield* buy()
          const one = yield* Payer
          assert.deepStrictEqual(
            (yield* one.unresolved).map(({ charge }) => charge.id),
            [bought.purchase]
          )
          yield* one.resolve(bought.purchase!, "no")
          assert.deepStrictEqual([states(), spent(), yield* one.unresolved], [["declined"], 0n, []])
          assert.strictEqual((yield* Effect.flip(one.resolve(bought.purchase!, "yes")))._tag, "LedgerError")
        })
      )
    })
  )

  it.effect("by the wallet itself is unresolved too", () =>
    Effect.gen(function* () {
      const { agent, buy, purse, states } = yield* scene("slip")
      purse.refuses = new WalletError({ message: "the bank did not answer", moved: "unknown" })
      const error = yield* agent(Effect.flip(buy()))
      assert.deepInclude(error, { reason: "unresolved", moved: "unknown" })
      assert.deepStrictEqual(states(), ["unknown"])
    })
  )
})

it.effect("the ledger of an agent adds up, and holds no credential", () =>
  Effect.gen(function* () {
    const { agent, buy, store } = yield* scene("slip", daily)
    yield* agent(Effect.andThen(buy(), buy({ merchant: origin, resource: "/other" })))
    const wrong = yield* agent(Ledger.Ledger.use((ledger) => ledger.audit))
    assert.deepStrictEqual(wrong, [])
    const written = JSON.stringify([...store.entries.values()], (_, value) =>
      typeof value === "bigint" ? String(value) : value
    )
    assert.notInclude(written, "secret-coin")
  })
)
