/** A metered payment from the 402 to the confirmed fulfilment, and everything that an agent may do with a proof. */
import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as Price from "@paylayer/core/Price"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { AlipaySandbox } from "../../src/AlipaySandbox.ts"
import { inWorld, noon, open, trades } from "./shop.ts"

type ProofJson = {
  readonly protocol: { readonly payment_proof: string; readonly trade_no: string }
  readonly method: { readonly client_session: string }
}
const decoded = (proof: string): ProofJson => JSON.parse(Buffer.from(proof, "base64").toString())
const encoded = (json: unknown) => Buffer.from(JSON.stringify(json)).toString("base64")

describe("a metered payment", () => {
  it.effect("is asked for with a bill, paid by the wallet, proven, delivered and confirmed", () =>
    inWorld(
      Effect.gen(function* () {
        const { ask, buy, state } = yield* open()
        const unpaid = yield* ask()
        assert.deepInclude(unpaid, { status: 402, code: "payment_required", moved: "no" })
        assert.isString(unpaid.bill)
        const { proof, trade } = yield* buy()
        assert.deepEqual(yield* trades, [{ trade, confirmed: false }])
        const paid = yield* ask({ proof })
        assert.deepInclude(paid, { status: 200, value: "report 1", replayed: false })
        assert.deepInclude(paid.receipt, { reference: trade, money: Money.of("CNY", 1_10n), protocol: "alipay-a402" })
        assert.deepEqual(yield* trades, [{ trade, confirmed: true }])
        assert.strictEqual(state.runs, 1)
      })
    )
  )

  it.effect("gives the stored answer when its proof comes again, in whatever spelling, also after a year", () =>
    inWorld(
      Effect.gen(function* () {
        const { ask, buy, state } = yield* open()
        const { proof } = yield* buy()
        const first = yield* ask({ proof })
        const { method, protocol } = decoded(proof)
        const again = [
          proof,
          proof.replace(/=+$/, ""),
          `${proof.replace(/=+$/, "")}`.replaceAll("+", "-").replaceAll("/", "_"),
          encoded({ method, protocol }),
          encoded({ protocol, method, note: "another credential?" })
        ]
        for (const spelling of again) {
          assert.deepEqual(yield* ask({ proof: spelling }), { ...first, replayed: true })
        }
        yield* TestClock.adjust("365 days")
        assert.deepEqual(yield* ask({ proof }), { ...first, replayed: true })
        assert.strictEqual(state.runs, 1)
        assert.lengthOf(yield* trades, 1)
      })
    )
  )

  it.effect("buys its own resource, method, body and price, and is refused elsewhere with 409 and without a bill", () =>
    inWorld(
      Effect.gen(function* () {
        const { ask, buy, state } = yield* open()
        const { proof } = yield* buy({ resource: "/a?id=1" })
        const own = { resource: "/a?id=1", proof }
        const others = [
          { ...own, resource: "/b" },
          { ...own, resource: "/a" },
          { ...own, resource: "/a?id=2" },
          { ...own, resource: "/A?id=1" },
          { ...own, method: "PUT" },
          { ...own, body: '{"pages":2}' }
        ]
        const prices = [
          { ...own, price: Price.make({ CNY: "1.11" }) },
          { ...own, price: Price.make({ CNY: "0.01" }) }
        ]
        for (const other of [...others, ...prices]) {
          const answer = yield* ask(other)
          assert.deepInclude(answer, { status: 409, code: "binding_mismatch", moved: "yes", bill: undefined })
        }
        assert.deepInclude(yield* ask(own), { status: 200, value: "report 1" })
        for (const other of others) assert.deepInclude(yield* ask(other), { status: 409, bill: undefined })
        // What was bought stays bought, whatever it costs by now.
        for (const other of prices) assert.deepInclude(yield* ask(other), { status: 200, replayed: true })
        assert.strictEqual(state.runs, 1)
      })
    )
  )

  it.effect("is not good at another seller, nor with parts of another payment", () =>
    inWorld(
      Effect.gen(function* () {
        const { ask, buy, state } = yield* open()
        const other = yield* open({ a402: { sellerId: "2088000000000001" } })
        const elsewhere = yield* other.buy()
        assert.deepInclude(yield* ask({ proof: elsewhere.proof }), { status: 409, bill: undefined })
        const [mine, yours] = [yield* buy({}, "2088000000000011"), yield* buy({}, "2088000000000012")]
        const [me, you] = [decoded(mine.proof), decoded(yours.proof)]
        for (const mixed of [
          { protocol: me.protocol, method: you.method },
          { protocol: { ...me.protocol, payment_proof: you.protocol.payment_proof }, method: me.method },
          { protocol: { ...me.protocol, trade_no: you.protocol.trade_no }, method: me.method },
          { protocol: { ...me.protocol, payment_proof: "0".repeat(64) }, method: me.method }
        ]) {
          const answer = yield* ask({ proof: encoded(mixed) })
          assert.deepInclude(answer, { status: 402, code: "credential_malformed" })
          assert.isString(answer.bill)
        }
        assert.strictEqual(state.runs, 0)
        assert.deepInclude(yield* ask({ proof: mine.proof }), { status: 200, value: "report 1" })
        assert.deepInclude(yield* ask({ proof: yours.proof }), { status: 200, value: "report 2" })
        // Known to the ledger by now, and no better for it.
        const stolen = encoded({ protocol: { ...me.protocol, payment_proof: "0".repeat(64) }, method: me.method })
        assert.deepInclude(yield* ask({ proof: stolen }), { status: 402, value: undefined })
      })
    )
  )

  it.effect("asks for no second payment where Alipay does not know the trade yet", () =>
    inWorld(
      Effect.gen(function* () {
        const { ask, buy } = yield* open()
        const { proof } = yield* buy()
        const early = { ...decoded(proof), protocol: { payment_proof: "ab".repeat(32), trade_no: "2026112299" } }
        const answer = yield* ask({ proof: encoded(early) })
        assert.deepInclude(answer, { status: 503, code: "outcome_unknown", moved: "unknown", bill: undefined })
        assert.isAbove(answer.retryAfter ?? 0, 0)
      })
    )
  )

  it.effect("that is not active any more is answered with a new bill", () =>
    inWorld(
      Effect.gen(function* () {
        const { ask, buy, state } = yield* open()
        const { proof, trade } = yield* buy()
        yield* AlipaySandbox.use(({ wallet }) => wallet.close(trade))
        const answer = yield* ask({ proof })
        assert.deepInclude(answer, { status: 402, code: "credential_revoked", moved: "no" })
        const again = yield* AlipaySandbox.use(({ wallet }) => wallet.pay(answer.bill ?? ""))
        assert.notStrictEqual(again.trade_no, trade)
        assert.strictEqual(state.runs, 0)
      })
    )
  )

  it.effect("gets the same bill for the same key, which nobody can pay twice", () =>
    inWorld(
      Effect.gen(function* () {
        const { ask, buy } = yield* open()
        const { wallet } = yield* AlipaySandbox
        const first = yield* ask({ key: "order-17" })
        assert.strictEqual((yield* ask({ key: "order-17" })).bill, first.bill)
        assert.notStrictEqual((yield* ask({ key: "order-18" })).bill, first.bill)
        assert.notStrictEqual((yield* ask()).bill, (yield* ask()).bill)
        const { proof, trade } = yield* buy({ key: "order-17" })
        // The agent forgets that it has paid.
        yield* TestClock.setTime(noon + 3_600_000)
        const forgotten = yield* ask({ key: "order-17" })
        const again = yield* wallet.pay(forgotten.bill ?? "")
        assert.strictEqual(again.trade_no, trade)
        const other = yield* Effect.flip(wallet.pay(forgotten.bill ?? "", { payer: "2088000000000009" }))
        assert.strictEqual(other.code, "TRADE_HAS_SUCCESS")
        assert.lengthOf(yield* trades, 1)
        // The proof is good with the key, with another one, and with none.
        assert.deepInclude(yield* ask({ key: "order-17", proof }), { status: 200, replayed: false })
        assert.deepInclude(yield* ask({ proof }), { status: 200, replayed: true })
      })
    )
  )

  it.effect("can be made by two agents for the same thing at the same time", () =>
    inWorld(
      Effect.gen(function* () {
        const { ask, buy } = yield* open()
        const bought = yield* Effect.forEach(["2088000000000011", "2088000000000012"], (payer) => buy({}, payer))
        const answers = yield* Effect.forEach(bought, ({ proof }) => ask({ proof }), { concurrency: "unbounded" })
        assert.sameMembers(
          answers.map(({ value }) => value),
          ["report 1", "report 2"]
        )
      })
    )
  )

  it.effect("is not offered for what the product does not take", () =>
    inWorld(
      Effect.gen(function* () {
        const { ask, buy } = yield* open()
        for (const price of [Price.make({ CNY: "50.01" }), Price.make({ USD: "0.15" })]) {
          assert.deepInclude(yield* ask({ price }), { status: 402, code: "payment_required", bill: undefined })
        }
        const { proof } = yield* buy()
        const dear = yield* ask({ proof, price: Price.make({ CNY: "50.01" }) })
        assert.deepInclude(dear, { status: 402, code: "limit_exceeded", bill: undefined })
        const foreign = yield* ask({ proof, price: Price.make({ USD: "0.15" }) })
        assert.deepInclude(foreign, { status: 402, code: "currency_not_allowed", bill: undefined })
        assert.isString((yield* ask({ price: Price.make({ USD: "0.15", CNY: "50.00" }) })).bill)
      })
    )
  )

  it.effect("is confirmed with Payment-Validation where the seller wants it", () =>
    inWorld(
      Effect.gen(function* () {
        const { ask, buy } = yield* open({ a402: { validation: true } })
        const { proof, trade } = yield* buy()
        const { receipt } = yield* ask({ proof })
        const said = Buffer.from(receipt?.headers?.["payment-validation"] ?? "", "base64url").toString()
        assert.deepInclude(JSON.parse(said), { trade_no: trade, validated: true })
        assert.deepEqual((yield* ask({ proof })).receipt, receipt)
      })
    )
  )
})
