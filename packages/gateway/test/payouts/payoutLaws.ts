// The laws of payouts, on whatever database: `payoutLaws("SQLite", store, { runs })`. Every law has a store of its own.
import { assert, describe, it } from "@effect/vitest"
import * as Book from "@paylayer/gateway/Book"
import { GatewayStore } from "@paylayer/gateway/GatewayStore"
import type { Payout } from "@paylayer/gateway/Payout"
import { type PayoutRail, RailError } from "@paylayer/gateway/PayoutRail"
import * as StripeFault from "@paylayer/gateway/StripeFault"
import { StripeSandbox } from "@paylayer/gateway/StripeSandbox"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as FastCheck from "fast-check"
import { drive, quiet } from "../../../alipay-sandbox/test/trust/drive.ts"
import * as Trades from "../../src/internal/payouts/trades.ts"
import { charge, type Store } from "../bookLaws.ts"
import { ann, bob, earn, type Gateway, gateway, owed, received, saturday, stripeGateway } from "./payoutWorld.ts"
import { config } from "./stripeWorld.ts"

const owners = ["ann", "bob"] as const
const currencies = ["USD", "JPY"] as const

const opened = StripeSandbox.use((sandbox) =>
  Effect.andThen(
    Effect.forEach(owners, (owner) => sandbox.open(`acct_${owner}`)),
    Effect.forEach(currencies, (currency) => sandbox.fund(currency, 1_000_000n))
  )
)

const worldOf = (store: Store) =>
  Layer.mergeAll(Layer.provideMerge(Book.layer, store), config.pipe(Layer.provideMerge(StripeSandbox.layer))).pipe(
    Layer.provideMerge(Layer.effectDiscard(TestClock.setTime(saturday)))
  )

type Services = Layer.Success<ReturnType<typeof worldOf>>

const faults = [
  "hang",
  "hang-after-commit",
  "reset-after-commit",
  "http-500",
  "http-500-after-commit",
  "late",
  "twice",
  "rate-limited"
] as const

const one = <const A extends string>(name: A) => ({ do: FastCheck.constant(name) })
const Owner = FastCheck.constantFrom(...owners)
const CurrencyOf = FastCheck.constantFrom(...currencies)
/** When a machine dies: at which thing that it writes or asks for, and whether that was done. */
const Death = FastCheck.option(
  FastCheck.tuple(FastCheck.integer({ min: 1, max: 12 }), FastCheck.constantFrom("before" as const, "after" as const)),
  { freq: 1 }
)
const Trouble = FastCheck.option(
  FastCheck.record({
    fault: FastCheck.constantFrom(...faults),
    match: FastCheck.constantFrom("create" as const, "create" as const, "read" as const)
  }),
  { freq: 2 }
)

/** What happens between gateways, their store, and Stripe. */
const Step = FastCheck.oneof(
  // Money comes in and goes out at once, where nothing hinders it.
  {
    weight: 6,
    arbitrary: FastCheck.record({
      ...one("pay"),
      owner: Owner,
      currency: CurrencyOf,
      minor: FastCheck.bigInt({ min: 1n, max: 2_000n }),
      by: FastCheck.constantFrom("run" as const, "create" as const),
      machine: FastCheck.nat(1),
      dies: Death,
      trouble: Trouble
    })
  },
  {
    weight: 4,
    arbitrary: FastCheck.record({ ...one("run"), machine: FastCheck.nat(1), dies: Death, trouble: Trouble })
  },
  { weight: 2, arbitrary: FastCheck.record(one("both")) },
  { weight: 4, arbitrary: FastCheck.record({ ...one("pass"), minutes: FastCheck.constantFrom(1, 11, 24 * 60) }) },
  { weight: 1, arbitrary: FastCheck.record({ ...one("close"), owner: Owner }) },
  { weight: 1, arbitrary: FastCheck.record(one("open")) },
  { weight: 1, arbitrary: FastCheck.record(one("drain")) },
  { weight: 2, arbitrary: FastCheck.record({ ...one("reverse"), which: FastCheck.nat(9), part: FastCheck.boolean() }) },
  { weight: 1, arbitrary: FastCheck.record({ ...one("kill"), turns: FastCheck.nat(4) }) },
  { weight: 1, arbitrary: FastCheck.record(one("reconcile")) }
)
type Step = typeof Step extends FastCheck.Arbitrary<infer A> ? A : never

/** Twice in a world: two machines on one store, one Stripe. */
const make = Effect.gen(function* () {
  const machines: [Gateway, Gateway] = [yield* stripeGateway(), yield* stripeGateway()]
  const earned = new Map<string, bigint>()
  const sandbox = yield* StripeSandbox

  /** What a machine does may kill it; another one takes its place. */
  const alive = <A, E>(machine: number, go: (gateway: Gateway) => Effect.Effect<A, E>) =>
    Effect.gen(function* () {
      const gateway = machines[machine]!
      yield* Effect.exit(drive(go(gateway)))
      if (gateway.isDead()) machines[machine] = yield* stripeGateway()
    })

  const act = Effect.fnUntraced(function* (step: Step) {
    switch (step.do) {
      case "pay": {
        const { by, currency, minor, owner } = step
        const key = `${owner} ${currency}`
        earned.set(key, (earned.get(key) ?? 0n) + minor)
        yield* Effect.orDie(earn(owner, currency, minor))
        if (by === "run") yield* TestClock.adjust("1 day")
        if (step.trouble !== null) yield* sandbox.fault(step.trouble)
        if (step.dies !== null) machines[step.machine]!.dieAt(...step.dies)
        return by === "run"
          ? yield* alive(step.machine, ({ payouts }) => payouts.run)
          : yield* alive(step.machine, ({ payouts }) => payouts.create(owner, currency))
      }
      case "run": {
        if (step.trouble !== null) yield* sandbox.fault(step.trouble)
        if (step.dies !== null) machines[step.machine]!.dieAt(...step.dies)
        return yield* alive(step.machine, ({ payouts }) => payouts.run)
      }
      case "both":
        yield* Effect.exit(
          drive(
            Effect.all(
              machines.map(({ payouts }) => payouts.run),
              { concurrency: "unbounded" }
            )
          )
        )
        return yield* Effect.forEach([0, 1], (machine) => alive(machine, () => Effect.void), { discard: true })
      case "pass":
        return yield* TestClock.adjust(`${step.minutes} minutes`)
      case "close":
        return yield* sandbox.close(`acct_${step.owner}`)
      case "open":
        return yield* opened
      case "drain":
        return yield* Effect.forEach(
          currencies,
          (currency) => Effect.flatMap(sandbox.balance(currency), (minor) => sandbox.fund(currency, -minor)),
          { discard: true }
        )
      case "reverse": {
        const left = (yield* sandbox.transfers).filter(({ amount, reversed }) => reversed < amount)
        const transfer = left[step.which % Math.max(left.length, 1)]
        if (transfer === undefined) return
        return yield* Effect.asVoid(sandbox.reverse(transfer.id, step.part ? 1n : undefined))
      }
      case "kill": {
        const fiber = yield* Effect.forkChild(machines[0].payouts.run)
        for (let turn = 0; turn < step.turns; turn++) yield* quiet
        return yield* Fiber.interrupt(fiber)
      }
      case "reconcile":
        return yield* alive(0, ({ payouts }) => payouts.reconcile({ sinceMillis: 0 }))
    }
  })

  const all: Effect.Effect<ReadonlyArray<Payout>> = Effect.suspend(() =>
    Effect.orDie(machines[0].payouts.list({ limit: 1_000 }))
  )

  /** What holds after every step: the book balances, no number moved twice, and nobody got more than what was earned. */
  const always = Effect.gen(function* () {
    assert.deepStrictEqual(yield* Book.Book.use((book) => Effect.orDie(book.audit)), [])
    assert.deepStrictEqual(yield* Effect.orDie(machines[0].payouts.audit), [])
    const transfers = yield* sandbox.transfers
    assert.strictEqual(new Set(transfers.map(({ transferGroup }) => transferGroup)).size, transfers.length)
    for (const owner of owners) {
      for (const currency of currencies) {
        assert.isTrue((yield* received(owner, currency)) <= (earned.get(`${owner} ${currency}`) ?? 0n))
      }
    }
  })

  /** What holds once everything has been looked up: what moved is what was booked, and the rest is owed. */
  const atTheEnd = Effect.gen(function* () {
    yield* sandbox.heal
    yield* opened
    for (let round = 0; round < 3; round++) {
      yield* TestClock.adjust("25 hours")
      yield* alive(0, ({ payouts }) => payouts.run)
    }
    yield* alive(0, ({ payouts }) => payouts.reconcile({ sinceMillis: 0 }))
    yield* always
    const payouts = yield* all
    const transfers = yield* sandbox.transfers
    for (const { id, money, paid, returned, reversed, state } of payouts) {
      const transfer = transfers.find(({ transferGroup }) => transferGroup === id)
      assert.include(["paid", "failed", "reversed"], state)
      assert.strictEqual(state !== "failed", transfer !== undefined)
      assert.strictEqual(paid, transfer?.amount ?? 0n)
      assert.strictEqual(reversed, transfer?.reversed ?? 0n)
      assert.strictEqual(paid + returned, money.minor)
    }
    assert.strictEqual(payouts.filter(({ state }) => state !== "failed").length, transfers.length)
    for (const owner of owners) {
      for (const currency of currencies) {
        const total = earned.get(`${owner} ${currency}`) ?? 0n
        assert.strictEqual((yield* Effect.orDie(owed(owner, currency))) + (yield* received(owner, currency)), total)
      }
    }
    for (const currency of currencies) {
      const moved = (yield* received("ann", currency)) + (yield* received("bob", currency))
      const booked = yield* Book.Book.use((book) =>
        Effect.orDie(book.balance({ kind: "provider", owner: "stripe", currency }))
      )
      assert.strictEqual(moved, -booked)
    }
  })

  return { machines, act, always, atTheEnd, all }
})

/** Who does what when is decided by the clock, so the store must answer at once: `payoutChoreography("SQLite", store, { runs })`. */
export const payoutChoreography = (
  database: string,
  store: Effect.Effect<Store>,
  { runs }: { readonly runs: number }
) => {
  const within = <A, E>(effect: Effect.Effect<A, E, Services>) =>
    Effect.flatMap(store, (fresh) => Effect.provide(effect, worldOf(fresh)))

  describe(`payouts on ${database}, step by step`, () => {
    it("whatever fails and whoever dies, each is paid once, and what moved is what is booked", () =>
      FastCheck.assert(
        FastCheck.asyncProperty(FastCheck.array(Step, { minLength: 3, maxLength: 12 }), (steps) =>
          Effect.runPromise(
            within(
              Effect.gen(function* () {
                yield* opened
                const world = yield* make
                yield* world.machines[0].payouts.run
                for (const step of steps) {
                  yield* world.act(step)
                  yield* world.always
                }
                yield* world.atTheEnd
              })
            ).pipe(Effect.provide(TestClock.layer()))
          )
        ),
        { numRuns: runs }
      ))

    for (const fault of StripeFault.names) {
      it.effect(`a payout that meets ${fault} is paid once, and set aside until that is known`, () =>
        within(
          Effect.gen(function* () {
            yield* opened
            const sandbox = yield* StripeSandbox
            const { payouts } = yield* stripeGateway()
            yield* earn("ann", "USD", 1_000n)
            yield* sandbox.fault({ fault, match: "create" })
            const made = yield* drive(payouts.create("ann", "USD"))
            assert.include(["paid", "unknown", "claimed"], made.state)
            assert.strictEqual(yield* owed("ann", "USD"), 0n)
            for (let round = 0; round < 2; round++) {
              yield* payouts.run
              yield* TestClock.adjust("11 minutes")
              assert.strictEqual(yield* owed("ann", "USD"), 0n)
            }
            // Stripe keeps what it answered for a key for a day.
            yield* TestClock.adjust("1 day")
            yield* payouts.run
            assert.deepStrictEqual(
              (yield* payouts.list({ limit: 10 })).map(({ id, state }) => [id, state]),
              [[made.id, "paid"]]
            )
            assert.strictEqual(yield* received("ann", "USD"), 1_000n)
          })
        )
      )
    }

    it.effect("what a rail says it did not take up, and did, is found before it is sent again", () =>
      within(
        Effect.gen(function* () {
          let sent = 0
          const rail: PayoutRail = {
            id: "stripe",
            pays: () => true,
            inFlight: Duration.minutes(10),
            plan: (_developer, money) => Effect.succeed([{ money }]),
            send: () => {
              sent += 1
              return Effect.fail(new RailError({ reason: "later", moved: "no", message: "busy" }))
            },
            lookup: () => Effect.succeed({ _tag: "Paid", reference: "tr_1", reversals: [] })
          }
          const { payouts } = yield* gateway([rail])
          yield* earn("ann", "USD", 1_000n)
          assert.strictEqual((yield* payouts.create("ann", "USD")).state, "claimed")
          const [after] = yield* payouts.run
          assert.deepStrictEqual([after?.state, after?.reference, sent], ["paid", "tr_1", 1])
          assert.deepStrictEqual(yield* payouts.audit, [])
        })
      )
    )

    it.effect("an answer that comes when another attempt is under way changes nothing", () =>
      within(
        Effect.gen(function* () {
          let attempts = 0
          const rail: PayoutRail = {
            id: "stripe",
            pays: () => true,
            inFlight: Duration.seconds(1),
            plan: (_developer, money) => Effect.succeed([{ money }]),
            send: () =>
              Effect.suspend(() =>
                (attempts += 1) === 1
                  ? Effect.delay(
                      Effect.fail(new RailError({ reason: "refused", moved: "no", message: "too late" })),
                      "5 seconds"
                    )
                  : Effect.delay(Effect.succeed({ reference: "tr_2" }), "10 seconds")
              ),
            lookup: () => Effect.succeed({ _tag: "NotPaid" })
          }
          const [slow, quick] = yield* Effect.all([gateway([rail]), gateway([rail])])
          yield* earn("ann", "USD", 1_000n)
          const first = yield* Effect.forkChild(slow.payouts.create("ann", "USD"))
          yield* TestClock.adjust("2 seconds")
          const second = yield* Effect.forkChild(quick.payouts.run)
          yield* TestClock.adjust("4 seconds")
          assert.strictEqual((yield* Fiber.join(first)).state, "sending")
          assert.strictEqual(yield* owed("ann", "USD"), 0n)
          yield* TestClock.adjust("10 seconds")
          const [paid] = yield* Fiber.join(second)
          assert.deepStrictEqual([paid?.state, paid?.reference, attempts], ["paid", "tr_2", 2])
        })
      )
    )

    it.effect("a machine that has lost its lease claims nothing any more", () =>
      within(
        Effect.gen(function* () {
          yield* opened
          const sandbox = yield* StripeSandbox
          const [slow, quick] = yield* Effect.all([stripeGateway({ lease: "5 seconds" }), stripeGateway()])
          yield* slow.payouts.run
          yield* earn("ann", "USD", 1_000n)
          yield* sandbox.fault({ fault: "hang-after-commit", match: "create" })
          yield* drive(slow.payouts.create("ann", "USD"))
          yield* earn("ann", "USD", 1_000n)
          yield* TestClock.adjust("1 day")
          // It waits for Stripe's word longer than its lease lasts.
          yield* sandbox.fault({ fault: "hang", match: "read" })
          const waiting = yield* Effect.forkChild(slow.payouts.run)
          yield* quiet
          assert.deepStrictEqual(yield* quick.payouts.run, [])
          yield* TestClock.adjust("6 seconds")
          yield* quick.payouts.reconcile()
          yield* drive(Fiber.join(waiting))
          assert.strictEqual((yield* quick.payouts.list({ limit: 10 })).length, 1)
          yield* quick.payouts.run
          assert.strictEqual(yield* received("ann", "USD"), 2_000n)
        })
      )
    )

    it.effect("a machine that was overtaken while it sent writes nothing any more, and the money has moved once", () =>
      within(
        Effect.gen(function* () {
          yield* opened
          const sandbox = yield* StripeSandbox
          const [slow, quick] = yield* Effect.all([stripeGateway(), stripeGateway()])
          yield* earn("ann", "USD", 1_000n)
          yield* sandbox.fault({ fault: "late", match: "create", delayMillis: 15_000 })
          const sending = yield* Effect.forkChild(Effect.exit(slow.payouts.create("ann", "USD")))
          yield* quiet
          const [seen] = yield* quick.payouts.run
          assert.strictEqual(seen?.state, "unknown")
          yield* drive(Fiber.join(sending))
          const [now] = yield* quick.payouts.list({ limit: 1 })
          assert.strictEqual(now?.state, "paid")
          assert.strictEqual(yield* received("ann", "USD"), 1_000n)
        })
      )
    )
  })
}

/** What holds on every database. */
export const payoutLaws = (database: string, store: Effect.Effect<Store>) => {
  const within = <A, E>(effect: Effect.Effect<A, E, Services>) =>
    Effect.flatMap(store, (fresh) => Effect.provide(effect, worldOf(fresh)))

  describe(`payouts on ${database}`, () => {
    it.effect("a gateway that dies at any step of its run pays once", () =>
      within(
        Effect.gen(function* () {
          yield* opened
          let died = 0
          for (const when of ["before", "after"] as const) {
            for (let step = 1; step <= 8; step++) {
              yield* earn("ann", "USD", 1_000n)
              yield* TestClock.adjust("1 day")
              const world = yield* make
              const [first] = world.machines
              first.dieAt(step, when)
              yield* Effect.exit(first.payouts.run)
              died += first.isDead() ? 1 : 0
              // Its lease runs out, and what it may have sent can act no more.
              yield* TestClock.adjust("11 minutes")
              const next = yield* stripeGateway()
              yield* next.payouts.run
              yield* next.payouts.run
              const paid = yield* received("ann", "USD")
              assert.strictEqual(paid + (yield* owed("ann", "USD")), 1_000n * BigInt(step + (when === "after" ? 8 : 0)))
              if (step > 1 || when === "after") assert.strictEqual(yield* owed("ann", "USD"), 0n)
            }
          }
          // A run of one payout writes and asks seven times: it takes the lease, claims, ends the turn, begins, sends, ends, gives it up.
          assert.isAtLeast(died, 14)
          assert.deepStrictEqual(yield* Book.Book.use((book) => book.audit), [])
        })
      )
    )

    it.effect("a day's payouts are claimed once, also where a machine died before it wrote down that they were", () =>
      within(
        Effect.gen(function* () {
          yield* opened
          yield* Effect.flatMap(stripeGateway(), ({ payouts }) => payouts.run)
          for (let step = 1; step <= 4; step++) {
            yield* earn("ann", "USD", 1_000n)
            yield* TestClock.adjust("1 day")
            const first = yield* stripeGateway()
            first.dieAt(step, "after")
            yield* Effect.exit(first.payouts.run)
            assert.isTrue(first.isDead())
            yield* earn("ann", "USD", 600n)
            yield* TestClock.adjust("11 minutes")
            const { payouts } = yield* stripeGateway()
            yield* payouts.run
            yield* payouts.run
            const [newest, last] = yield* payouts.list({ developer: "ann", limit: 2 })
            assert.notStrictEqual(newest?.due, last?.due)
          }
        })
      )
    )

    it.effect("two machines that run at once pay once between them", () =>
      within(
        Effect.gen(function* () {
          yield* opened
          const [one, two] = yield* Effect.all([stripeGateway(), stripeGateway()])
          yield* one.payouts.run
          yield* earn("ann", "USD", 1_000n)
          yield* TestClock.adjust("1 day")
          const both = yield* Effect.all([one.payouts.run, two.payouts.run], { concurrency: "unbounded" })
          assert.strictEqual(both.flat().length, 1)
          assert.strictEqual(yield* received("ann", "USD"), 1_000n)
        })
      )
    )

    it.effect("what falls due is paid on its day, once, above its threshold, and each currency by itself", () =>
      within(
        Effect.gen(function* () {
          yield* opened
          const { payouts } = yield* stripeGateway()
          assert.deepStrictEqual(yield* payouts.run, [])
          yield* earn("ann", "USD", 499n)
          yield* earn("ann", "JPY", 30n)
          yield* earn("bob", "USD", 800n)
          // Nobody is due before a day begins.
          yield* TestClock.setTime(DateTime.makeUnsafe("2026-11-28T23:59:59Z").epochMilliseconds)
          assert.deepStrictEqual(yield* payouts.run, [])
          yield* TestClock.setTime(DateTime.makeUnsafe("2026-11-29T00:00:00Z").epochMilliseconds)
          const said = (all: ReadonlyArray<Payout>) =>
            all.map(({ developer, due, money }) => `${due} ${developer} ${money.currency} ${money.minor}`).toSorted()
          assert.deepStrictEqual(said(yield* payouts.run), ["2026-11-29 ann JPY 30"])
          yield* earn("ann", "USD", 1n)
          yield* TestClock.adjust("12 hours")
          assert.deepStrictEqual(yield* payouts.run, [])
          yield* TestClock.adjust("12 hours")
          assert.deepStrictEqual(said(yield* payouts.run), ["2026-11-30 ann USD 500", "2026-11-30 bob USD 800"])
          assert.deepStrictEqual(yield* payouts.run, [])
          // A gateway that was down for two days makes up for them once.
          yield* earn("ann", "USD", 600n)
          yield* TestClock.adjust("3 days")
          assert.deepStrictEqual(said(yield* payouts.run), ["2026-12-03 ann USD 600"])
        })
      )
    )

    it.effect("what is refused goes back, and is paid by another payout a day later", () =>
      within(
        Effect.gen(function* () {
          yield* opened
          const sandbox = yield* StripeSandbox
          const { payouts } = yield* stripeGateway()
          yield* payouts.run
          yield* earn("ann", "USD", 700n)
          yield* TestClock.adjust("1 day")
          yield* sandbox.close("acct_ann")
          const [failed] = yield* payouts.run
          assert.deepStrictEqual([failed?.state, failed?.returned], ["failed", 700n])
          assert.match(failed?.cause ?? "", /^insufficient_capabilities_for_transfer: /)
          assert.strictEqual(yield* owed("ann", "USD"), 700n)
          yield* sandbox.open("acct_ann")
          yield* TestClock.adjust("12 hours")
          assert.deepStrictEqual(yield* payouts.run, [])
          yield* TestClock.adjust("12 hours")
          const again = yield* payouts.run
          assert.deepStrictEqual(
            again.map(({ id, state }) => [id === failed?.id, state]),
            [[false, "paid"]]
          )
          assert.strictEqual(yield* owed("ann", "USD"), 0n)
        })
      )
    )

    it.effect("an operator pays at once, below every threshold, what is owed and no more", () =>
      within(
        Effect.gen(function* () {
          yield* opened
          const { payouts } = yield* stripeGateway()
          const refused = (owner: string, currency: "USD" | "CNY") =>
            Effect.map(Effect.flip(payouts.create(owner, currency)), (error) =>
              error._tag === "PayoutError" ? error.reason : error._tag
            )
          assert.strictEqual(yield* refused("ann", "USD"), "nothing")
          assert.strictEqual(yield* refused("ann", "CNY"), "currency")
          assert.strictEqual(yield* refused("zoe", "USD"), "unknown-developer")
          yield* earn("ann", "USD", 3n)
          const attempts = Array.from({ length: 5 }, () => Effect.result(payouts.create("ann", "USD")))
          const made = yield* Effect.all(attempts, { concurrency: "unbounded" })
          assert.strictEqual(made.filter(({ _tag }) => _tag === "Success").length, 1)
          assert.strictEqual(yield* received("ann", "USD"), 3n)
          const [only] = yield* payouts.list({ developer: "ann", state: "paid", limit: 10 })
          assert.deepStrictEqual(
            only?.journal.map(({ state }) => state),
            ["claimed", "sending", "paid"]
          )
          assert.deepStrictEqual(yield* payouts.find(only?.id ?? ""), only)
          assert.deepStrictEqual(yield* payouts.list({ developer: "bob", limit: 10 }), [])
        })
      )
    )

    it.effect("what is taken back is owed again, each reversal once", () =>
      within(
        Effect.gen(function* () {
          yield* opened
          const sandbox = yield* StripeSandbox
          const { payouts } = yield* stripeGateway()
          yield* earn("ann", "USD", 1_000n)
          const { id, reference } = yield* payouts.create("ann", "USD")
          yield* sandbox.reverse(reference ?? "", 300n)
          for (let twice = 0; twice < 2; twice++) {
            const after = yield* payouts.lookup(id)
            assert.deepStrictEqual([after.state, after.reversed], ["paid", 300n])
            assert.strictEqual(yield* owed("ann", "USD"), 300n)
          }
          yield* sandbox.reverse(reference ?? "")
          const [whole] = yield* payouts.reconcile({ sinceMillis: 0 })
          assert.deepStrictEqual([whole?.state, whole?.reversed], ["reversed", 1_000n])
          assert.strictEqual(yield* owed("ann", "USD"), 1_000n)
          assert.deepStrictEqual(yield* Book.Book.use((book) => book.audit), [])
        })
      )
    )

    it.effect("a rail that is not there keeps what was claimed waiting, and nobody without an account is paid", () =>
      within(
        Effect.gen(function* () {
          yield* opened
          const developers = Effect.succeed(
            [{ ...ann, payout: undefined }, bob].map(({ payout, ...rest }) => ({
              ...rest,
              ...(payout !== undefined && { payout })
            }))
          )
          const { payouts } = yield* stripeGateway({ developers })
          const none = yield* stripeGateway({ rails: [] })
          yield* earn("ann", "USD", 1_000n)
          yield* earn("bob", "USD", 1_000n)
          for (const failing of [payouts.create("ann", "USD"), none.payouts.create("bob", "USD")]) {
            const error = yield* Effect.flip(failing)
            assert.strictEqual(error._tag === "PayoutError" ? error.reason : "", "no-destination")
          }
          assert.strictEqual(yield* owed("ann", "USD"), 1_000n)
        })
      )
    )

    it.effect("payouts and book agree, and where somebody tampered with them that is said", () =>
      within(
        Effect.gen(function* () {
          yield* opened
          const { sql, table, write } = yield* GatewayStore
          const { payouts } = yield* stripeGateway()
          yield* earn("ann", "USD", 1_000n)
          const { id } = yield* payouts.create("ann", "USD")
          assert.deepStrictEqual(yield* payouts.audit, [])
          yield* write(sql`UPDATE ${table("payouts")} SET minor = 999`)
          assert.deepStrictEqual(yield* payouts.audit, [`${id} is of 999, its parts come to 1000`])
          yield* write(sql`UPDATE ${table("payout_parts")} SET state = 'unknown'`)
          assert.deepStrictEqual((yield* payouts.audit).slice(1), [
            `${id} has 1000 under way, the book has 0 in transit`,
            `${id} has paid 0, the book says 1000`
          ])
        })
      )
    )

    it.effect("a trade is found with what is owed of it and what is used, while it is neither fresh nor old", () =>
      within(
        Effect.gen(function* () {
          const { sql, table, write } = yield* GatewayStore
          const book = yield* Book.Book
          yield* stripeGateway()
          yield* book.post(charge("ch_1", 1_500n, { fee: 150n }))
          yield* book.post(charge("ch_2", 700n))
          yield* write(
            Effect.forEach(
              ["ch_1", "ch_2"],
              (id) => sql`INSERT INTO ${table("calls")} (id, lines, at, day, tool, developer,
              protocol, payer, agent, principal, currency, minor, returned, latency, outcome, refunds)
              VALUES (${id}, 1, ${BigInt(saturday)}, '2026-11-28', 'search', 'ann', 'alipay-trust', 'agent-1', '', '', 'CNY',
                1500, 0, 1, 'paid', 0)`
            )
          )
          const part = (number: string, state: string, minor: bigint) =>
            write(sql`INSERT INTO ${table("payout_parts")} (number, payout, n, minor, state, charge, attempts, reversed)
              VALUES (${number}, ${number}, 1, ${minor}, ${state}, 'ch_1', 1, 0)`)
          yield* part("po_1", "paid", 300n)
          yield* part("po_2", "unknown", 50n)
          yield* part("po_3", "failed", 1_000n)
          const found = Effect.gen(function* () {
            return yield* Trades.shares(yield* GatewayStore, {
              developer: "ann",
              currency: "CNY",
              protocols: ["alipay-trust", "another"],
              withinMillis: 90_000,
              restedMillis: 30_000,
              refusals: 3,
              count: 10
            })
          })
          assert.deepStrictEqual(yield* found, [])
          yield* TestClock.adjust("30 seconds")
          assert.deepStrictEqual(yield* found, [
            { chargeId: "ch_1", owed: 1_350n, used: 350n },
            { chargeId: "ch_2", owed: 700n, used: 0n }
          ])
          yield* part("po_4", "failed", 1n)
          yield* part("po_5", "failed", 1n)
          assert.deepStrictEqual(yield* found, [{ chargeId: "ch_2", owed: 700n, used: 0n }])
          yield* TestClock.adjust("2 minutes")
          assert.deepStrictEqual(yield* found, [])
        })
      )
    )
  })
}
