// The books see each thing that must not be: one story that is whole, and the same with one thing wrong.
import { assert, describe, it } from "@effect/vitest"
import type { Entry } from "@paylayer/core/Ledger"
import * as DateTime from "effect/DateTime"
import * as Books from "../src/Books.ts"
import type { Evidence } from "../src/Evidence.ts"
import type { Heard, Order } from "../src/Order.ts"
import * as Terms from "../src/Terms.ts"

const tokens = ["token-1", "token-2"]
const numbers = Array.from({ length: Number(Terms.answersPerAgent) }, (_, index) => index + 1)
const chargeOf = (number: number) => `ch_${String(number).padStart(32, "0")}`
/** As many as it has room for are paid by the first token. */
const tokenOf = (number: number) => tokens[number <= Number(Terms.answersPerToken) ? 0 : 1]!

const openedAt = DateTime.makeUnsafe(0)

const entry = (number: number): Entry => {
  const [id, resource] = [chargeOf(number), Terms.resource(number)]
  const common = { merchant: Terms.merchant, resource, money: Terms.price }
  return {
    charge: { ...common, id, method: "POST", binding: `binding-${number}`, openedAt, expiresAt: openedAt },
    protocol: "voucher",
    payer: "agent",
    key: `key-${number}`,
    request: `binding-${number}`,
    state: "settled",
    owner: "host",
    receipt: { ...common, chargeId: id, protocol: "voucher", reference: `slip-${number}`, settledAt: openedAt },
    journal: (["opened", "authorized", "delivered", "settling", "settled"] as const).map((state) => ({
      state,
      owner: "host",
      atMillis: 0
    }))
  }
}

const answer = (number: number, replayed: boolean): Heard => {
  const charge = chargeOf(number)
  const { receipt } = entry(number)
  return {
    _tag: "Answered",
    body: JSON.stringify({ charge, delivery: `delivery-${number}` }),
    charge,
    receipt,
    replayed
  }
}

const order = (number: number): Order => ({
  number,
  resource: Terms.resource(number),
  protocol: "voucher",
  headers: { "idempotency-key": `key-${number}` },
  heard: [answer(number, false), answer(number, true)],
  attempts: 1
})

const whole: Evidence = {
  entries: numbers.map(entry),
  orders: [...numbers.map(order), { ...order(99), heard: [{ _tag: "Refused", code: "spending_limit_reached" }] }],
  movements: numbers.map((number) => ({
    protocol: "voucher",
    charge: chargeOf(number),
    mandate: tokenOf(number),
    money: Terms.price,
    reference: `slip-${number}`
  })),
  holds: [],
  wallets: [{ protocol: "voucher", agent: "agent", tokens: tokens.map((id) => ({ id, headers: {}, spent: true })) }],
  audit: [],
  failures: [],
  late: []
}

const changed = <A>(list: ReadonlyArray<A>, change: (item: A) => A): ReadonlyArray<A> =>
  list.map((item, index) => (index === 0 ? change(item) : item))

const [firstMovement] = whole.movements

const wrongs: ReadonlyArray<readonly [wrong: string, evidence: Evidence, seen: RegExp]> = [
  [
    "a movement of a charge that was released",
    { ...whole, entries: changed(whole.entries, (one) => ({ ...one, state: "released" })) },
    /moved money for a charge that is not settled/
  ],
  [
    "a movement of a charge that nobody knows",
    { ...whole, movements: [...whole.movements, { ...firstMovement!, charge: "ch_unknown" }] },
    /moved money for a charge that is not settled/
  ],
  ["a movement that is missing", { ...whole, movements: whole.movements.slice(1) }, /the provider moved nothing/],
  [
    "a second movement for one charge",
    { ...whole, movements: [...whole.movements, { ...firstMovement!, reference: "slip-again" }] },
    /moved money 2 times for one charge/
  ],
  [
    "a movement of other money",
    {
      ...whole,
      movements: changed(whole.movements, (one) => ({ ...one, money: { ...one.money, minor: one.money.minor + 1n } }))
    },
    /receipt and movement of a charge differ/
  ],
  [
    "a receipt with another reference",
    { ...whole, movements: changed(whole.movements, (one) => ({ ...one, reference: "another" })) },
    /receipt and movement of a charge differ/
  ],
  ...(["opened", "authorized", "delivered", "settling", "unknown"] as const).map(
    (state) =>
      [
        `a charge that is ${state}`,
        { ...whole, entries: changed(whole.entries, (one) => ({ ...one, state })) },
        new RegExp(`a charge is still ${state}`)
      ] as const
  ),
  [
    "a charge that two hosts moved",
    {
      ...whole,
      entries: changed(whole.entries, (one) => ({
        ...one,
        journal: one.journal.map((line) => (line.state === "settled" ? { ...line, owner: "another" } : line))
      }))
    },
    /a host moved a charge that was another's/
  ],
  [
    "money that is held",
    { ...whole, holds: [{ charge: chargeOf(1), mandate: tokens[0]!, money: Terms.price }] },
    /still holds money/
  ],
  [
    "a token that paid more than its budget",
    { ...whole, movements: whole.movements.map((one) => ({ ...one, mandate: tokens[0]! })) },
    /token-1 of agent paid for 14 answers, its budget is for 9/
  ],
  [
    "an agent that spent more than its limit",
    {
      ...whole,
      movements: [...whole.movements, { ...firstMovement!, charge: "ch_more", mandate: tokens[1]! }]
    },
    /agent paid for 15 answers, its limit is 14/
  ],
  ["a limit that stays reserved", { ...whole, movements: whole.movements.slice(1) }, /could only pay for 13 answers/],
  [
    "two answers for one key",
    {
      ...whole,
      orders: changed(whole.orders, (one) => ({
        ...one,
        heard: [one.heard[0]!, { ...answer(1, false), body: "other" }]
      }))
    },
    /order 1 .* got different answers/
  ],
  [
    "an order that was paid for twice",
    {
      ...whole,
      entries: changed(whole.entries, (one) => ({ ...one, charge: { ...one.charge, resource: Terms.resource(2) } }))
    },
    /order 2 .* was paid for 2 times/
  ],
  [
    "an answer that nobody paid for",
    {
      ...whole,
      entries: changed(whole.entries, (one) => ({ ...one, charge: { ...one.charge, resource: "/elsewhere" } }))
    },
    /order 1 .* was answered and never paid for/
  ],
  [
    "a payment that was never answered",
    { ...whole, orders: changed(whole.orders, (one) => ({ ...one, heard: [{ _tag: "Refused", code: "x" }] })) },
    /order 1 .* was paid for and never answered/
  ],
  [
    "an answer of another charge",
    { ...whole, orders: changed(whole.orders, (one) => ({ ...one, heard: [{ ...answer(2, false) }] })) },
    /order 1 .* got an answer of another charge/
  ],
  [
    "an answer without a receipt",
    {
      ...whole,
      orders: changed(whole.orders, (one) => ({
        ...one,
        heard: [{ ...answer(1, false), receipt: undefined }] as Array<Heard>
      }))
    },
    /order 1 .* got an answer without a receipt/
  ],
  [
    "an answer that cannot be had again",
    {
      ...whole,
      orders: changed(whole.orders, (one) => ({
        ...one,
        heard: [answer(1, false), { _tag: "Unexpected", status: 409, body: "already_settled" }]
      }))
    },
    /order 1 .* has an answer that cannot be had again/
  ],
  [
    "an order without a last word",
    { ...whole, orders: [...whole.orders, { ...order(100), heard: [] }] },
    /order 100 .* never got a last word/
  ],
  [
    "a coupon that is refused",
    {
      ...whole,
      orders: [...whole.orders, { ...order(100), protocol: "coupon", heard: [{ _tag: "Refused", code: "x" }] }]
    },
    /order 100 .* was paid for before and refused/
  ],
  ["a complaint of the ledger's audit", { ...whole, audit: ["bucket a has 3"] }, /audit: bucket a has 3/],
  ["a host that ended by itself", { ...whole, failures: ["out of memory"] }, /ended by itself:\nout of memory/],
  ["what was not done in time", { ...whole, late: ["not every charge came to its end"] }, /not every charge/]
]

describe("the books", () => {
  it("have nothing to say against a story that is whole", () => {
    assert.deepStrictEqual(Books.violations(whole), [])
  })

  it.each(wrongs)("see %s", (_, evidence, seen) => {
    const explained = Books.violations(evidence).map((violation) => Books.explain(violation, evidence))
    assert.isTrue(
      explained.some((text) => seen.test(text)),
      explained.join("\n") || "nothing was seen"
    )
  })

  it("show the journals of the charges concerned", () => {
    const evidence = { ...whole, movements: whole.movements.slice(1) }
    const [first] = Books.violations(evidence)
    assert.match(Books.explain(first!, evidence), /ch_0+1 voucher CNY 1\.00 \/answer\?order=1: settled, host\n.*opened/)
  })
})
