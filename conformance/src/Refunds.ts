/**
 * Refunds: charges that were settled so that they can be given back, and what really went back of them.
 */
import * as Money from "@paylayer/core/Money"
import type { PaymentError } from "@paylayer/core/PaymentError"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as About from "./About.ts"
import { Broken } from "./Broken.ts"
import * as Expect from "./Expect.ts"
import type { Movement } from "./Movement.ts"
import type { Minted, ProviderError } from "./Provider.ts"
import * as Shop from "./Shop.ts"
import { World } from "./World.ts"

/** A settled charge, and what has gone back of it by the provider's books. */
export interface Sale {
  readonly paid: Receipt
  readonly minted: Minted
  /** By the number of the refund. */
  readonly back: Map<string, Money.Money>
  /** What the first receipt of each refund names. */
  readonly references: Map<string, string>
}

/** Sells something for this price, on a mandate of its own that is good for no more, where mandates can say so. */
export const sale = Effect.fnUntraced(function* (
  price: Money.Money
): Effect.fn.Return<Sale, Broken | ProviderError, World> {
  const { about } = yield* World
  const terms = About.canMint(about, "budget") ? { budget: [price] } : {}
  const minted = yield* Shop.mint(terms, yield* Shop.charge(price))
  const result = yield* Shop.sell({ entries: minted.entries, money: price })
  const { receipt } = yield* Expect.accepted(result, "a charge that fits is settled")
  if (receipt === undefined) return yield* new Broken({ expected: "a receipt", actual: "there is none" })
  return { paid: receipt, minted, back: new Map(), references: new Map() }
})

/** What the provider has given back of it, in order. */
export const returned = ({ minted: { mandate } }: Sale): Effect.Effect<ReadonlyArray<Movement>, ProviderError, World> =>
  World.use(({ provider }) =>
    Effect.map(provider.movements, (all) => all.filter((each) => each.kind === "refund" && each.mandate === mandate))
  )

/** What can still go back, in minor units. */
export const left = ({ back, paid }: Sale): bigint =>
  [...back.values()].reduce((rest, { minor }) => rest - minor, paid.money.minor)

/** What is wrong with an answer to a refund of this number and amount, given what has gone back; or nothing. */
export const misstated = (
  { back, paid, references }: Sale,
  id: string,
  amount: Money.Money,
  answer: Result.Result<Receipt, PaymentError>
): string | undefined => {
  const went = back.get(id)
  const really = went === undefined ? "nothing" : Money.print(went)
  if (Result.isFailure(answer)) {
    const { moved } = answer.failure
    return moved === (went === undefined ? "yes" : "no")
      ? `it says “money moved: ${moved}”, and ${really} went back`
      : undefined
  }
  const { money, reference, ...receipt } = answer.success
  if (went === undefined || !Money.equals(money, went) || !Money.equals(amount, went)) {
    return `it is a receipt for ${Money.print(money)}, and ${really} went back`
  }
  const other = (["chargeId", "protocol", "merchant", "resource"] as const).find((name) => receipt[name] !== paid[name])
  if (other !== undefined) return `the ${other} of its receipt is not the charge's`
  const before = references.get(id) ?? reference
  references.set(id, before)
  return before === reference ? undefined : "its receipt names another movement than the first"
}
