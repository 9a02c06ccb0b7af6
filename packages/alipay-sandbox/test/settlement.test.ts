/** A trade is settled to others once for its number, never above what the merchant has of it, and what is unknown stays unknown. */
import { assert, describe, it } from "@effect/vitest"
import * as OrderSettlement from "@paylayer/alipay/OrderSettlement"
import * as RoyaltyRelation from "@paylayer/alipay/RoyaltyRelation"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as FastCheck from "fast-check"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import * as Fault from "../src/Fault.ts"
import { drive } from "./trust/drive.ts"
import { charge, fault, inWorld, issue, seller, settle, verify } from "./trust/world.ts"

const Settle = "alipay.trade.order.settle"
const Query = "alipay.trade.order.settle.query"

const yuan = (minor: bigint) => Money.of("CNY", minor)
const nine = { type: "userId", account: "2088000000000009" } as const
const shop = { type: "loginName", account: "shop@example.com" } as const

/** A paid trade, as a receipt tells it, and two who may receive. */
const paid = Effect.fnUntraced(function* (amount = "15.00", currency: "CNY" | "USD" = "CNY") {
  const token = yield* issue({ currency })
  const asked = charge(amount, currency)
  const receipt = yield* settle(yield* verify(token.token, asked), asked)
  yield* RoyaltyRelation.bind("bind_1", [nine, { ...shop, name: "A shop", memo: "rent" }])
  return { tradeNo: receipt.reference, total: receipt.money, chargeId: asked.id }
})

type Trade = Effect.Success<ReturnType<typeof paid>>

const request = (trade: Trade, minor: bigint, outRequestNo = "payout_1"): OrderSettlement.Request => ({
  outRequestNo,
  trade,
  parts: [{ to: nine, amount: yuan(minor) }]
})

/** What went from the merchant to receivers: `to amount`. */
const moved = AlipaySandbox.use((sandbox) =>
  Effect.map(sandbox.royalties, (all) => all.map(({ amount, to }) => `${to} ${amount}`))
)

const outcome = <A, R>(effect: Effect.Effect<A, OrderSettlement.SettlementError, R>) =>
  Effect.match(effect, {
    onFailure: ({ code, moved, reason }) => [reason, moved, ...(code === undefined ? [] : [code])].join(" "),
    onSuccess: () => "ok"
  })

for (const api of ["v2", "v3"] as const) {
  describe(`over ${api}`, () => {
    it.effect("gives each receiver its part, from the merchant, and says so when asked", () =>
      inWorld(
        Effect.gen(function* () {
          const trade = yield* paid()
          const made = yield* OrderSettlement.settle({
            outRequestNo: "payout_1",
            trade,
            parts: [
              { to: nine, amount: yuan(1_200n), description: "calls of november" },
              { to: shop, amount: yuan(100n) }
            ]
          })
          assert.match(made.settleNo ?? "", /^\d{32}$/)
          const parts = [
            { to: nine, amount: yuan(1_200n), state: "succeeded" as const },
            { to: shop, amount: yuan(100n), state: "succeeded" as const }
          ]
          assert.deepStrictEqual(made.parts, parts)
          for (const number of [
            { tradeNo: trade.tradeNo, outRequestNo: "payout_1" },
            { settleNo: made.settleNo ?? "" }
          ]) {
            const found = yield* OrderSettlement.query(number)
            assert.deepStrictEqual([found.outRequestNo, found.parts], ["payout_1", parts])
          }
          const royalties = yield* AlipaySandbox.use((sandbox) => sandbox.royalties)
          assert.deepStrictEqual(
            royalties.map(({ amount, from, out_trade_no, to }) => [from, to, amount, out_trade_no]),
            [
              [seller, nine.account, "12.00", trade.chargeId],
              [seller, shop.account, "1.00", trade.chargeId]
            ]
          )
        }),
        api
      )
    )

    it.effect("who may receive is bound, listed beyond one page, and unbound", () =>
      inWorld(
        Effect.gen(function* () {
          const trade = yield* paid()
          const many = Array.from({ length: 120 }, (_, index) => ({
            type: "userId" as const,
            account: `20887${String(index).padStart(11, "0")}`
          }))
          for (let at = 0; at < many.length; at += 20) {
            yield* RoyaltyRelation.bind(`many_${at}`, many.slice(at, at + 20))
          }
          const listed = yield* RoyaltyRelation.list("list_1")
          assert.strictEqual(listed.length, 122)
          assert.deepInclude(listed, { type: "loginName", account: shop.account, memo: "rent" })
          yield* RoyaltyRelation.unbind("unbind_1", [nine])
          yield* RoyaltyRelation.unbind("unbind_2", [nine])
          assert.strictEqual(
            yield* outcome(OrderSettlement.settle(request(trade, 100n))),
            "refused no ACQ.ROYALTY_RECEIVER_INVALID"
          )
          assert.deepStrictEqual(yield* moved, [])
        }),
        api
      )
    )

    // v3 has its own way to spoil and to lose an answer; which faults there are does not differ.
    for (const name of api === "v2" ? Fault.names : (["cut-after-commit", "unknown-after-commit", "forged"] as const)) {
      it.effect(`whatever becomes of the answer (${name}), money moves at most once and \`moved\` is true`, () =>
        inWorld(
          Effect.gen(function* () {
            const trade = yield* paid()
            yield* fault({ fault: name, method: Settle })
            const first = yield* drive(outcome(OrderSettlement.settle(request(trade, 1_200n))))
            const after = yield* moved
            if (first === "ok") assert.deepStrictEqual(after, [`${nine.account} 12.00`])
            if (first.startsWith("refused no")) assert.deepStrictEqual(after, [])
            // The same request again, when the fault is over, comes to the same end once.
            assert.strictEqual(yield* drive(outcome(OrderSettlement.settle(request(trade, 1_200n)))), "ok")
            assert.deepStrictEqual(yield* moved, [`${nine.account} 12.00`])
          }),
          api
        )
      )
    }
  })
}

describe("a settlement", () => {
  it.effect("asked for twenty times at once is made once, and all hear the same of it", () =>
    inWorld(
      Effect.gen(function* () {
        const trade = yield* paid()
        const made = yield* Effect.all(
          Array.from({ length: 20 }, () => OrderSettlement.settle(request(trade, 1_200n))),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(new Set(made.map(({ settleNo }) => settleNo)).size, 1)
        assert.deepStrictEqual(yield* moved, [`${nine.account} 12.00`])
      })
    )
  )

  it.effect("is not sent where its parts are more than the trade, nothing, too many, or not in CNY", () =>
    inWorld(
      Effect.gen(function* () {
        const trade = yield* paid()
        const dollars = yield* paid("15.00", "USD")
        // Whatever is sent from here on would hang.
        yield* fault({ fault: "hang", times: 100 })
        const part = { to: nine, amount: yuan(1n) }
        for (const [asked, said] of [
          [request(trade, 1_501n), "exceeds no"],
          [{ ...request(trade, 1_500n), parts: [part, { ...part, amount: yuan(1_500n) }] }, "exceeds no"],
          [request(trade, 0n), "invalid no"],
          [request(dollars, 100n), "invalid no"],
          [{ ...request(trade, 1n), parts: [{ to: nine, amount: Money.of("USD", 1n) }] }, "invalid no"],
          [{ ...request(trade, 1n), parts: [part, part, part, part, part, part] }, "invalid no"],
          [request(trade, 1n, ""), "invalid no"],
          [request(trade, 1n, "a b"), "invalid no"],
          [request(trade, 1n, "x".repeat(33)), "invalid no"]
        ] satisfies ReadonlyArray<readonly [OrderSettlement.Request, string]>) {
          assert.strictEqual(yield* outcome(OrderSettlement.settle(asked)), said)
        }
        assert.deepStrictEqual(yield* moved, [])
      })
    )
  )

  it.effect("under a number that was used for other parts is a conflict, and moves nothing", () =>
    inWorld(
      Effect.gen(function* () {
        const trade = yield* paid()
        yield* OrderSettlement.settle(request(trade, 100n))
        assert.strictEqual(yield* outcome(OrderSettlement.settle(request(trade, 101n))), "conflict unknown")
        assert.deepStrictEqual(yield* moved, [`${nine.account} 1.00`])
      })
    )
  )

  it.effect("whose answer and lookup are both lost is unknown, and asked for again is made once", () =>
    inWorld(
      Effect.gen(function* () {
        const trade = yield* paid()
        yield* fault({ fault: "hang-after-commit", method: Settle })
        yield* fault({ fault: "http-500", method: Query })
        assert.strictEqual(yield* drive(outcome(OrderSettlement.settle(request(trade, 100n)))), "unknown unknown")
        yield* OrderSettlement.settle(request(trade, 100n))
        assert.deepStrictEqual(yield* moved, [`${nine.account} 1.00`])
      })
    )
  )

  it.effect("that was made is not called refused when its repetition is", () =>
    inWorld(
      Effect.gen(function* () {
        const trade = yield* paid()
        yield* OrderSettlement.settle(request(trade, 100n))
        for (const name of ["rate-limited", "declined"] as const) {
          yield* fault({ fault: name, method: Settle })
          assert.strictEqual(yield* outcome(OrderSettlement.settle(request(trade, 100n))), "ok")
        }
      })
    )
  )

  it.effect("that is made asynchronously is in process, and then done", () =>
    inWorld(
      Effect.gen(function* () {
        const trade = yield* paid()
        const made = yield* OrderSettlement.settle({ ...request(trade, 100n), mode: "async" })
        const number = { tradeNo: trade.tradeNo, outRequestNo: "payout_1" }
        const state = Effect.map(OrderSettlement.query(number), ({ parts }) => parts[0]?.state)
        assert.deepStrictEqual([made.parts[0]?.state, yield* state], ["processing", "processing"])
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* state, "succeeded")
      })
    )
  )

  it.effect("of a trade that nobody has paid, or nobody knows, is refused", () =>
    inWorld(
      Effect.gen(function* () {
        const trade = yield* paid()
        const asked = request({ ...trade, tradeNo: "2026112222001000000000000000" }, 100n)
        assert.strictEqual(yield* outcome(OrderSettlement.settle(asked)), "refused no ACQ.TRADE_NOT_EXIST")
      })
    )
  )
})

describe("the books", () => {
  const asks = FastCheck.array(
    FastCheck.tuple(FastCheck.bigInt({ min: 1n, max: 900n }), FastCheck.integer({ min: 1, max: 6 })),
    { maxLength: 10 }
  )

  it("balance: what receivers have is what was answered as settled, and never more than was paid", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(asks, (asked) =>
        Effect.runPromise(
          inWorld(
            Effect.gen(function* () {
              const trade = yield* paid()
              const given = new Map<string, bigint>()
              for (const [minor, number] of asked) {
                const made = yield* Effect.result(OrderSettlement.settle(request(trade, minor, `payout_${number}`)))
                if (made._tag === "Success") given.set(`payout_${number}`, minor)
              }
              const royalties = yield* AlipaySandbox.use((sandbox) => sandbox.royalties)
              const sum = royalties.reduce((total, { amount }) => total + BigInt(amount.replace(".", "")), 0n)
              assert.strictEqual(royalties.length, given.size)
              assert.strictEqual(
                sum,
                [...given.values()].reduce((total, minor) => total + minor, 0n)
              )
              assert.isTrue(sum <= trade.total.minor)
            })
          ).pipe(Effect.provide(TestClock.layer()))
        )
      ),
      { numRuns: 25 }
    ))
})
