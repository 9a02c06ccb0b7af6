/** LIM: less is taken than was authorized. */
import * as Money from "@paylayer/core/Money"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Effect from "effect/Effect"
import * as About from "../About.ts"
import { Broken } from "../Broken.ts"
import * as Expect from "../Expect.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

const shares = ["the least there is", "a part", "all of it"] as const

const partOf = ({ currency, minor }: Money.Money, share: (typeof shares)[number], hundredths: bigint): Money.Money =>
  share === "all of it"
    ? { currency, minor }
    : Money.of(currency, share === "a part" ? (minor * hundredths) / 100n || 1n : 1n)

/** The provider took exactly this, once, and the receipt says so. */
const took = Effect.fnUntraced(function* (part: Money.Money, seen: number, receipt: Receipt | undefined, how: string) {
  const made = (yield* Shop.settlements).slice(seen).map(({ money }) => money)
  const facts = [`${Money.print(part)} was to be taken, ${how}`]
  if (made.length !== 1 || !Money.equals(made[0]!, part)) {
    return yield* new Broken({
      expected: `the provider takes ${Money.print(part)}, once`,
      actual: made.length === 0 ? "it took nothing" : `it took ${made.map(Money.print).join(" and ")}`,
      facts
    })
  }
  if (receipt === undefined || !Money.equals(receipt.money, part)) {
    const actual = receipt === undefined ? "there is no receipt" : `it is for ${Money.print(receipt.money)}`
    return yield* new Broken({ expected: "a receipt for what was taken", actual, facts })
  }
})

/** Through the plug-in alone: verified with all of it, settled and looked up with a part. */
const alone = Effect.fnUntraced(function* (price: Money.Money, part: Money.Money) {
  const { protocol } = yield* World
  const charge = yield* Shop.charge(price)
  const seen = (yield* Shop.settlements).length
  const granted = yield* Shop.authorize(yield* Shop.mint({}, charge), charge)
  const { authorization } = yield* Expect.accepted(granted, "a charge that fits is authorized")
  const less = { ...charge, money: part }
  const settled = yield* Effect.result(protocol.settle(authorization, less))
  yield* took(part, seen, yield* Expect.accepted(settled, "less than was authorized is settled"), "by the plug-in")
  const found = yield* Effect.result(protocol.lookup(authorization, less))
  const outcome = yield* Expect.accepted(found, "a settled charge is found")
  if (outcome._tag !== "Settled") {
    return yield* new Broken({ expected: "lookup answers Settled", actual: `it answers ${outcome._tag}` })
  }
  yield* took(part, seen, outcome.receipt, "by what lookup found")
})

/** Through the paywall, on a budget of exactly the price: what was not taken can be spent, and no more. */
const restored = Effect.fnUntraced(function* (price: Money.Money, part: Money.Money) {
  const { about } = yield* World
  const terms = About.canMint(about, "budget") ? { budget: [price] } : {}
  const { entries } = yield* Shop.mint(terms, yield* Shop.charge(price))
  const seen = (yield* Shop.settlements).length
  const first = yield* Shop.sell({ entries, money: price, capture: part })
  const sold = yield* Expect.accepted(first, "a call that takes less is sold")
  yield* took(part, seen, sold.receipt, "by the paywall")
  if (terms.budget === undefined) return
  const rest = Money.of(price.currency, price.minor - part.minor)
  if (rest.minor > 0n) {
    const facts = [`${Money.print(part)} of a budget of ${Money.print(price)} was taken`]
    yield* Expect.accepted(yield* Shop.sell({ entries, money: rest }), "what was not taken can be spent", facts)
  }
  const beyond = yield* Shop.sell({ entries, money: Money.of(price.currency, 1n) })
  yield* Expect.refused(beyond, "no more than what was not taken can be spent", {
    facts: [`a budget of ${Money.print(price)} is used up`]
  })
})

/** Where less cannot be taken, nobody is let to find that out when the work is done. */
const incapable: Law.Case<void> = () =>
  Effect.gen(function* () {
    const { about } = yield* World
    const price = Money.of(about.manifest.currencies[0], 15_00n)
    const { entries } = yield* Shop.mint({}, yield* Shop.charge(price))
    const sold = yield* Shop.sell({ entries, money: price, capture: Money.of(price.currency, 1_00n) })
    yield* Expect.refused(sold, "a call that may take less is refused", { as: ["CapabilityMissing"] })
    yield* Shop.nothingMoved("a refusal")
    const { delivered } = yield* World
    if (delivered.length > 0) return yield* new Broken({ expected: "no handler runs", actual: "one ran" })
  })

export const less = Law.property({
  id: "LIM-14",
  severity: "critical",
  kind: "property",
  needs: { capability: "partial-capture" },
  clause: "Manifest.capabilities, PaymentProtocol.settle, Sale.upTo",
  statement: "takes exactly as much of an authorized charge as is captured, and leaves the rest to be spent",
  why: "An agent pays the most that a call could have cost, or loses the rest of its budget to holds that nobody gives back.",
  gen: (about) => Gen.record({ price: MandateGen.limit(about), hundredths: Gen.bigInt({ min: 1n, max: 99n }) }),
  interesting: [...shares],
  weight: 0.05,
  run: ({ hundredths, price }) =>
    Effect.gen(function* () {
      for (const share of shares) {
        const part = partOf(price, share, hundredths)
        yield* met(share)
        yield* alone(price, part)
        yield* restored(price, part)
      }
    }),
  complement: incapable
})
