/** Whatever calls, faults and revocations come in whatever order, over one shop or two: what moved is what the ledgers say is settled. */
import { assert, it } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import { Paywall } from "@paylayer/core/Paywall"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as FastCheck from "fast-check"
import { AlipaySandbox, type Token } from "../../src/AlipaySandbox.ts"
import * as Fault from "../../src/Fault.ts"
import type { MethodName } from "../../src/MethodName.ts"
import { drive, quiet } from "./drive.ts"
import { buy, shop } from "./shop.ts"
import { inWorld, issue, moved } from "./world.ts"

type Step =
  | {
      readonly do: "buy"
      readonly shop: number
      readonly token: number
      readonly fen: number
      /** How much of it is taken, in percent. */
      readonly take: number | undefined
      readonly key: number | undefined
      readonly at: number
    }
  | { readonly do: "fault"; readonly fault: Fault.Name; readonly method: MethodName; readonly delay: number }
  | { readonly do: "revoke" | "suspend" | "resume"; readonly token: number }
  | { readonly do: "wait"; readonly seconds: number }

const methods: ReadonlyArray<MethodName> = [
  "alipay.user.agreement.delegation.query",
  "alipay.trade.order.prepay",
  "alipay.trade.agent.delegation.pay",
  "alipay.trade.query",
  "alipay.trade.close"
]

const token = FastCheck.nat(1)
const buying = FastCheck.record({
  do: FastCheck.constant("buy" as const),
  shop: FastCheck.nat(1),
  token,
  fen: FastCheck.integer({ min: 1, max: 900 }),
  take: FastCheck.option(FastCheck.nat(100), { nil: undefined }),
  key: FastCheck.option(FastCheck.nat(2), { nil: undefined }),
  // How many calls go at once.
  at: FastCheck.integer({ min: 1, max: 3 })
})
const step: FastCheck.Arbitrary<Step> = FastCheck.oneof(
  { weight: 6, arbitrary: buying },
  {
    weight: 4,
    arbitrary: FastCheck.record({
      do: FastCheck.constant("fault" as const),
      fault: FastCheck.constantFrom(...Fault.names),
      method: FastCheck.constantFrom(...methods),
      delay: FastCheck.constantFrom(100, 6_000, 40_000)
    })
  },
  {
    weight: 1,
    arbitrary: FastCheck.record({
      do: FastCheck.constantFrom("revoke" as const, "suspend" as const, "resume" as const),
      token
    })
  },
  {
    weight: 1,
    arbitrary: FastCheck.record({
      do: FastCheck.constant("wait" as const),
      seconds: FastCheck.constantFrom(1, 30, 600)
    })
  }
)

const decimal = (fen: number) => Money.decimalString(Money.of("CNY", BigInt(fen)))

/** A shop of its own ledger; both shops charge one platform. */
const open = Effect.map(
  Layer.build(Paywall.layer([AlipayTrust]).pipe(Layer.provideMerge(LedgerMemory.layerSilent), Layer.fresh)),
  (context) => ({ context, ledger: Ledger.Ledger })
)

const doing = Effect.fnUntraced(function* (
  tokens: ReadonlyArray<Token>,
  shops: ReadonlyArray<Effect.Success<typeof open>>,
  one: Step
) {
  const sandbox = yield* AlipaySandbox
  switch (one.do) {
    case "buy": {
      const take = one.take === undefined ? undefined : BigInt(Math.floor((one.fen * one.take) / 100))
      const order = {
        amount: decimal(one.fen),
        ...(one.key !== undefined && { key: `key-${one.key}` }),
        ...(take !== undefined && { take: Money.of("CNY", take) })
      }
      const once = Effect.provide(buy(tokens[one.token]!.token, order), shops[one.shop]!.context)
      const seen = yield* drive(
        Effect.all(
          Array.from({ length: one.at }, () => once),
          { concurrency: "unbounded" }
        )
      )
      return seen.map((bought) => ({ ...bought, free: take === 0n }))
    }
    case "fault": {
      const { delay, fault, method } = one
      yield* sandbox.fault({ fault, method, ...((fault === "slow" || fault === "paying") && { delay_ms: delay }) })
      return []
    }
    case "wait":
      yield* TestClock.adjust(one.seconds * 1_000)
      yield* quiet
      return []
    default:
      yield* Effect.ignore(sandbox[one.do](tokens[one.token]!.id))
      return []
  }
})

/** Each unknown charge is asked for again by its owner: with the key, the paywall looks it up. */
const session = (steps: ReadonlyArray<Step>) =>
  inWorld(
    Effect.gen(function* () {
      const sandbox = yield* AlipaySandbox
      const tokens = [
        yield* issue({ max_total_amount: "20.00" }),
        yield* issue({ max_total_amount: "20.00", opaque: true, ext: { vendor_private: { times_limit: 5 } } })
      ]
      const shops = [yield* open, yield* open]
      for (const one of steps) {
        for (const { code, free, moved, receipt } of yield* doing(tokens, shops, one)) {
          if (code === "ok" && !free) assert.isDefined(receipt)
          assert.include(["no", "unknown", "yes"], moved)
        }
      }
      yield* sandbox.clearFaults
      yield* TestClock.adjust("2 minutes")
      yield* quiet
      const paid = yield* moved
      const entries = yield* Effect.all(
        shops.map(({ context }) =>
          Effect.flatMap(Ledger.Ledger, (ledger) => ledger.list()).pipe(Effect.provide(context))
        )
      )
      const every = entries.flat()
      const line = ({ charge }: Ledger.Entry) => `${charge.id} ${Money.decimalString(charge.money)}`
      const settled = every.filter(({ state }) => state === "settled").map(line)
      const pending = new Set(every.filter(({ state }) => state === "unknown").map(line))
      // What a ledger does not know yet it says it does not know.
      assert.deepStrictEqual(paid.filter((one) => !pending.has(one)).toSorted(), settled.toSorted())
      assert.strictEqual(new Set(paid).size, paid.length, "paid twice")
      assert.isFalse(every.some(({ state }) => ["opened", "authorized", "delivered", "settling"].includes(state)))
      for (const { id } of tokens) assert.isTrue((yield* sandbox.token(id)).remaining.minor >= 0n)
    }).pipe(Effect.scoped)
  )

it.effect("what moved is what was settled", () =>
  Effect.gen(function* () {
    const services = yield* Effect.context<never>()
    yield* Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(FastCheck.array(step, { minLength: 4, maxLength: 14 }), (steps) =>
          Effect.runPromiseWith(services)(Effect.provide(session(steps), TestClock.layer()))
        ),
        { numRuns: 40 }
      )
    )
  })
)

it.effect("a budget that two shops share is not overspent, whoever is faster", () =>
  inWorld(
    Effect.gen(function* () {
      for (const opaque of [false, true]) {
        const { id, token } = yield* issue({ opaque, max_total_amount: "70.00" })
        const shops = [yield* open, yield* open]
        const before = (yield* moved).length
        const seen = yield* Effect.all(
          Array.from({ length: 20 }, (_, index) =>
            Effect.provide(buy(token, { amount: "10.00" }), shops[index % 2]!.context)
          ),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(seen.filter(({ code }) => code === "ok").length, 7)
        assert.deepStrictEqual(
          new Set(seen.map(({ code, moved }) => `${code} ${moved}`)),
          new Set(["ok yes", "budget_exceeded no"])
        )
        assert.strictEqual((yield* moved).length - before, 7)
        const sandbox = yield* AlipaySandbox
        assert.strictEqual((yield* sandbox.token(id)).remaining.minor, 0n)
      }
    }).pipe(Effect.scoped)
  )
)

it.effect("a charge whose outcome was unknown is settled or released when its key comes again", () =>
  inWorld(
    Effect.gen(function* () {
      const sandbox = yield* AlipaySandbox
      for (const [fault, expected] of [
        ["hang-after-commit", "ok"],
        ["hang", "ok"]
      ] as const) {
        const { token } = yield* issue()
        const before = (yield* moved).length
        yield* sandbox.fault({ fault, method: "alipay.trade.agent.delegation.pay" })
        yield* sandbox.fault({ fault: "unknown", method: "alipay.trade.query", times: 4 })
        const first = yield* drive(buy(token, { key: fault }))
        assert.deepStrictEqual([first.code, first.moved], ["outcome_unknown", "unknown"])
        const again = yield* drive(buy(token, { key: fault }))
        const third = again.code === "ok" ? again : yield* drive(buy(token, { key: fault }))
        assert.strictEqual(third.code, expected)
        assert.strictEqual((yield* moved).length - before, 1)
      }
    }).pipe(Effect.provide(shop))
  )
)
