import { assert, describe, it } from "@effect/vitest"
import * as AgentToken from "@paylayer/alipay/AgentToken"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import { ask, pay, payment, platform, prepay, reason } from "./merchant.ts"

const onPlatform = <A, E>(effect: Effect.Effect<A, E, any>) =>
  effect.pipe(Effect.provide(platform)) as Effect.Effect<A, E>

const Query = "alipay.user.agreement.delegation.query"

describe("a delegation is found", () => {
  it.effect("by its agreement and its own number, and tells its terms and what is left", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue({
          max_total_amount: "50.00",
          sid: "session_xyz789",
          allowed_payment_methods: ["BALANCE"],
          ext: { commerce: { max_single_amount: "15.10" }, vendor_private: { times_limit: 3 } }
        })
        yield* pay(token, "a", "15.00")
        const { agreement_no, delegation_id, external_agreement_no, external_delegation_id } = token
        assert.deepStrictEqual(yield* ask(Query, { agreement_no, delegation_id }), {
          code: "10000",
          msg: "Success",
          agreement_no,
          delegation_id,
          external_agreement_no,
          external_delegation_id,
          max_total_amount: "50.00",
          remaining_amount: "35.00",
          times_limit: 3,
          remaining_times: 2,
          validity_start_time: "1970-01-01 08:00:00",
          validity_end_time: "1970-01-01 09:00:00",
          status: "NORMAL",
          currency: "CNY",
          agent_id: "agent_sandbox",
          delegator_identity: "2088000000000001",
          allowed_payment_methods: ["BALANCE"],
          sid: "session_xyz789",
          ext: { commerce: { max_single_amount: 15.1 }, vendor_private: { agreement_no, times_limit: 3 } }
        })
        const outside = yield* ask(Query, { external_agreement_no, external_delegation_id })
        assert.strictEqual(outside["delegation_id"], delegation_id)
      })
    )
  )

  it.effect("by the secret of an opaque token alone, and by nothing else alone", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const opaque = yield* sandbox.issue({ opaque: true, currency: "EUR" })
        const external_delegation_id = Redacted.value(opaque.token).slice(AgentToken.prefix.length)
        assert.match(external_delegation_id, /^[A-Za-z0-9_-]{32}$/)
        const found = yield* ask(Query, { external_delegation_id })
        assert.deepInclude(found, { delegation_id: opaque.delegation_id, currency: "EUR", status: "NORMAL" })
        const plain = yield* sandbox.issue()
        for (const numbers of [
          { external_delegation_id: plain.external_delegation_id },
          { delegation_id: opaque.delegation_id },
          { delegation_id: plain.delegation_id, agreement_no: opaque.agreement_no }
        ]) {
          assert.strictEqual(reason(yield* ask(Query, numbers)), "USER_AGREEMENT_NOT_EXIST")
        }
        const unknown = yield* ask(Query, { delegation_id: "1", agreement_no: plain.agreement_no })
        assert.strictEqual(reason(unknown), "DELEGATION_NOT_EXIST")
        const foreign = { delegation_id: plain.delegation_id, external_delegation_id, agreement_no: plain.agreement_no }
        assert.strictEqual(reason(yield* ask(Query, foreign)), "DELEGATION_NOT_EXIST")
        assert.strictEqual(reason(yield* ask(Query, {})), "ACQ.INVALID_PARAMETER")
      })
    )
  )
})

describe("a token", () => {
  it.effect("is signed by the issuer that the settings name, and carries the terms", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const { issuer, jwks } = sandbox.config
        const verifier = yield* AgentToken.verifier({ issuers: [{ issuer, jwks: { keys: [...jwks.keys] } }] })
        const token = yield* sandbox.issue({ max_total_amount: "15.10", sid: "session_1" })
        const claims = yield* verifier.verify(token.token)
        assert.deepStrictEqual(claims.credential, token.terms)
      })
    )
  )

  it.effect("is not issued for terms that nobody can keep, and the member that is wrong is named", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const cases: ReadonlyArray<readonly [object, string]> = [
          [{ max_total_amount: "15.001" }, "/max_total_amount"],
          [{ max_total_amount: 1e21 }, "/max_total_amount"],
          [{ currency: "RMB" }, "/currency"],
          [{ validity_end_time: "tomorrow" }, "/validity_end_time"],
          [
            { validity_start_time: "1970-01-01T02:00:00Z", validity_end_time: "1970-01-01T01:00:00Z" },
            "/validity_end_time"
          ],
          [{ max_single_amount: "1.00" }, "/max_single_amount"],
          [{ ext: { commerce: { max_single: "1.00" } } }, "/ext/commerce/max_single"],
          [{ ext: { vendor_private: { times_limit: 0 } } }, "/ext/vendor_private/times_limit"],
          [{ ext: { vendor_private: 1 } }, "/ext/vendor_private"],
          [{ ext: 1 }, "/ext"],
          [{ ext: { vendor_private: { agreement_no: "1" } } }, "/ext/vendor_private/agreement_no"],
          [{ delegation_id: "1" }, "/delegation_id"],
          [{ sid: "" }, "/sid"],
          [{ opaque: "yes" }, "/opaque"]
        ]
        for (const [terms, path] of cases) {
          const error = yield* Effect.flip(sandbox.issue(terms))
          assert.include(
            error.issues.map((issue) => issue.path),
            path
          )
        }
      })
    )
  )

  it.effect("is not found under another id", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        assert.strictEqual((yield* Effect.flip(sandbox.revoke("nobody")))._tag, "TokenNotFound")
      })
    )
  )
})

describe("a grant over the gateway", () => {
  const application = {
    agent_id: "agent_1",
    external_agreement_no: "ea1",
    personal_product_code: "UAM_AGENT_AUTH_P",
    delegation_params: {
      external_delegation_id: "ed1",
      max_total_amount: "20.00",
      times_limit: 5,
      validity_start_time: "1970-01-01 08:00:00",
      validity_end_time: "1970-01-01 10:00:00"
    },
    access_params: { channel: "ALIPAYAPP" }
  }

  it.effect("can pay, until it is cancelled", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const Apply = "alipay.user.agreement.delegation.apply"
        const { agreement_no, delegation_id, status } = yield* ask(Apply, application)
        assert.strictEqual(status, "NORMAL")
        assert.strictEqual(reason(yield* ask(Apply, application)), "DELEGATION_EXIST")
        const granted = { agreement_no, delegation_id } as Parameters<typeof payment>[1]
        const Pay = "alipay.trade.agent.delegation.pay"
        assert.strictEqual(reason(yield* ask(Pay, payment(yield* prepay("a", "5.00"), granted))), "10000")
        const Cancel = "alipay.user.agreement.delegation.cancel"
        assert.strictEqual(reason(yield* ask(Cancel, { agreement_no, delegation_id })), "10000")
        assert.strictEqual((yield* ask(Query, { agreement_no, delegation_id }))["status"], "CANCELLED")
        const late = yield* ask(Pay, payment(yield* prepay("b", "5.00"), granted))
        assert.strictEqual(reason(late), "ACQ.AGREEMENT_INVALID")
        assert.strictEqual((yield* sandbox.movements).length, 1)
      })
    )
  )
})
