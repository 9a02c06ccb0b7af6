/** RPL: a credential that is sent for something else, or to somebody else, than it was given for. */
import * as PaidRequest from "@paylayer/core/PaidRequest"
import type { Money } from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import type { About } from "../About.ts"
import * as Expect from "../Expect.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import type { Minted } from "../Provider.ts"
import * as Shop from "../Shop.ts"
import type { Terms } from "../Terms.ts"
import { met, World } from "../World.ts"

/** What was bought, and requests that some servers take for the same one. */
const bought: Shop.Wanted = { method: "POST", resource: "/report?id=1", body: '{"pages":1}' }

const others = {
  resource: [
    "/report?id=2",
    "/report?id=11",
    "/report",
    "/report/?id=1",
    "/Report?id=1",
    "/report?ID=1",
    "/report?id=1&id=2",
    "/report?id=1&",
    "/report%3Fid=1",
    "//report?id=1",
    "/report?id=1#all",
    "/other?id=1"
  ].map((resource): Shop.Wanted => ({ ...bought, resource })),
  method: ["GET", "PUT", "PATCH"].map((method): Shop.Wanted => ({ ...bought, method })),
  body: [
    { method: "POST", resource: "/report?id=1" },
    ...['{"pages":2}', '{"pages":11}', '{"pages":"1"}', '{"pages":1,"all":true}', "{}"].map((body): Shop.Wanted => ({
      ...bought,
      body
    }))
  ]
} as const

const asked = ({ method, resource, body }: Shop.Wanted): string => `${method} ${resource} ${body ?? "without a body"}`

/** A payment for one request: it buys this one and no other, before it was used and after. */
const boundOnce = Effect.fnUntraced(function* (minted: Minted, money: Money, elsewhere: ReadonlyArray<Shop.Wanted>) {
  const { delivered } = yield* World
  const refusedElsewhere = Effect.fnUntraced(function* (when: string) {
    for (const other of elsewhere) {
      yield* Expect.refused(
        yield* Shop.sell({ ...other, entries: minted.entries, money }),
        `another request is refused as another one, ${when} the payment was used`,
        {
          as: ["BindingMismatch", "IdempotencyConflict", "AlreadySettled"],
          facts: [`paid for: ${asked(bought)}`, `sent with: ${asked(other)}`]
        }
      )
    }
  })
  yield* refusedElsewhere("before")
  const own = yield* Shop.sell({ ...bought, entries: minted.entries, money })
  yield* Expect.accepted(own, "the request that was paid for is served", [`paid for: ${asked(bought)}`])
  yield* refusedElsewhere("after")
  yield* Expect.counted(
    "one payment",
    { settlements: 1, deliveries: 1 },
    { settlements: (yield* Shop.settlements).length, deliveries: delivered.length }
  )
})

/** A mandate for many requests: under one key one of them, without a key each for its own money. */
const paidEach = Effect.fnUntraced(function* (minted: Minted, money: Money, elsewhere: ReadonlyArray<Shop.Wanted>) {
  const { delivered } = yield* World
  const key = { idempotencyKey: "one-key" }
  const first = yield* Shop.sell({ ...bought, ...key, entries: minted.entries, money })
  yield* Expect.accepted(first, "the first request is served")
  for (const other of elsewhere) {
    const facts = [`first: ${asked(bought)}`, `then: ${asked(other)}`]
    const second = yield* Shop.sell({ ...other, ...key, entries: minted.entries, money })
    yield* Expect.refused(second, "another request under the same key is refused as a conflict", {
      as: ["IdempotencyConflict"],
      facts
    })
  }
  const [other = bought] = elsewhere
  const third = yield* Shop.sell({ ...other, entries: minted.entries, money })
  yield* Expect.accepted(third, "another request without a key is another charge")
  yield* Expect.counted(
    "two requests, each for its own money",
    { settlements: 2, deliveries: 2 },
    { settlements: (yield* Shop.settlements).length, deliveries: delivered.length }
  )
})

export const otherResource = Law.property({
  id: "RPL-02",
  severity: "critical",
  clause: "Charge.binding, Manifest.use, Ledger.open",
  statement:
    "serves nothing but what was paid for: a payment buys its own method, resource and body, a mandate pays for each request anew",
  why: "The price of the cheapest thing in the shop buys everything in it.",
  gen: (about) =>
    Gen.tuple(
      MandateGen.price(about),
      Gen.tuple(
        Gen.constantFrom(...others.resource),
        Gen.constantFrom(...others.method),
        Gen.constantFrom(...others.body)
      )
    ),
  interesting: ["another resource, method and body"],
  weight: 0.15,
  run: ([money, elsewhere]) =>
    Effect.gen(function* () {
      const { about } = yield* World
      yield* met("another resource, method and body")
      const minted = yield* Shop.mint({}, yield* Shop.charge(money, bought))
      yield* about.manifest.use === "once" ? boundOnce(minted, money, elsewhere) : paidEach(minted, money, elsewhere)
    })
})

/** Names that are not the merchant's, and look as if they were. */
const lookalikes = (merchant: string): ReadonlyArray<string> => {
  const digit = /[0-9]$/.exec(merchant)?.[0]
  const next = digit === undefined ? `${merchant}1` : merchant.slice(0, -1) + String((Number(digit) + 1) % 10)
  const shorter = [merchant.slice(0, -1), merchant.slice(0, -1), merchant.slice(0, -2)]
  return [next, ...shorter, `${merchant}0`, `1${merchant}`, merchant.slice(1)]
}

type Merchants = NonNullable<Terms["merchants"]>

/** Mandates that may not pay us. */
const withoutUs = (us: string, other: string): Gen.Gen<Merchants> =>
  Gen.constantFrom<Merchants>(
    { allowed: [other] },
    { allowed: [other] },
    { allowed: [other] },
    { forbidden: [us] },
    { allowed: [us, other], forbidden: [us] }
  )

/** Mandates that may. */
const withUs = (us: string, other: string): Gen.Gen<Merchants> =>
  Gen.constantFrom<Merchants>({ allowed: [other, us] }, { forbidden: [other] })

/** A charge that another merchant would have opened for the same request. */
const elsewhere = Effect.fnUntraced(function* (money: Money, merchant: string) {
  const charge = yield* Shop.charge(money)
  return { ...charge, merchant, binding: PaidRequest.binding(Shop.request([]), merchant) }
})

const isPaidPerBill = ({ manifest }: About) => manifest.use === "once"

export const otherMerchant = Law.property({
  id: "RPL-03",
  severity: "critical",
  needs: {
    unless: (about) =>
      isPaidPerBill(about) || about.abilities.terms.includes("merchants")
        ? undefined
        : "a mandate is good at every merchant"
  },
  clause: "Mandate.merchants, Charge.binding",
  statement: "takes no credential that was given for another merchant, also not where the two are called almost alike",
  why: "A payment to one shop is carried to the next and buys there too.",
  gen: (about) =>
    Gen.tuple(MandateGen.price(about), Gen.constantFrom(...lookalikes(about.merchant))).chain(([money, other]) =>
      Gen.record({
        money: Gen.constant(money),
        other: Gen.constant(other),
        without: withoutUs(about.merchant, other),
        with: withUs(about.merchant, other)
      })
    ),
  interesting: ["for another merchant", "for this merchant"],
  weight: 0.35,
  run: ({ money, other, without, with: including }) =>
    Effect.gen(function* () {
      const { about, delivered } = yield* World
      const us = about.merchant
      const buy = Effect.fnUntraced(function* (merchant: string, merchants: Merchants) {
        const minted = isPaidPerBill(about)
          ? yield* Shop.mint({}, merchant === us ? yield* Shop.charge(money) : yield* elsewhere(money, merchant))
          : yield* Shop.mint({ merchants }, yield* Shop.charge(money))
        return yield* Shop.sell({ entries: minted.entries, money })
      })
      const told = (merchant: string, { allowed, forbidden }: Merchants) => [
        isPaidPerBill(about)
          ? `paid to ${merchant}, sent to ${us}`
          : `merchants allowed: ${allowed?.join(", ") ?? "any"}; forbidden: ${forbidden?.join(", ") ?? "none"}; sent to ${us}`
      ]
      yield* met("for another merchant")
      yield* Expect.refused(
        yield* buy(other, without),
        "a credential for another merchant is refused with merchant_not_allowed or binding_mismatch",
        { as: ["MerchantNotAllowed", "BindingMismatch"], facts: told(other, without) }
      )
      yield* Expect.counted(
        "a credential for another merchant",
        { settlements: 0, deliveries: 0 },
        { settlements: (yield* Shop.settlements).length, deliveries: delivered.length },
        told(other, without)
      )
      yield* met("for this merchant")
      yield* Expect.accepted(yield* buy(us, including), "a credential for this merchant is taken", told(us, including))
    })
})
