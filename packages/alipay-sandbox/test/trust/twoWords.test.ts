/** A token and the delegation behind it may say different things: both must allow a charge, and the narrower word counts. */
import { assert, it } from "@effect/vitest"
import * as Trade from "@paylayer/alipay/Trade"
import * as Effect from "effect/Effect"
import { claimsOf, signed } from "./issuer.ts"
import type { Terms } from "../../src/Terms.ts"
import { charge, code, inWorld, issue, settle, verify } from "./world.ts"

/** A token of another issuer for a delegation with these terms, that says something else than it. */
const differing = (terms: Terms, said: Record<string, unknown>) =>
  Effect.map(issue(terms), ({ agreement_no, delegation_id }) => {
    const { ext = {}, ...fields } = said as { readonly ext?: object }
    return signed(
      claimsOf({
        delegation_id,
        delegator_identity: "2088000000000001",
        agent_id: "agent_sandbox",
        validity_start_time: "2026-11-22T11:00:00Z",
        validity_end_time: "2026-11-22T13:00:00Z",
        max_total_amount: 50,
        ...fields,
        ext: { ...ext, vendor_private: { agreement_no } }
      })
    )
  })

const single = (max_single_amount: number) => ({ ext: { commerce: { max_single_amount } } })

for (const [promise, terms, said, expected] of [
  ["agree", {}, {}, "ok"],
  ["the token allows less for one charge", single(50), single(14.99), "limit_exceeded"],
  ["the delegation allows less for one charge", single(14.99), single(50), "limit_exceeded"],
  ["the delegation has a smaller budget", { max_total_amount: "14.99" }, {}, "budget_exceeded"],
  ["the delegation is in another currency", { currency: "USD" }, {}, "currency_not_allowed"],
  ["the delegation is another agent's", { agent_id: "agent_other" }, {}, "binding_mismatch"],
  ["the delegation is another principal's", { delegator_identity: "2088000000000007" }, {}, "binding_mismatch"],
  ["the delegation is bound to a session", { sid: "session_1" }, {}, "session_mismatch"],
  [
    "they share no way to pay",
    { allowed_payment_methods: ["CREDIT"] },
    { allowed_payment_methods: ["BALANCE"] },
    "preference_not_allowed"
  ],
  [
    "they share a way to pay",
    { allowed_payment_methods: ["CREDIT", "BALANCE"] },
    { allowed_payment_methods: ["HUABEI_INSTALLMENTS", "BALANCE"] },
    "ok"
  ]
] as const) {
  it.effect(`${promise}: ${expected}`, () =>
    inWorld(
      Effect.gen(function* () {
        const token = yield* differing(terms, said)
        assert.strictEqual(yield* code(verify(token, charge("15.00"))), expected)
      })
    )
  )
}

it.effect("a token's preference decides the channel where its delegation has none", () =>
  inWorld(
    Effect.gen(function* () {
      const token = yield* differing({}, { allowed_payment_methods: ["HUABEI_INSTALLMENTS"] })
      const asked = charge("15.00")
      yield* settle(yield* verify(token, asked), asked)
      const { fund_bill_list } = yield* Trade.query({ out_trade_no: asked.id })
      assert.deepStrictEqual(fund_bill_list, [{ fund_channel: "PCREDIT", amount: "15.00" }])
    })
  )
)

it.effect("an authorization says the narrower of both", () =>
  inWorld(
    Effect.gen(function* () {
      const token = yield* differing(
        {
          max_total_amount: "30.00",
          ext: { vendor_private: { times_limit: 3 } },
          validity_end_time: "2026-11-22T12:30:00Z"
        },
        {}
      )
      const { mandate } = yield* verify(token, charge("15.00"))
      assert.deepStrictEqual(
        mandate.budget?.map(({ minor }) => minor),
        [3000n]
      )
      assert.strictEqual(mandate.uses, 3)
      assert.strictEqual(mandate.expiresAt?.epochMilliseconds, Date.parse("2026-11-22T12:30:00Z"))
    })
  )
)
