import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Delegation from "../src/Delegation.ts"
import { platform, rawOf, signed, succeeding } from "./gateway.ts"

const numbers = { agreement_no: "A1", delegation_id: "D1" }
const answer = {
  ...numbers,
  external_delegation_id: "",
  delegation_tag: null,
  max_total_amount: "100.00",
  remaining_amount: "84.90",
  times_limit: 10,
  remaining_times: "0",
  validity_start_time: "2026-01-01 00:00:00",
  validity_end_time: "2026-02-01 00:00:00",
  status: "NORMAL",
  something_new: { a: 1 }
}

const query = (members: object, asked: Delegation.DelegationNumbers = numbers) =>
  Delegation.query(asked).pipe(Effect.provide(succeeding({ ...answer, ...members })))
const malformed = (members: object, asked?: Delegation.DelegationNumbers) =>
  Effect.map(Effect.flip(query(members, asked)), (error) => {
    assert.deepStrictEqual([error.reason._tag, error.outcome], ["Malformed", "unknown"])
    return error.message
  })

describe("a delegation", () => {
  it.effect("is read as Alipay writes it", () =>
    Effect.gen(function* () {
      const delegation = yield* query({})
      assert.deepStrictEqual(delegation.max_total_amount, Money.of("CNY", 10_000n))
      assert.deepStrictEqual(delegation.remaining_amount, Money.of("CNY", 8_490n))
      assert.deepStrictEqual([delegation.times_limit, delegation.remaining_times], [10, 0])
      assert.strictEqual(delegation.validity_start_time.epochMilliseconds, Date.UTC(2025, 11, 31, 16))
      assert.isTrue(Delegation.isUsable(delegation))
      assert.isFalse("external_delegation_id" in delegation)
      for (const status of ["SIGNING", "FINISHED", "CANCELLED", "EXPIRED", "TERMINATE", "INVALID", "normal", "NEW"]) {
        assert.isFalse(Delegation.isUsable(yield* query({ status })), status)
      }
    })
  )

  it.effect("may carry ACT's terms", () =>
    Effect.gen(function* () {
      const delegation = yield* query({
        currency: "JPY",
        max_total_amount: "1500",
        remaining_amount: "1500",
        agent_id: "agent-1",
        sid: "s-1",
        allowed_payment_methods: ["BALANCE"],
        ext: { commerce: { max_single_amount: 500, allowed_categories: ["5411"] } }
      })
      assert.deepStrictEqual(delegation.max_total_amount, Money.of("JPY", 1_500n))
      assert.deepStrictEqual(delegation.ext?.commerce?.max_single_amount, Money.of("JPY", 500n))
      assert.deepStrictEqual(delegation.ext?.commerce?.allowed_categories, ["5411"])
    })
  )

  it.effect("that cannot be understood is not used", () =>
    Effect.gen(function* () {
      assert.include(yield* malformed({ remaining_amount: "84.901" }), "/remaining_amount")
      assert.include(yield* malformed({ remaining_amount: "" }), "/remaining_amount")
      assert.include(yield* malformed({ remaining_amount: "-1" }), "/remaining_amount")
      assert.include(yield* malformed({ status: null }), "/status")
      assert.include(yield* malformed({ currency: "RMB" }), "/currency")
      assert.include(yield* malformed({ times_limit: 1.5 }), "/times_limit")
      assert.include(yield* malformed({ validity_end_time: "2026-02-30 00:00:00" }), "/validity_end_time")
      assert.include(yield* malformed({ ext: { commerce: { max_daily_amount: 5 } } }), "/ext/commerce/max_daily_amount")
    })
  )

  it.effect("of another number is not the one asked for", () =>
    Effect.gen(function* () {
      assert.include(yield* malformed({ delegation_id: "D2" }), "delegation_id")
      assert.include(yield* malformed({ agreement_no: "A2" }), "agreement_no")
      assert.include(
        yield* malformed({ external_delegation_id: "E2" }, { external_delegation_id: "E1" }),
        "external_delegation_id"
      )
      // An answer that does not say whose it is may be anybody's.
      assert.include(yield* malformed({}, { external_delegation_id: "E1" }), "external_delegation_id")
      assert.strictEqual((yield* query({}, { ...numbers, external_agreement_no: "X1" })).agreement_no, "A1")
      assert.strictEqual(
        (yield* query({ external_delegation_id: "E1" }, { external_delegation_id: "E1" })).agreement_no,
        "A1"
      )
    })
  )

  it.effect("is asked for and ended by its numbers", () =>
    Effect.gen(function* () {
      const calls: Array<unknown> = []
      const layer = platform(({ parameters, biz }) => {
        calls.push([parameters["method"], biz])
        return signed(`${parameters["method"]?.replaceAll(".", "_")}_response`, rawOf({ code: "10000", ...answer }))
      })
      yield* Delegation.query(numbers).pipe(Effect.provide(layer))
      yield* Delegation.cancel(numbers).pipe(Effect.provide(layer))
      assert.deepStrictEqual(calls, [
        ["alipay.user.agreement.delegation.query", numbers],
        ["alipay.user.agreement.delegation.cancel", numbers]
      ])
    })
  )
})
