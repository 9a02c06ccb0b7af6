/** LIM: what fits into a mandate and what does not, over many charges. */
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as About from "../About.ts"
import { Broken, words } from "../Broken.ts"
import * as Expect from "../Expect.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Movement from "../Movement.ts"
import * as Shop from "../Shop.ts"
import type { Terms } from "../Terms.ts"
import { met, World } from "../World.ts"

/** For payments of one bill: what was paid for less buys nothing dearer, however much dearer it is. */
const nothingDearer: Law.Case<void> = () =>
  Effect.gen(function* () {
    const { about } = yield* World
    const paid = Money.of(about.manifest.currencies[0], 9_99n)
    const minted = yield* Shop.mint({}, yield* Shop.charge(paid))
    for (const minor of [10_00n, 99_90n, 100_00n, paid.minor + 2n ** 31n, paid.minor + 2n ** 32n]) {
      const money = Money.of(paid.currency, minor)
      yield* Expect.refused(
        yield* Shop.sell({ entries: minted.entries, money }),
        `a payment of ${Money.print(paid)} does not buy ${Money.print(money)}`
      )
    }
    yield* Shop.nothingMoved("charges of more than was paid")
  })

/** Where programs go wrong above a limit: one more digit, the ends of 31 and 32 bits. */
const above = ({ currency, minor }: Money.Money): ReadonlyArray<Money.Money> => {
  const digits = BigInt(minor.toString().length)
  return [
    10n ** digits,
    10n ** digits + 1n,
    minor * 10n,
    minor + 2n ** 31n,
    minor + 2n ** 32n - 1n,
    2n ** 32n + 1n,
    minor + 2n ** 32n
  ].map((units) => Money.of(currency, units))
}

export const monotone = Law.property({
  id: "LIM-03",
  severity: "critical",
  needs: {
    unless: ({ abilities }) =>
      abilities.terms.includes("perCharge") || abilities.terms.includes("budget") ? undefined : "mandates have no limit"
  },
  clause: "Mandate.perCharge, Mandate.budget",
  statement: "refuses every larger charge once it has refused a smaller one for its size",
  why: "A limit that is compared as text, or overflows, lets the largest charges of all through.",
  gen: (about) =>
    Gen.tuple(
      MandateGen.limit(about),
      Gen.constantFrom(...(["perCharge", "perCharge", "budget"] as const).filter((term) => About.canMint(about, term)))
    ).chain(([limit, term]) =>
      Gen.subarray([...above(limit)], { minLength: 2, maxLength: 4 }).map((larger) => ({
        limit,
        term,
        charges: [
          Money.of(limit.currency, limit.minor + 1n),
          ...larger.toSorted((one, other) => (one.minor < other.minor ? -1 : 1))
        ]
      }))
    ),
  interesting: ["refused, and then more was asked for"],
  weight: 0.3,
  run: ({ limit, term, charges }) =>
    Effect.gen(function* () {
      const minted = yield* Shop.mint({ [term]: [limit] }, yield* Shop.charge(limit))
      let least: Money.Money | undefined
      for (const money of charges) {
        const result = yield* Shop.sell({ entries: minted.entries, money })
        if (least !== undefined) {
          yield* met("refused, and then more was asked for")
          yield* Expect.refused(result, `${Money.print(money)} is refused, as ${Money.print(least)} was`, {
            facts: [`${term === "budget" ? "budget" : "limit for one charge"} ${Money.print(limit)}`]
          })
        }
        if (Result.isFailure(result)) least ??= money
      }
    }),
  complement: nothingDearer
})

type Command = {
  readonly what: "buys" | "buys all that is left" | "buys one unit too many" | "buys, but the handler fails"
  /** In thousandths of the budget. */
  readonly share: bigint
}

const command = (...whats: ReadonlyArray<Command["what"]>): Gen.Gen<Command> =>
  Gen.record({ what: Gen.constantFrom(...whats), share: Gen.bigInt({ min: 1n, max: 300n }) })

/** Anything at first; in the end a refusal, a failure, and the rest to the last unit. */
const commands: Gen.Gen<ReadonlyArray<Command>> = Gen.tuple(
  Gen.array(command("buys", "buys", "buys one unit too many", "buys, but the handler fails", "buys all that is left"), {
    maxLength: 3
  }),
  Gen.tuple(command("buys one unit too many"), command("buys, but the handler fails"), command("buys all that is left"))
).map(([head, tail]) => [...head, ...tail])

/** A budget, and a limit for one charge and a number of uses that it often reaches first, where mandates have them. */
const mandates = (about: About.About): Gen.Gen<Terms> =>
  Gen.tuple(
    MandateGen.currency(about),
    Gen.bigInt({ min: 4n, max: 500_00n }),
    About.canMint(about, "perCharge")
      ? Gen.option(Gen.bigInt({ min: 2n, max: 4n }), { freq: 2, nil: undefined })
      : Gen.constant(undefined),
    About.canMint(about, "uses")
      ? Gen.option(Gen.integer({ min: 1, max: 4 }), { freq: 2, nil: undefined })
      : Gen.constant(undefined)
  ).map(([currency, units, part, uses]) => ({
    budget: [Money.of(currency, units)],
    ...(part === undefined ? {} : { perCharge: [Money.of(currency, units / part)] }),
    ...(uses === undefined ? {} : { uses })
  }))

/** What is bought with a command, when so much is left of the budget and one charge may take so much. */
const amount = ({ what, share }: Command, budget: bigint, left: bigint, most: bigint): bigint => {
  const rest = left < most ? left : most
  if (what === "buys one unit too many") return rest + 1n
  if (what === "buys all that is left") return rest
  const part = (budget * share) / 1_000n
  return part > 0n ? part : 1n
}

const handlerFails = PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "the handler failed" }))

/** For payments of one bill: each buys what it was paid for, to the last unit. */
const everyBill: Law.Case<void> = () =>
  Effect.gen(function* () {
    const { about } = yield* World
    for (const minor of [1n, 9_99n, 10_00n, 1_000_000_00n]) {
      const money = Money.of(about.manifest.currencies[0], minor)
      const minted = yield* Shop.mint({}, yield* Shop.charge(money))
      yield* Expect.accepted(
        yield* Shop.sell({ entries: minted.entries, money }),
        `a payment of ${Money.print(money)} buys what it was made for`
      )
    }
  })

export const complete = Law.property({
  id: "LIM-04",
  severity: "high",
  kind: "model",
  needs: { terms: ["budget"] },
  clause: "Mandate.budget, Mandate.perCharge, Mandate.uses",
  statement: "serves every charge that fits in what is left, whatever was charged, refused or given back before",
  why: "An agent is refused what its owner allowed, and the merchant loses a sale that was good.",
  gen: (about) => Gen.tuple(mandates(about), commands),
  interesting: ["exactly what was left", "something fitted after a refusal", "something fitted after a failed handler"],
  weight: 0.3,
  run: ([terms, all]) =>
    Effect.gen(function* () {
      const [budget] = terms.budget ?? []
      if (budget === undefined) return
      const most = terms.perCharge?.[0]?.minor ?? budget.minor
      const minted = yield* Shop.mint(terms, yield* Shop.charge(budget))
      const before = { refused: false, failed: false }
      for (const command of all) {
        const settled = yield* Shop.settlements
        const left = budget.minor - Movement.sum(settled, budget.currency)
        const minor = amount(command, budget.minor, left, most)
        if (minor === 0n) continue
        const money = Money.of(budget.currency, minor)
        const fits = minor <= left && minor <= most && settled.length < (terms.uses ?? Number.POSITIVE_INFINITY)
        const failing = command.what === "buys, but the handler fails"
        const { delivered } = yield* World
        const deliveries = delivered.length
        const result = yield* Shop.sell({
          entries: minted.entries,
          money,
          ...(failing ? { handler: handlerFails } : {})
        })
        const served = failing ? delivered.length > deliveries : Result.isSuccess(result)
        if (fits) {
          if (minor === left) yield* met("exactly what was left")
          if (before.refused) yield* met("something fitted after a refusal")
          if (before.failed) yield* met("something fitted after a failed handler")
          if (!served) {
            return yield* new Broken({
              expected: "a charge that fits is served",
              actual: `it was ${words(result)}`,
              facts: [
                `charge ${Money.print(money)}, left ${Money.print(Money.of(budget.currency, left))} of ${Money.print(budget)}`,
                `the most for one charge ${Money.print(Money.of(budget.currency, most))}, charges so far ${settled.length} of ${terms.uses ?? "any number"}`
              ]
            })
          }
        }
        before.refused ||= !served
        before.failed ||= failing && served
        if (left < 0n) return
      }
    }),
  complement: everyBill
})
