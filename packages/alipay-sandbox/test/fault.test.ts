import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import * as Fault from "../src/Fault.ts"
import { ask, call, pay, payment, platform, prepay, reason } from "./merchant.ts"

const onPlatform = <A, E>(effect: Effect.Effect<A, E, any>) =>
  effect.pipe(Effect.provide(platform)) as Effect.Effect<A, E>

const Pay = "alipay.trade.agent.delegation.pay"

/** What a merchant sees of one charge under a fault: an answer, nothing for a while, or a broken connection. */
const observe = (fault: Fault.Name) =>
  onPlatform(
    Effect.gen(function* () {
      const sandbox = yield* AlipaySandbox
      const token = yield* sandbox.issue()
      const id = yield* prepay("a", "15.00")
      yield* sandbox.fault({ fault, method: Pay, ...(fault === "slow" && { delay_ms: 20 }) })
      const exit = yield* Effect.exit(Effect.timeoutOption(call(Pay, payment(id, token)), 400))
      assert.deepStrictEqual(yield* sandbox.faults, [])
      const seen = Exit.isSuccess(exit)
        ? exit.value._tag === "None"
          ? "silence"
          : `${exit.value.value.status} ${reason(exit.value.value.content)} ${exit.value.value.signature}`
        : Cause.squash(exit.cause) instanceof SyntaxError
          ? "not JSON"
          : (Cause.squash(exit.cause) as { reason?: { _tag: string } }).reason?._tag
      return { seen, charges: (yield* sandbox.movements).length }
    })
  )

/** What each fault shows, and whether the charge took effect. */
const expected: Readonly<Record<Fault.Name, readonly [seen: string, charges: number]>> = {
  hang: ["silence", 0],
  "hang-after-commit": ["silence", 1],
  reset: ["TransportError", 0],
  "reset-after-commit": ["TransportError", 1],
  cut: ["DecodeError", 0],
  "cut-after-commit": ["DecodeError", 1],
  "http-500": ["not JSON", 0],
  "http-500-after-commit": ["not JSON", 1],
  html: ["not JSON", 0],
  "html-after-commit": ["not JSON", 1],
  unknown: ["200 isp.unknow-error valid", 0],
  "unknown-after-commit": ["200 isp.unknow-error valid", 1],
  "error-response": ["200 isv.invalid-app-id absent", 0],
  "error-response-after-commit": ["200 isv.invalid-app-id absent", 1],
  "bad-signature": ["200 10000 invalid", 1],
  unsigned: ["200 10000 absent", 1],
  "wrong-key": ["200 10000 invalid", 1],
  "duplicate-keys": ["not JSON", 1],
  slow: ["200 10000 valid", 1],
  paying: ["200 10003 valid", 0],
  "rate-limited": ["200 isv.app-call-limited valid", 0],
  declined: ["200 ACQ.BUYER_BALANCE_NOT_ENOUGH valid", 0],
  forged: ["200 10000 invalid", 0],
  "forged-unsigned": ["200 10000 absent", 0]
}

describe("a charge under a fault", () => {
  for (const name of Fault.names) {
    const [seen, charges] = expected[name]
    it.live(`${name}: shows ${seen}, ${charges === 1 ? "took effect" : "did nothing"}`, () =>
      Effect.map(observe(name), (observed) => assert.deepStrictEqual(observed, { seen, charges }))
    )
  }
})

describe("a fault", () => {
  it.effect("meets its method and its order only, as often as it was asked to", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue()
        yield* sandbox.fault({ fault: "unknown", method: Pay, out_trade_no: "b", times: 2 })
        assert.strictEqual(reason(yield* pay(token, "a", "1.00")), "10000")
        assert.strictEqual(reason(yield* pay(token, "b", "1.00")), "isp.unknow-error")
        assert.deepStrictEqual(yield* sandbox.faults, [{ fault: "unknown", method: Pay, out_trade_no: "b", times: 1 }])
        assert.strictEqual(reason(yield* pay(token, "b", "1.00")), "isp.unknow-error")
        assert.strictEqual(reason(yield* pay(token, "b", "1.00")), "10000")
        yield* sandbox.fault({ fault: "hang" })
        yield* sandbox.clearFaults
        assert.strictEqual(reason(yield* pay(token, "c", "1.00")), "10000")
      })
    )
  )
})

describe("a slow charge", () => {
  /** Waits until every armed fault has met its request. The signatures before that take real time, off the test clock. */
  const met = Effect.flatMap(AlipaySandbox, (sandbox) =>
    Effect.promise(() => new Promise((resume) => setImmediate(resume))).pipe(
      Effect.andThen(sandbox.faults),
      Effect.repeat({ until: (armed) => armed.length === 0 })
    )
  )
  const slow = { fault: "slow", method: Pay, delay_ms: 5_000 } as const

  it.effect("takes effect even if its caller has gone", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue()
        const id = yield* prepay("a", "1.00")
        yield* sandbox.fault(slow)
        const asked = yield* Effect.forkChild(ask(Pay, payment(id, token)).pipe(Effect.timeoutOption("1 second")))
        yield* met
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(asked))._tag, "None")
        assert.strictEqual((yield* sandbox.movements).length, 0)
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual((yield* sandbox.movements).length, 1)
      })
    )
  )

  it.effect("is refused when its order was closed, or its budget spent, while it was under way", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue({ max_total_amount: "1.50" })
        const closed = yield* prepay("closed", "1.00")
        const late = yield* prepay("late", "1.00")
        yield* sandbox.fault({ ...slow, times: 2 })
        const first = yield* Effect.forkChild(ask(Pay, payment(closed, token)))
        const second = yield* Effect.forkChild(ask(Pay, payment(late, token)))
        yield* met
        assert.strictEqual(reason(yield* ask("alipay.trade.close", { out_trade_no: "closed" })), "10000")
        assert.strictEqual(reason(yield* pay(token, "quick", "1.00")), "10000")
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(reason(yield* Fiber.join(first)), "ACQ.TRADE_HAS_CLOSE")
        assert.strictEqual(reason(yield* Fiber.join(second)), "ACQ.DELEGATION_TOTAL_FEE_EXCEED")
        const movements = yield* sandbox.movements
        assert.deepStrictEqual(
          movements.map((movement) => movement.out_trade_no),
          ["quick"]
        )
      })
    )
  )

  it.effect("that is still being paid takes effect later, where it was told when", () =>
    onPlatform(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const token = yield* sandbox.issue()
        yield* sandbox.fault({ fault: "paying", method: Pay, delay_ms: 5_000 })
        assert.strictEqual(reason(yield* pay(token, "a", "1.00")), "10003")
        const before = yield* ask("alipay.trade.query", { out_trade_no: "a" })
        assert.strictEqual(before["trade_status"], "WAIT_BUYER_PAY")
        yield* TestClock.adjust("5 seconds")
        const after = yield* ask("alipay.trade.query", { out_trade_no: "a" })
        assert.strictEqual(after["trade_status"], "TRADE_SUCCESS")
      })
    )
  )
})
