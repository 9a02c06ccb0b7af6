import { assert, describe, it } from "@effect/vitest"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import type { Manifest } from "@paylayer/core/Manifest"
import * as Money from "@paylayer/core/Money"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Paywall from "@paylayer/core/Paywall"
import { PaywallError } from "@paylayer/core/PaywallError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Voucher from "../protocols/Voucher.ts"
import { inShop, inTime, refused, saleOf, verdict } from "../shop.ts"

const bank = Layer.sync(Voucher.VoucherBank, Voucher.makeBank)

const paywallOf = (...protocols: ReadonlyArray<Effect.Effect<AnyProtocol, never, Voucher.VoucherBank>>) =>
  Effect.scoped(
    Layer.build(Paywall.Paywall.layer(protocols).pipe(Layer.provide([LedgerMemory.layerSilent, bank])))
  ).pipe(Effect.flip)

const voucher = (own: Partial<Manifest>, without: ReadonlyArray<keyof AnyProtocol> = []) =>
  Effect.map(Voucher.make(), (protocol): AnyProtocol => {
    const changed: Record<string, unknown> = { ...protocol, manifest: { ...protocol.manifest, ...own } }
    for (const method of without) delete changed[method]
    return changed as never
  })

describe("a paywall is not made", () => {
  for (const [why, protocols, message] of [
    ["of nothing", [], /at least one/],
    ["of one protocol twice", [voucher({}), voucher({})], /installed twice/],
    [
      "of one protocol twice for a merchant",
      [voucher({ merchant: "m" }), voucher({ merchant: "m" })],
      /installed twice/
    ],
    ["of a manifest without triggers", [voucher({ triggers: [] as never })], /manifest/],
    ["of a trigger in upper case", [voucher({ triggers: [{ header: "X-A" }] })], /manifest/],
    ["for another contract", [voucher({ contract: "2.0" as never })], /manifest/],
    ["for an unknown currency", [voucher({ currencies: ["RMB" as never] })], /manifest/],
    ["with a capability that is not there", [voucher({}, ["refund"])], /refund/],
    ["with a capability that is not declared", [voucher({ capabilities: ["refund"] })], /release/]
  ] as const) {
    it.effect(why, () =>
      Effect.gen(function* () {
        const error = yield* paywallOf(...protocols)
        assert.instanceOf(error, PaywallError)
        assert.match(error.message, message)
      })
    )
  }
})

describe("two instances of one protocol", () => {
  /** A paywall with an instance for each merchant, and one for any if wanted. */
  const withInstances = (merchants: ReadonlyArray<string | undefined>) =>
    Effect.gen(function* () {
      const own = Voucher.makeBank()
      const context = yield* Layer.build(
        Paywall.Paywall.layer(merchants.map((merchant) => Voucher.make(merchant))).pipe(
          Layer.provide([LedgerMemory.layerSilent, Layer.succeed(Voucher.VoucherBank, own)])
        )
      )
      const paywall = yield* Effect.provide(Paywall.Paywall, context)
      const pay = (merchant?: string) =>
        paywall.sell(saleOf(Voucher.mint(), merchant === undefined ? {} : { merchant }), () => Effect.succeed("done"))
      return { pay, paywall }
    })

  it.effect("are chosen by the merchant of the sale; the first where it names none", () =>
    Effect.gen(function* () {
      const { pay, paywall } = yield* withInstances(["hangzhou", "hong-kong"])
      assert.strictEqual((yield* pay("hong-kong")).receipt?.merchant, "hong-kong")
      assert.strictEqual((yield* pay("hangzhou")).receipt?.merchant, "hangzhou")
      assert.strictEqual((yield* pay()).receipt?.merchant, "hangzhou")
      const offers = yield* paywall.offers(saleOf({}, { merchant: "hong-kong" }))
      assert.deepEqual(
        offers.map(({ merchant }) => merchant),
        ["hong-kong"]
      )
    })
  )

  it.effect("never pay another merchant than the sale's", () =>
    Effect.gen(function* () {
      const { pay, paywall } = yield* withInstances(["hangzhou", "hong-kong"])
      assert.deepEqual(yield* verdict(pay("macau")), ["payment_required", "no", 402])
      assert.deepEqual(yield* paywall.offers(saleOf({}, { merchant: "macau" })), [])
      const single = yield* withInstances(["hangzhou"])
      assert.deepEqual(yield* verdict(single.pay("macau")), ["payment_required", "no", 402])
    })
  )

  it.effect("leave other merchants to the one that charges for any", () =>
    Effect.gen(function* () {
      const { pay } = yield* withInstances(["hangzhou", undefined])
      assert.strictEqual((yield* pay("macau")).receipt?.merchant, "macau")
      assert.strictEqual((yield* pay("hangzhou")).receipt?.merchant, "hangzhou")
    })
  )
})

describe("the host's own limits", () => {
  const zone = DateTime.zoneMakeNamedUnsafe("Asia/Shanghai")
  const day = { window: "day", zone } as const

  it.effect("hold whatever the mandates say, under twenty at once", () =>
    inShop({ limits: [{ per: "host", amount: Money.of("CNY", 7n * 1_500n), ...day }] }, (shop) =>
      Effect.gen(function* () {
        shop.bank.latency = 10
        const sales = Array.from({ length: 20 }, (_, index) =>
          saleOf(Voucher.mint({ id: `m-${index}`, agent: `a-${index}` }))
        )
        const exits = yield* inTime(
          Effect.forEach(sales, (sale) => Effect.exit(shop.sell(sale)), { concurrency: "unbounded" })
        )
        assert.strictEqual(exits.filter(Exit.isSuccess).length, 7)
        assert.strictEqual(shop.state.runs, 7)
        assert.strictEqual(shop.bank.movements.size, 7)
      })
    )
  )

  it.effect("are per agent, say nothing of what is left, and begin anew with their window", () =>
    inShop({ limits: [{ per: "agent", amount: Money.of("CNY", 2_000n), ...day }] }, (shop) =>
      Effect.gen(function* () {
        const pay = (agent: string) => shop.sell(saleOf(Voucher.mint({ agent })))
        yield* pay("a")
        yield* pay("b")
        const { error } = yield* refused(pay("a"))
        assert.deepEqual([error.code, error.moved, error.status], ["spending_limit_reached", "no", 402])
        assert.notInclude(error.message, "5.00 left")
        // Midnight in Shanghai is 16:00 UTC.
        yield* TestClock.setTime(Date.UTC(1970, 0, 1, 15, 59, 59))
        assert.strictEqual((yield* verdict(pay("a")))[0], "spending_limit_reached")
        yield* TestClock.setTime(Date.UTC(1970, 0, 1, 16))
        yield* pay("a")
      })
    )
  )

  it.effect("count an agent that only the provider knows", () =>
    inShop({ limits: [{ per: "agent", amount: Money.of("CNY", 1_500n), ...day }] }, (shop) =>
      Effect.gen(function* () {
        shop.bank.terms = { agent: "the-same" }
        const opaque = (payer: string) => shop.sell(saleOf(Voucher.mint({ payer, agent: payer })))
        yield* opaque("payer-1")
        assert.strictEqual((yield* verdict(opaque("payer-2")))[0], "spending_limit_reached")
        assert.strictEqual(shop.state.runs, 1)
      })
    )
  )

  it.effect("of one window and two amounts are both held, and counted once", () =>
    inShop(
      {
        limits: [
          { per: "host", amount: Money.of("CNY", 10_000n), ...day },
          { per: "host", amount: Money.of("CNY", 3_000n), ...day }
        ]
      },
      (shop) =>
        Effect.gen(function* () {
          yield* shop.sell(saleOf(Voucher.mint()))
          yield* shop.sell(saleOf(Voucher.mint()))
          assert.strictEqual((yield* verdict(shop.sell(saleOf(Voucher.mint()))))[0], "spending_limit_reached")
        })
    )
  )

  it.effect("get back what a handler did not earn", () =>
    inShop({ limits: [{ per: "host", amount: Money.of("CNY", 1_500n), window: "total" }] }, (shop) =>
      Effect.gen(function* () {
        yield* Effect.flip(shop.sell(saleOf(Voucher.mint()), () => Effect.fail("sad" as const)))
        yield* shop.sell(saleOf(Voucher.mint()))
        assert.strictEqual((yield* verdict(shop.sell(saleOf(Voucher.mint()))))[0], "spending_limit_reached")
      })
    )
  )
})
