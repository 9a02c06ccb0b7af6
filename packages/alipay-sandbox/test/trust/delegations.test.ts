/** What the platform says of a delegation counts, at every step and for both kinds of token. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { AlipaySandbox } from "../../src/AlipaySandbox.ts"
import { charge, code, inWorld, issue, moved, noon, outcome, settle, verify } from "./world.ts"

for (const opaque of [false, true]) {
  describe(`a delegation behind ${opaque ? "an opaque" : "a signed"} token`, () => {
    it.effect("pays until its budget is used up, and no fen further", () =>
      inWorld(
        Effect.gen(function* () {
          const { token } = yield* issue({ opaque, max_total_amount: "30.00" })
          const first = charge("15.00")
          yield* settle(yield* verify(token, first), first)
          assert.strictEqual(yield* code(verify(token, charge("15.01"))), "budget_exceeded")
          const second = charge("15.00")
          yield* settle(yield* verify(token, second), second)
          assert.strictEqual(yield* code(verify(token, charge("0.01"))), "budget_exceeded")
          assert.strictEqual((yield* moved).length, 2)
        })
      )
    )

    it.effect("pays as often as it may, and not once more", () =>
      inWorld(
        Effect.gen(function* () {
          const { token } = yield* issue({ opaque, ext: { vendor_private: { times_limit: 1 } } })
          const first = charge("1.00")
          yield* settle(yield* verify(token, first), first)
          assert.strictEqual(yield* code(verify(token, charge("1.00"))), "uses_exceeded")
        })
      )
    )

    it.effect("does not pay when it is revoked or suspended, and pays again when it is resumed", () =>
      inWorld(
        Effect.gen(function* () {
          const sandbox = yield* AlipaySandbox
          const { id, token } = yield* issue({ opaque })
          yield* sandbox.suspend(id)
          const suspended = yield* Effect.flip(verify(token, charge()))
          assert.strictEqual(suspended.code, "credential_revoked")
          assert.include(suspended.reason.detail, "if the principal has suspended it, the principal can resume it")
          yield* sandbox.resume(id)
          assert.strictEqual(yield* code(verify(token, charge())), "ok")
          yield* sandbox.revoke(id)
          assert.strictEqual(yield* code(verify(token, charge())), "credential_revoked")
          assert.notInclude((yield* Effect.flip(verify(token, charge()))).reason.detail, "resume")
          // Revoked is final, so no other currency of a price is tried after it.
          assert.strictEqual(yield* code(verify(token, charge("15.00", opaque ? "USD" : "CNY"))), "credential_revoked")
        })
      )
    )

    it.effect("that ends between verify and settle is not charged", () =>
      inWorld(
        Effect.gen(function* () {
          const sandbox = yield* AlipaySandbox
          for (const how of ["revoke", "suspend"] as const) {
            const { id, token } = yield* issue({ opaque })
            const asked = charge()
            const grant = yield* verify(token, asked)
            yield* sandbox[how](id)
            assert.strictEqual(yield* outcome(settle(grant, asked)), "credential_revoked no")
          }
          const { token } = yield* issue({ opaque, validity_end_time: "2026-11-22T12:00:20Z" })
          const asked = charge()
          const grant = yield* verify(token, asked)
          yield* TestClock.setTime(noon + 20_000)
          assert.strictEqual(yield* outcome(settle(grant, asked)), "credential_expired no")
          const late = charge("1.00")
          const { token: lasting } = yield* issue({ opaque })
          const lastingGrant = yield* verify(lasting, late)
          yield* TestClock.setTime(late.expiresAt.epochMilliseconds)
          assert.strictEqual(yield* outcome(settle(lastingGrant, late)), "charge_expired no")
          assert.deepStrictEqual(yield* moved, [])
        })
      )
    )

    it.effect("is asked for any number of times, and nothing moves", () =>
      inWorld(
        Effect.gen(function* () {
          const sandbox = yield* AlipaySandbox
          const { id, token } = yield* issue({
            opaque,
            max_total_amount: "15.00",
            ext: { vendor_private: { times_limit: 1 } }
          })
          const asked = charge()
          const grants = yield* Effect.all(
            Array.from({ length: 8 }, () => verify(token, asked)),
            { concurrency: "unbounded" }
          )
          for (const grant of grants) assert.deepStrictEqual(grant, grants[0])
          assert.deepStrictEqual(yield* moved, [])
          assert.strictEqual((yield* sandbox.token(id)).remaining.minor, 1500n)
        })
      )
    )
  })
}

it.effect("a handle that nobody issued is a credential that is not honoured", () =>
  inWorld(
    Effect.gen(function* () {
      assert.strictEqual(yield* code(verify("alipay_agent_token_abc123abc123", charge())), "credential_revoked")
      // A signed token's own number is no opaque token.
      const { external_delegation_id, delegation_id } = yield* issue()
      assert.strictEqual(
        yield* code(verify(`alipay_agent_token_${external_delegation_id}`, charge())),
        "credential_revoked"
      )
      assert.strictEqual(yield* code(verify(`alipay_agent_token_${delegation_id}`, charge())), "credential_revoked")
    })
  )
)
