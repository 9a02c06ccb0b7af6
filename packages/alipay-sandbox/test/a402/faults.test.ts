/** What an agent that has paid must never meet: a second bill, a lost delivery, a delivery that nobody confirms. */
import { assert, describe, it } from "@effect/vitest"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { AlipaySandbox } from "../../src/AlipaySandbox.ts"
import * as Fault from "../../src/Fault.ts"
import { drive, quiet } from "../trust/drive.ts"
import { inWorld, open, trades } from "./shop.ts"

const verify = "alipay.aipay.agent.payment.verify"
const confirm = "alipay.aipay.agent.fulfillment.confirm"

const arm = (fault: Fault.Fault) => AlipaySandbox.use((sandbox) => sandbox.fault(fault))
const unmet = AlipaySandbox.use((sandbox) => Effect.map(sandbox.faults, (armed) => armed.length))

const of = (name: Fault.Name, method: Fault.Fault["method"] & string, times = 1): Fault.Fault => ({
  fault: name,
  method,
  times,
  ...((name === "slow" || name === "paying") && { delay_ms: 7_000 })
})

describe("a fault while a proof is verified", () => {
  for (const name of Fault.names) {
    it.effect(`${name}: 503 with a time to come back, never 402; the same proof buys later`, () =>
      inWorld(
        Effect.gen(function* () {
          const { ask, buy, state } = yield* open()
          const { proof } = yield* buy()
          yield* arm(of(name, verify))
          const answer = yield* drive(ask({ proof }))
          assert.strictEqual(yield* unmet, 0)
          assert.strictEqual(answer.status, 503)
          assert.isAbove(answer.retryAfter ?? 0, 0)
          assert.deepInclude(answer, { moved: "unknown", bill: undefined, value: undefined })
          assert.strictEqual(state.runs, 0)
          assert.deepInclude(yield* drive(ask({ proof })), { status: 200, value: "report 1" })
        })
      )
    )
  }
})

describe("a fault while a fulfilment is confirmed", () => {
  for (const name of Fault.names) {
    it.effect(`${name}: the agent is served, and Alipay is told until it knows`, () =>
      inWorld(
        Effect.gen(function* () {
          const { ask, buy, ledger, state } = yield* open()
          const { proof } = yield* buy()
          yield* arm(of(name, confirm))
          assert.deepInclude(yield* drive(ask({ proof })), { status: 200, value: "report 1" })
          yield* drive(Effect.sleep("60 seconds"))
          assert.strictEqual(yield* unmet, 0)
          assert.deepEqual(
            (yield* trades).map(({ confirmed }) => confirmed),
            [true]
          )
          assert.deepEqual(
            (yield* ledger.list()).map(({ state }) => state),
            ["settled"]
          )
          const again = yield* drive(ask({ proof }))
          assert.deepInclude(again, { status: 200, value: "report 1", replayed: true })
          assert.isDefined(again.receipt)
          assert.strictEqual(state.runs, 1)
        })
      )
    )
  }

  it.effect("that lasts: what is not confirmed stays on the books, and is confirmed by whoever recovers", () =>
    inWorld(
      Effect.gen(function* () {
        const { ask, buy, ledger, store } = yield* open()
        const { proof } = yield* buy()
        yield* arm(of("http-500", confirm, 1_000))
        const served = yield* drive(ask({ proof }))
        assert.deepInclude(served, { status: 200, value: "report 1", receipt: undefined })
        yield* drive(Effect.sleep("60 seconds"))
        assert.deepEqual(
          (yield* ledger.list()).map(({ state }) => state),
          ["unknown"]
        )
        yield* AlipaySandbox.use((sandbox) => sandbox.clearFaults)
        const another = yield* open({ store })
        yield* TestClock.adjust("1 hour")
        const { settled } = yield* drive(another.paywall.recover())
        assert.strictEqual(settled, 1)
        assert.isTrue((yield* trades).every(({ confirmed }) => confirmed))
        const again = yield* another.ask({ proof })
        assert.deepInclude(again, { status: 200, value: "report 1", replayed: true })
        assert.isDefined(again.receipt)
        assert.strictEqual(another.state.runs, 0)
      })
    )
  )
})

describe("a process that dies", () => {
  it.effect("before it has confirmed: another one confirms what was delivered, once", () =>
    inWorld(
      Effect.gen(function* () {
        const store = yield* LedgerMemory.store
        const scope = yield* Scope.make()
        let dead = false
        const living = <A, E>(call: Effect.Effect<A, E>) => Effect.suspend(() => (dead ? Effect.never : call))
        const dying = yield* Effect.provideService(
          open({
            store,
            ledger: (host) => ({
              ...host,
              find: (id) => living(host.find(id)),
              advance: (id, ...steps) =>
                living(host.advance(id, ...steps)).pipe(
                  // The delivery is written, and the power fails.
                  Effect.tap(() => {
                    dead = dead || steps.some(({ to }) => to === "delivered")
                    return dead ? Effect.never : Effect.void
                  })
                )
            })
          }),
          Scope.Scope,
          scope
        )
        const { proof } = yield* dying.buy()
        yield* Effect.forkDetach(dying.ask({ proof }))
        yield* quiet
        assert.isTrue(dead)
        yield* Effect.forkDetach(Scope.close(scope, yield* Effect.exit(Effect.void)))
        yield* TestClock.adjust("10 minutes")
        yield* quiet
        assert.deepEqual(
          (yield* trades).map(({ confirmed }) => confirmed),
          [false]
        )
        const heir = yield* open({ store })
        yield* drive(heir.paywall.recover())
        assert.deepEqual(
          (yield* trades).map(({ confirmed }) => confirmed),
          [true]
        )
        assert.deepInclude(yield* drive(heir.ask({ proof })), { status: 200, value: "report 1", replayed: true })
        assert.deepEqual([dying.state.runs, heir.state.runs], [1, 0])
      })
    )
  )
})
