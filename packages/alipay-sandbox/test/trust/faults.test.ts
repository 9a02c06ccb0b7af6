/** Whatever goes wrong at the gateway, `moved` is true, nothing moves twice, and lookup finds out what became of the charge. */
import { assert, describe, it } from "@effect/vitest"
import type { Outcome } from "@paylayer/core/PaymentProtocol"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Fault from "../../src/Fault.ts"
import { AlipaySandbox } from "../../src/AlipaySandbox.ts"
import { drive, quiet } from "./drive.ts"
import { charge, fault, inWorld, issue, lookup, moved, outcome, settle, verify } from "./world.ts"

const methods = {
  prepay: "alipay.trade.order.prepay",
  pay: "alipay.trade.agent.delegation.pay",
  query: "alipay.trade.query",
  close: "alipay.trade.close"
} as const

const of = (name: Fault.Name, method: Fault.Fault["method"] & string): Fault.Fault => ({
  fault: name,
  method,
  ...((name === "slow" || name === "paying") && { delay_ms: 7_000 })
})

/** Asks until there is an answer; two armed faults at most stand in its way. */
const insist = Effect.fnUntraced(function* (ask: Effect.Effect<Outcome, unknown, any>) {
  for (let time = 0; time < 6; time++) {
    const found = yield* drive(Effect.result(ask))
    if (found._tag === "Success" && found.success._tag !== "Unknown") return found.success
  }
  return yield* Effect.die("lookup never ends")
})

/** One charge that meets the faults, up to its end; everything that must be true of it on the way is asserted. */
const live = (faults: ReadonlyArray<Fault.Fault>, repeat: boolean, api?: "v3") =>
  inWorld(
    Effect.gen(function* () {
      const sandbox = yield* AlipaySandbox
      const { token } = yield* issue()
      const asked = charge()
      const grant = yield* verify(token, asked)
      for (const one of faults) yield* fault(one)
      const said: Array<string> = []
      for (let time = 0; time < (repeat ? 2 : 1); time++) {
        const seen = yield* drive(outcome(settle(grant, asked)))
        said.push(seen)
        const charges = (yield* moved).length
        if (seen === "ok") assert.strictEqual(charges, 1, seen)
        else if (seen.endsWith(" no")) assert.strictEqual(charges, 0, seen)
        else assert.match(seen, /^(?:outcome_unknown|provider_unavailable|provider_untrusted) unknown$/)
      }
      const end = yield* insist(lookup(grant, asked) as Effect.Effect<Outcome, unknown, any>)
      const told = yield* moved
      yield* TestClock.adjust("10 minutes")
      yield* quiet
      assert.deepStrictEqual(yield* moved, told, "something moved after the end")
      assert.deepStrictEqual(told, end._tag === "Settled" ? [`${asked.id} 15.00`] : [])
      if (said.includes("ok")) assert.strictEqual(end._tag, "Settled")
      yield* sandbox.clearFaults
      assert.strictEqual((yield* drive(outcome(settle(grant, asked)))) === "ok", end._tag === "Settled")
      assert.deepStrictEqual(yield* moved, told)
    }),
    api
  )

describe("a fault while a charge is settled", () => {
  for (const name of Fault.names) {
    it.effect(`${name}: at the order, and at the payment`, () =>
      Effect.gen(function* () {
        for (const method of [methods.prepay, methods.pay]) {
          for (const repeat of [false, true]) yield* live([of(name, method)], repeat)
        }
      })
    )
  }
})

describe("a fault while a charge is settled over REST v3", () => {
  for (const name of Fault.names) {
    it.effect(`${name}: at the order, and at the payment`, () =>
      Effect.gen(function* () {
        for (const method of [methods.prepay, methods.pay]) yield* live([of(name, method)], false, "v3")
      })
    )
  }
})

describe("a second fault while one asks what became of the charge", () => {
  for (const name of Fault.names) {
    it.effect(`${name}: at the query, and at the closing`, () =>
      Effect.gen(function* () {
        for (const first of ["hang-after-commit", "slow"] as const) {
          for (const method of [methods.query, methods.close]) {
            yield* live([of(first, methods.pay), of(name, method)], false)
          }
        }
        yield* live([of("hang", methods.prepay), of(name, methods.query)], true)
      })
    )
  }
})

describe("a fault while a token is verified", () => {
  it.effect("grants nothing, and nothing has moved", () =>
    inWorld(
      Effect.gen(function* () {
        const { token } = yield* issue({ opaque: true })
        for (const name of Fault.names) {
          yield* fault({ fault: name, method: "alipay.user.agreement.delegation.query" })
          const seen = yield* drive(outcome(verify(token, charge())))
          const expected =
            name === "slow"
              ? /^ok$/
              : name === "declined"
                ? /^payment_declined no$/
                : name === "paying"
                  ? /^outcome_unknown no$/
                  : /^(?:provider_unavailable|provider_untrusted) no$/
          assert.match(seen, expected, name)
        }
        assert.deepStrictEqual(yield* moved, [])
      })
    )
  )
})
