/** Whatever a merchant does, in whatever order: the movements are exactly those that a simple model of the terms allows. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as FastCheck from "fast-check"
import { AlipaySandbox, type Token } from "../src/AlipaySandbox.ts"
import { ask, order, payment, platform, reason } from "./merchant.ts"

const budget = 100
const largest = 40
const times = 5

interface Order {
  cents: number
  prepayId: string
  state: "open" | "paid" | "closed"
  refunds: Map<string, number>
}

interface Model {
  spent: number
  charges: number
  revoked: boolean
  readonly orders: Map<string, Order>
  readonly movements: Array<string>
}

type Ask = (method: Parameters<typeof ask>[0], biz: object) => Promise<Readonly<Record<string, any>>>

interface Real {
  readonly ask: Ask
  readonly run: <A, E>(effect: Effect.Effect<A, E, AlipaySandbox>) => Promise<A>
  readonly token: Token
}

const decimal = (cents: number) => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`

const refundedOf = (one: Order) => [...one.refunds.values()].reduce((sum, cents) => sum + cents, 0)

const closedOf = (one: Order) => one.state === "closed" || (one.state === "paid" && refundedOf(one) === one.cents)

type Command = FastCheck.AsyncCommand<Model, Real>

const command = (print: string, run: (model: Model, real: Real) => Promise<void>): Command => ({
  check: () => true,
  run,
  toString: () => print
})

const prepay = (name: string, cents: number) =>
  command(`prepay(${name}, ${cents})`, async (model, real) => {
    const known = model.orders.get(name)
    const answer = await real.ask("alipay.trade.order.prepay", order(name, decimal(cents)))
    const expected =
      known === undefined
        ? "10000"
        : closedOf(known)
          ? "ACQ.TRADE_HAS_CLOSE"
          : known.cents !== cents
            ? "ACQ.CONTEXT_INCONSISTENT"
            : known.state === "paid"
              ? "ACQ.TRADE_HAS_SUCCESS"
              : "10000"
    assert.strictEqual(reason(answer), expected)
    if (known !== undefined && expected === "10000") assert.strictEqual(answer["prepay_id"], known.prepayId)
    if (known === undefined) {
      model.orders.set(name, { cents, prepayId: answer["prepay_id"], state: "open", refunds: new Map() })
    }
  })

const pay = (name: string) =>
  command(`pay(${name})`, async (model, real) => {
    const known = model.orders.get(name)
    const answer = await real.ask("alipay.trade.agent.delegation.pay", payment(known?.prepayId ?? "none", real.token))
    const expected = (() => {
      if (known === undefined) return "ACQ.ORDER_NOT_EXIST"
      if (closedOf(known)) return "ACQ.TRADE_HAS_CLOSE"
      if (known.state === "paid") return "ACQ.TRADE_HAS_SUCCESS"
      if (model.revoked) return "ACQ.AGREEMENT_INVALID"
      if (known.cents > largest) return "ACQ.DELEGATION_SINGLE_FEE_EXCEED"
      if (model.charges === times) return "ACQ.DELEGATION_TOTAL_TIMES_EXCEED"
      return model.spent + known.cents > budget ? "ACQ.DELEGATION_TOTAL_FEE_EXCEED" : "10000"
    })()
    assert.strictEqual(reason(answer), expected)
    if (known === undefined || expected !== "10000") return
    known.state = "paid"
    model.spent += known.cents
    model.charges += 1
    model.movements.push(`charge ${name} ${decimal(known.cents)}`)
  })

const close = (name: string) =>
  command(`close(${name})`, async (model, real) => {
    const known = model.orders.get(name)
    const answer = await real.ask("alipay.trade.close", { out_trade_no: name })
    if (known?.state === "open") known.state = "closed"
    else return assert.include(["ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_STATUS_ERROR"], reason(answer))
    assert.strictEqual(reason(answer), "10000")
  })

const refund = (name: string, number: string, cents: number) =>
  command(`refund(${name}, ${number}, ${cents})`, async (model, real) => {
    const known = model.orders.get(name)
    const request = { out_trade_no: name, out_request_no: number, refund_amount: decimal(cents) }
    const answer = await real.ask("alipay.trade.refund", request)
    const before = known?.refunds.get(number)
    const expected = (() => {
      if (known === undefined) return "ACQ.TRADE_NOT_EXIST"
      if (known.state !== "paid") return "ACQ.TRADE_STATUS_ERROR"
      if (before !== undefined) return before === cents ? "10000" : "ACQ.DISCORDANT_REPEAT_REQUEST"
      return refundedOf(known) + cents > known.cents ? "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL" : "10000"
    })()
    assert.strictEqual(reason(answer), expected)
    if (known === undefined || expected !== "10000") return
    assert.strictEqual(answer["fund_change"], before === undefined ? "Y" : "N")
    if (before !== undefined) return
    known.refunds.set(number, cents)
    model.movements.push(`refund ${name} ${decimal(cents)}`)
  })

const revoke = command("revoke", async (model, real) => {
  await real.run(Effect.flatMap(AlipaySandbox, (sandbox) => sandbox.revoke(real.token.id)))
  model.revoked = true
})

const names = FastCheck.constantFrom("a", "b", "c", "d", "e", "f", "g")
const cents = FastCheck.integer({ min: 1, max: 45 })

const commands = FastCheck.commands(
  [
    FastCheck.tuple(names, cents).map(([name, amount]) => prepay(name, amount)),
    names.map(pay),
    names.map(pay),
    names.map(close),
    FastCheck.tuple(names, FastCheck.constantFrom("r1", "r2"), cents).map((request) => refund(...request)),
    FastCheck.constantFrom(revoke)
  ],
  { maxCommands: 40 }
)

const session = async (steps: Iterable<Command>) => {
  const runtime = ManagedRuntime.make(platform)
  const run: Real["run"] = (effect) => runtime.runPromise(effect)
  const limits = { commerce: { max_single_amount: decimal(largest) }, vendor_private: { times_limit: times } }
  const terms = { max_total_amount: decimal(budget), ext: limits }
  const token = await run(Effect.flatMap(AlipaySandbox, (sandbox) => sandbox.issue(terms)))
  const model: Model = { spent: 0, charges: 0, revoked: false, orders: new Map(), movements: [] }
  const real: Real = { run, token, ask: (method, biz) => runtime.runPromise(ask(method, biz)) }
  await FastCheck.asyncModelRun(() => ({ model, real }), steps)
  const movements = await run(Effect.flatMap(AlipaySandbox, (sandbox) => sandbox.movements))
  assert.deepStrictEqual(
    movements.map(({ amount, kind, out_trade_no }) => `${kind} ${out_trade_no} ${amount}`),
    model.movements
  )
  await runtime.dispose()
}

it("money moves as the terms say, whatever is asked in whatever order", () =>
  FastCheck.assert(FastCheck.asyncProperty(commands, session), { numRuns: 60 }))
