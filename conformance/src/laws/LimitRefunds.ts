/** LIM: what goes back of a charge, in parts. */
import type * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as About from "../About.ts"
import { Broken, words } from "../Broken.ts"
import * as Expect from "../Expect.ts"
import * as Fault from "../Fault.ts"
import * as FaultGen from "../gen/FaultGen.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Refunds from "../Refunds.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

/** Who is asked to give back. Each has a charge of its own, and the numbers are the same. */
const askers = ["the plug-in", "the paywall"] as const

const amounts = ["a part", "all that is left", "more than is left", "another currency", "nothing"] as const

interface Step {
  readonly asked: (typeof askers)[number]
  readonly id: string
  readonly amount: (typeof amounts)[number]
  /** How large a part, in hundredths of what is left. */
  readonly share: bigint
  /** Met by the first of the requests. */
  readonly fault: Fault.Fault | undefined
}

const step = (about: About.About): Gen.Gen<Step> =>
  Gen.record({
    asked: Gen.constantFrom(...askers, "the plug-in"),
    id: Gen.constantFrom("refund-1", "refund-2"),
    amount: Gen.constantFrom(...amounts, "a part"),
    share: Gen.bigInt({ min: 1n, max: 60n }),
    fault: FaultGen.some(about, ["refund"])
      ? Gen.option(FaultGen.fault(about, ["refund"]), { nil: undefined, freq: 3 })
      : Gen.constant(undefined)
  })

/** One of the others, by the share that was drawn. */
const another = (currency: Currency.Currency, share: bigint): Currency.Currency =>
  (["CNY", "USD", "EUR"] as const).filter((code) => code !== currency)[Number(share % 2n)] ?? "CNY"

const wanted = ({ amount, share }: Step, sale: Refunds.Sale): Money.Money => {
  const { currency } = sale.paid.money
  const left = Refunds.left(sale)
  const part = Money.of(currency, (left * share) / 100n || 1n)
  switch (amount) {
    case "a part":
      return part
    case "all that is left":
      return Money.of(currency, left || 1n)
    case "more than is left":
      return Money.of(currency, left + 1n)
    case "another currency":
      return Money.of(another(currency, share), part.minor)
    case "nothing":
      return Money.zero(currency)
  }
}

/** Asks once, and holds the answer against the provider's books. */
const ask = Effect.fnUntraced(function* (
  { asked, id }: Step,
  sale: Refunds.Sale,
  amount: Money.Money,
  fault?: Fault.Fault
) {
  const { paywall, protocol, provider } = yield* World
  const { back, paid } = sale
  const before = back.get(id)
  const left = Money.of(paid.money.currency, Refunds.left(sale))
  const fits =
    before === undefined && amount.currency === left.currency && amount.minor > 0n && amount.minor <= left.minor
  const seen = (yield* Refunds.returned(sale)).length
  if (fault !== undefined) yield* provider.fault({ ...fault, delayMillis: 30_000 })
  const refund =
    asked === "the plug-in"
      ? protocol.refund!(paid, amount, id)
      : paywall.refund({ chargeId: paid.chargeId, refundId: id, amount })
  const answer = yield* Effect.timeoutOption(Effect.result(refund), "2 minutes")
  yield* provider.clearFaults
  // A provider may be late.
  if (fault !== undefined) yield* Effect.sleep("5 minutes")
  const went = (yield* Refunds.returned(sale)).slice(seen).map(({ money }) => money)
  if (went[0] !== undefined) back.set(id, went[0])
  const facts = [
    `${Money.print(paid.money)} were taken, and ${Money.print(left)} of it had not gone back`,
    `${asked} was asked for ${Money.print(amount)} as ${id}, ${before === undefined ? "under which nothing had gone back" : `under which ${Money.print(before)} had gone back`}`,
    `the answer: ${Option.match(answer, { onNone: () => "none", onSome: words })}`,
    ...(fault === undefined ? [] : [Fault.print(fault)])
  ]
  const broken = (expected: string, actual: string) => new Broken({ expected, actual, facts })
  if (went.length > (fits ? 1 : 0) || went.some((money) => !Money.equals(money, amount))) {
    return yield* broken(
      fits ? `${Money.print(amount)} goes back, once` : "nothing goes back",
      `the provider gave back ${went.map(Money.print).join(" and ")}`
    )
  }
  const conflicts = asked === "the paywall" && before !== undefined && !Money.equals(before, amount)
  if (conflicts) {
    const code = Option.isSome(answer) && Result.isFailure(answer.value) ? answer.value.failure.code : "none"
    if (code === "idempotency_conflict") return
    return yield* broken("the number of another refund is a conflict", `the answer's code is ${code}`)
  }
  const wrong = Option.isSome(answer) ? Refunds.misstated(sale, id, amount, answer.value) : undefined
  if (wrong !== undefined) return yield* broken("the answer says what went back under the number", wrong)
  const owed = fault === undefined && (fits || (before !== undefined && Money.equals(before, amount)))
  if (owed && !(Option.isSome(answer) && Result.isSuccess(answer.value))) {
    return yield* broken(
      "what is left can be given back, and the same request again has the same answer",
      "it is refused"
    )
  }
})

/** The mandate's budget was used up, so no more than went back may be spent again. */
const restored = Effect.fnUntraced(function* (sale: Refunds.Sale) {
  const { currency, minor } = sale.paid.money
  const returned = minor - Refunds.left(sale)
  const { entries } = sale.minted
  const answer = yield* Shop.sell({ entries, money: Money.of(currency, returned + 1n) })
  yield* Expect.refused(answer, "no more of a budget is there again than went back", {
    facts: [`${Money.print(Money.of(currency, returned))} of ${Money.print(sale.paid.money)} went back`]
  })
})

/** Where nothing can be given back, whoever asks hears so. */
const incapable: Law.Case<void> = () =>
  Effect.gen(function* () {
    const { about, paywall } = yield* World
    const sale = yield* Refunds.sale(Money.of(about.manifest.currencies[0], 15_00n))
    const answer = yield* Effect.result(paywall.refund({ chargeId: sale.paid.chargeId, refundId: "refund-1" }))
    yield* Expect.refused(answer, "a refund that the protocol does not have is refused", { as: ["CapabilityMissing"] })
    const went = (yield* Refunds.returned(sale)).length
    if (went > 0) return yield* new Broken({ expected: "nothing goes back", actual: `refunds made: ${went}` })
  })

export const inParts = Law.property({
  id: "LIM-13",
  severity: "critical",
  kind: "model",
  needs: { capability: "refund" },
  clause: "PaymentProtocol.refund, Receipt, PaymentError.moved",
  statement:
    "gives back parts of a charge, each once under its number, never more than was taken, and restores no more of a budget",
  why: "A merchant gives back more than it got, or pays a refund twice because the first answer was lost.",
  gen: (about) =>
    Gen.record({ price: MandateGen.limit(about), steps: Gen.array(step(about), { minLength: 2, maxLength: 6 }) }),
  interesting: [...amounts, ...askers.map((asked) => `a number of another refund, to ${asked}`)],
  weight: 0.3,
  run: ({ price, steps }) =>
    Effect.gen(function* () {
      const { about } = yield* World
      const sales = { "the plug-in": yield* Refunds.sale(price), "the paywall": yield* Refunds.sale(price) }
      for (const step of steps) {
        // The paywall asks no plug-in for nothing.
        if (step.amount === "nothing" && step.asked === "the plug-in") continue
        const sale = sales[step.asked]
        const amount = wanted(step, sale)
        yield* met(step.amount)
        if (sale.back.has(step.id)) yield* met(`a number of another refund, to ${step.asked}`)
        if (step.fault !== undefined) yield* ask(step, sale, amount, step.fault)
        yield* ask(step, sale, amount)
        yield* ask(step, sale, amount)
      }
      if (About.canMint(about, "budget")) yield* restored(sales["the plug-in"])
    }),
  complement: incapable
})
